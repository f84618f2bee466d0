// What a wallet's ports reach in a test: a chip behind a socket, keys and a secret of this process, and what goes wrong with them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createSocket } from "node:net";

/** A chip that `sen card serve` plays: 2 bytes of length, then an APDU or a byte that turns the field off and on. */
async function openChip(sen, card) {
  const listener = createSocket();
  await new Promise((done) => listener.listen(0, "127.0.0.1", done));
  const connected = new Promise((done) => listener.once("connection", done));
  const child = spawn(sen, ["card", "serve", card, "--vpcd", `127.0.0.1:${listener.address().port}`], { stdio: "ignore" });
  const socket = await connected;
  listener.close();
  let received = Buffer.alloc(0), wanted = null;
  const give = () => {
    if (!wanted || received.length < 2 || received.length < 2 + received.readUInt16BE()) return;
    const end = 2 + received.readUInt16BE(), answer = received.subarray(2, end);
    received = received.subarray(end);
    wanted(answer);
    wanted = null;
  };
  socket.on("data", (data) => ((received = Buffer.concat([received, data])), give()));
  const send = (bytes) => socket.write(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]));
  return {
    /** The card is put on the reader anew. */
    power: () => [0, 1].forEach((control) => send(Buffer.of(control))),
    transceive: (command) => new Promise((done) => ((wanted = done), send(command), give())),
    close: async () => {
      socket.destroy();
      const ended = new Promise((done) => child.once("exit", done));
      child.kill();
      await ended;
    },
  };
}

/**
 * A device behind a small server on this machine, which a worker asks and waits for. `faults` says what a method does from now on: a
 * name is the failure that the port announces, `true` an exception that it does not; `card` has the number of the command with it.
 */
export async function openDevice(sen, card) {
  const chip = await openChip(sen, card);
  const keys = new Map(), secrets = new Map(), faults = { card: null };
  let commands = 0;
  const point = (key) => {
    const { x, y } = key.export({ format: "jwk" });
    return Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  };
  const methods = {
    power: () => ((commands = 0), chip.power()),
    transceive: async (command) => {
      commands += 1;
      if (faults.card?.at === commands) return { failure: faults.card.failure };
      return { bytes: (await chip.transceive(Buffer.from(command, "hex"))).toString("hex") };
    },
    create: (id) => void keys.set(id, generateKeyPairSync("ec", { namedCurve: "P-256" })),
    open: (id) => (keys.has(id) ? {} : { failure: "Lost" }),
    delete: (id) => void keys.delete(id),
    publicKey: (id) => ({ bytes: point(keys.get(id).publicKey).toString("hex") }),
    sign: (id, message) => ({ bytes: sign("sha256", Buffer.from(message, "hex"), { key: keys.get(id).privateKey, dsaEncoding: "ieee-p1363" }).toString("hex") }),
    load: (wallet) => ({ bytes: secrets.get(wallet) }),
    save: (wallet, bytes) => void secrets.set(wallet, bytes),
    erase: (wallet) => void secrets.delete(wallet),
  };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const [method, ...words] = JSON.parse(body);
    const answer = method in faults && faults[method] ? { failure: faults[method] } : ((await methods[method](...words)) ?? {});
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    keys: () => keys.size,
    /** What goes wrong while `work` runs, and not afterwards. */
    during: async (wrong, work) => {
      Object.assign(faults, wrong);
      try {
        return await work();
      } finally {
        for (const name of Object.keys(wrong)) faults[name] = null;
      }
    },
    close: async () => {
      assert.equal(faults.card, null);
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await chip.close();
    },
  };
}
