// Calls from the test to what lives beside the wallet: a value goes as JSON, bytes in base64, everything else stays here under a number.
const encode = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const decode = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** Answers `{ on, call, words }`. `roots` are the objects that have names: packages and ports. */
export function answering(roots) {
  const held = [];
  const inward = (word) => (word?.held !== undefined ? held[word.held] : word?.root ? roots[word.root] : word?.bytes !== undefined ? decode(word.bytes) : word);
  const outward = (value) => {
    if (value instanceof Uint8Array) return { bytes: encode(value) };
    const plain = value === null || typeof value !== "object" || Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
    const callable = plain && value !== null && typeof value === "object" && Object.values(value).some((member) => typeof member === "function");
    return plain && !callable ? { value } : { held: held.push(value) - 1 };
  };
  return async ({ on, call, words }) => {
    try {
      const target = inward(on);
      const given = words.map(inward);
      return outward(await (call.startsWith("new ") ? new target[call.slice(4)](...given) : target[call](...given)));
    } catch (error) {
      const { name, message, kind, code, attemptsLeft, waitSeconds } = error ?? {};
      return { error: { name, message, kind, code, attemptsLeft, waitSeconds } };
    }
  };
}

/** The other end: objects whose methods are sent by `send`. */
export function calling(send) {
  const outward = (word) => (word instanceof Uint8Array ? { bytes: encode(word) } : word?.[there] ?? word ?? null);
  const inward = (answer) => {
    if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
    if (answer.held !== undefined) return remote({ held: answer.held });
    return answer.bytes === undefined ? answer.value : decode(answer.bytes);
  };
  const there = Symbol("there");
  const remote = (on) => new Proxy({}, {
    get: (_, call) => {
      if (call === there) return on;
      // It is no promise.
      if (call === "then" || typeof call === "symbol") return undefined;
      return async (...words) => inward(await send({ on, call, words: words.map(outward) }));
    },
  });
  return (root) => remote({ root });
}
