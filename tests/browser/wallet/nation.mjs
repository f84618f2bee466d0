// The nation in a box for a wallet that begins with nothing, and servers that do what no provider should.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer, request } from "node:https";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { start, stop } from "../nation.mjs";

/** A sandbox that knows the card's issuer. */
export async function openSandbox(card) {
  const home = mkdtempSync(join(tmpdir(), "sen-wallet-"));
  const running = await start(home, "sandbox", "serve", "--listen", "127.0.0.1:0", "--data", join(home, "nation"), "--csca", join(card, "csca.cer"));
  const { url, roots, trust, status } = running.said;
  const ca = readFileSync(roots);
  return {
    url,
    roots,
    /** The newest one-time code sent to a phone. */
    mailbox: async (phone) => {
      const text = await new Promise((done, failed) => {
        const call = request(`${url}/mailbox?phone=${phone}`, { ca, headers: { accept: "application/json" } }, (answer) => {
          let text = "";
          answer.on("data", (data) => (text += data)).on("end", () => done(text));
        });
        call.on("error", failed).end();
      });
      return JSON.parse(text).messages[0].text.split(" ").at(-1);
    },
    /** What a clinic's page verifies by: the root's text, the trust list, the status tokens with their names. */
    lists: () => ({
      root: readFileSync(join(trust, "root.pub"), "utf8"),
      trust: new Uint8Array(readFileSync(join(trust, "trust-list.cwt"))),
      status: readdirSync(status).filter((name) => [".cwt", ".jwt"].includes(extname(name))).map((name) => [name, new Uint8Array(readFileSync(join(status, name)))]),
    }),
    stop: () => stop(running),
    close: async () => {
      await stop(running);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/**
 * A provider that answers each request by the first part of its path: `redirect`, `long`, `announced`, `busy`, `cut`. It
 * counts what was asked by name, and is believed by whoever believes `certificate`.
 */
export async function openBadProvider() {
  const home = mkdtempSync(join(tmpdir(), "sen-bad-"));
  const [key, certificate] = [join(home, "key.pem"), join(home, "certificate.pem")];
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], { stdio: "ignore" });
  const asked = {};
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    const shared = { "access-control-allow-origin": "*", "access-control-allow-headers": "*", "access-control-expose-headers": "*" };
    if (request.method === "OPTIONS") return void response.writeHead(204, shared).end();
    const way = request.url.split("/")[1];
    asked[way] = (asked[way] ?? 0) + 1;
    request.resume();
    const answers = {
      redirect: () => response.writeHead(307, { ...shared, location: "/elsewhere" }).end(),
      long: () => (response.writeHead(200, shared), response.write(Buffer.alloc(1 << 20, 32)), response.end(" ")),
      announced: () => (response.writeHead(200, { ...shared, "content-length": (1 << 20) + 1 }), response.flushHeaders()),
      busy: () => response.writeHead(503, { ...shared, "retry-after": "1" }).end("{}"),
      cut: () => (response.writeHead(200, { ...shared, "content-length": 10 }), response.write("{", () => request.socket.destroy())),
    };
    (answers[way] ?? (() => response.writeHead(404, shared).end()))();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    at: (way) => `https://127.0.0.1:${server.address().port}/${way}`,
    asked: (way) => asked[way] ?? 0,
    forget: () => Object.keys(asked).forEach((way) => delete asked[way]),
    certificate,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      rmSync(home, { recursive: true, force: true });
    },
  };
}
