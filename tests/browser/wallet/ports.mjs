// The wallet's ports, where a call may wait: each asks the device of the test, by `ask`, which blocks until the answer is there.
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const octets = (text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

export function portsOf(ask) {
  const asked = (...words) => {
    const { failure, bytes } = ask(words);
    if (failure === true) throw new RangeError("what no port announced");
    if (failure) throw Object.assign(new Error(failure), { failure });
    return bytes === undefined ? undefined : octets(bytes);
  };
  const key = (id) => ({ publicKey: () => asked("publicKey", id), sign: (message) => asked("sign", id, hex(message)) });
  return {
    /** A reader with the card just put on it. */
    reader: () => {
      asked("power");
      return { maxCommandLen: () => 65000, transceive: (command) => asked("transceive", hex(command)) };
    },
    keys: {
      create: (id) => (asked("create", id), key(id)),
      open: (id) => (asked("open", id), key(id)),
      delete: (id) => void asked("delete", id),
    },
    /** Of one wallet. */
    secrets: (wallet) => ({
      load: () => asked("load", wallet),
      save: (secret) => void asked("save", wallet, hex(secret)),
      erase: () => void asked("erase", wallet),
    }),
    /** Keeps the steps of a reading; cancels after so many, or throws at a method. */
    listener: (how) => {
      const { cancelAfter = Infinity, explodeAt } = how ?? {};
      const steps = [];
      const explode = (method) => {
        if (explodeAt === method) throw new RangeError("a listener that throws");
      };
      return {
        step: (step) => (explode("step"), void steps.push(step)),
        cancelled: () => (explode("cancelled"), steps.length > cancelAfter),
        steps: () => steps,
      };
    },
    /** Keeps the seconds of each wait. */
    waits: () => {
      const told = [];
      return { waits: (seconds) => void told.push(seconds), told: () => told };
    },
  };
}
