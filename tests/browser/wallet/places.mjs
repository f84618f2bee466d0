// Where the packages are installed and run: a project of its own, in Node and in Chromium.
import assert from "node:assert/strict";
import { execFileSync, fork } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { openBrowser } from "../nation.mjs";
import { calling } from "./calls.mjs";

/** A folder with the packages installed as npm does it, and the scripts beside them. */
export function openProject(packages) {
  const folder = mkdtempSync(join(tmpdir(), "sen-project-"));
  const run = (...words) => execFileSync("npm", words, { cwd: folder, encoding: "utf8" });
  const packed = packages.map((from) => JSON.parse(run("pack", from, "--json"))[0]);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "somebodys-app", version: "1.0.0", private: true, type: "module" }));
  run("install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", "--offline", ...packed.map(({ filename }) => `./${filename}`));
  for (const script of ["calls.mjs", "ports.mjs", "node.mjs", "worker.mjs"]) cpSync(join(import.meta.dirname, script), join(folder, script));
  return { folder, packed, close: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Numbers calls and hands each its answer. */
function numbered(post) {
  const waiting = [];
  return {
    send: (asked) => new Promise((done) => post({ number: waiting.push(done) - 1, ...asked })),
    came: ({ number, ...answer }) => waiting[number](answer),
  };
}

/** `roots` is a file of PEM certificates that Node believes besides its own. */
export async function inNode({ project, device, roots }) {
  const child = fork(join(project.folder, "node.mjs"), [device.url], { cwd: project.folder, env: { ...process.env, NODE_EXTRA_CA_CERTS: roots } });
  const ended = new Promise((done) => child.once("exit", done));
  await new Promise((done, failed) => {
    child.once("message", done);
    child.once("exit", () => failed(new Error("the wallet's process ended")));
  });
  const { send, came } = numbered((message) => child.send(message));
  child.on("message", came);
  return { root: calling(send), close: async () => (child.kill(), await ended) };
}

const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };

/**
 * The page has the origin of the nation's provider, which answers no other page: the browser is given the project's files in place of
 * what the provider would say to their addresses. It believes the nation's certificate, and any, in this test alone.
 */
export async function inChromium({ project, device, origin }) {
  const browser = await openBrowser({ sandbox: true });
  await browser.context.route(`${origin}/project/**`, (route) => {
    const path = new URL(route.request().url()).pathname.slice("/project/".length);
    if (path === "") return route.fulfill({ contentType: "text/html", body: "<!doctype html><title>a page with a wallet</title>" });
    return route.fulfill({ contentType: TYPES[extname(path)], body: readFileSync(join(project.folder, path)) });
  });
  // The worker's requests to the device come to this process in the same way.
  await browser.context.route(`${origin}/device`, async (route) => {
    const answer = await fetch(device.url, { method: "POST", body: route.request().postData() });
    return route.fulfill({ contentType: "application/json", body: await answer.text() });
  });
  const { send, came } = numbered((message) => browser.page.evaluate((message) => globalThis.wallet.postMessage(message), message));
  let ready;
  const began = new Promise((done) => (ready = done));
  await browser.page.exposeFunction("told", (message) => (message.ready ? ready() : came(message)));
  await browser.page.goto(`${origin}/project/`);
  await browser.page.evaluate((address) => {
    globalThis.wallet = new Worker(address, { type: "module" });
    globalThis.wallet.onmessage = ({ data }) => globalThis.told(data);
  }, "worker.mjs");
  await began;
  return {
    root: calling(send),
    close: async () => {
      await browser.close();
      assert.deepEqual(browser.faults, []);
    },
  };
}
