// The real parts: the nation in a box, a wallet with credentials, the clinic desk, Chromium. Nothing here is a double.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const root = resolve(import.meta.dirname, "../..");
export const sen = process.env.SEN_BINARY ?? join(root, "target/debug/sen");
const run = promisify(execFile);

/** Where screenshots go. */
export const shots = join(root, "target/browser");
mkdirSync(shots, { recursive: true });

/** What the page's build made. */
export const web = process.env.SEN_WEB ?? join(root, "target/web");

/** The wallet's package. */
export const webWallet = join(root, "target/web-wallet");

/** An invented card, keys and all. */
export const card = join(root, "tests/vectors/emrtd/vn_cccd/b_bp384_named_2024");

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Starts `sen` and waits for the JSON that it prints. */
export async function start(home, ...words) {
  const child = spawn(sen, ["--json", ...words], { env: { ...process.env, SEN_HOME: home }, stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (data) => (errors += data));
  // tests/run looks for names and secrets in it.
  if (process.env.SEN_LOGS) child.stderr.pipe(createWriteStream(join(process.env.SEN_LOGS, `browser-${child.pid}`)));
  const ended = new Promise((done) => child.once("exit", done));
  let text = "";
  for await (const line of createInterface({ input: child.stdout })) {
    text += line;
    try {
      return { child, ended, said: JSON.parse(text), errors: () => errors };
    } catch {
      // More lines belong to it.
    }
  }
  throw new Error(`sen ${words.join(" ")} ended: ${errors}`);
}

export async function stop({ child, ended }, signal = "SIGTERM") {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await ended;
}

/** Sends JSON to the sandbox, which only its own root speaks for. Gives back what it answers. */
async function tell(url, ca, content) {
  const body = JSON.stringify(content);
  const [status, text] = await new Promise((done, failed) => {
    const call = request(url, { method: "POST", ca, headers: { "content-type": "application/json" } }, (answer) => {
      let text = "";
      answer.on("data", (data) => (text += data)).on("end", () => done([answer.statusCode, text]));
    });
    call.on("error", failed).end(body);
  });
  assert.equal(status, 200, url);
  return text ? JSON.parse(text) : {};
}

/** `sen present online` at a terminal of its own, as a person uses it. */
function answerOnline(wallet, link) {
  const words = [sen, "present", "online", link, "--yes"];
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const child = spawn("script", ["--quiet", "--return", "--command", quoted, "/dev/null"], { env: { ...process.env, SEN_HOME: wallet }, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
  const ended = new Promise((done) => child.once("close", (code) => done({ code, said })));
  return { type: (digits) => child.stdin.write(`${digits}\n`), said: () => said, ended };
}

/** The account of a clerk whom the register knows at the insurance portal's stand-in. */
const ACCOUNT = { user: "00000_BV", password: "cong-tra-cuu-mau", staff_name: "Nguyễn Thị Mẫu", staff_number: "000199012345" };

/** The nation and a wallet in it whose holder has an insurance card. */
export async function openNation() {
  const home = mkdtempSync(join(tmpdir(), "sen-browser-"));
  const demo = await start(home, "demo", "--serve");
  const { trust, status } = demo.said.presentation;
  const wallet = join(home, "demo/wallet");
  const [sandbox, roots, account] = [demo.said.sandbox.url, join(home, "demo/nation/ca.pem"), join(home, "account.json")];
  writeFileSync(account, JSON.stringify(ACCOUNT), { mode: 0o600 });
  const { claims } = demo.said.clinic;
  // What no desk may write anywhere but into its database.
  const secrets = [claims.name, claims.date_of_birth, claims.personal_number, claims.insurance.number];
  const secret = (text) => (secrets.push(text), text);
  const present = async (...words) => {
    // Two codes of one second are one presentation.
    await pause(1100);
    return run(sen, ["present", "qr", "--once", "--yes", ...words], { env: { ...process.env, SEN_HOME: wallet } });
  };
  return {
    home,
    claims,
    trust,
    status,
    code: async () => secret((await present("--text")).stdout.trim()),
    picture: async (file) => (await present("--png", file), file),
    /** The pictures of an animated code, in their order. */
    loop: async (folder) => {
      await present("--animated", folder);
      return readdirSync(folder).sort().map((name) => join(folder, name));
    },
    /** What the phone answers to a desk's question. */
    answer: async (question) => secret((await present("--text", "--challenge", question)).stdout.trim()),
    /** A desk; with `lookup` it has an account at the insurance portal. */
    desk: ({ lookup = false, ...options } = {}) => {
      const portal = lookup ? ["--lookup", sandbox, "--lookup-account", account, "--lookup-roots", roots] : [];
      return openDesk(home, trust, status, secrets, { ...options, portal });
    },
    sandbox,
    /** The holder's wallet obtains one more document, offered at a counter. */
    obtain: async (credential) => {
      const { credential_offer: offer } = await tell(`${sandbox}/sandbox/offer`, readFileSync(roots), { number: claims.personal_number, credential });
      return run(sen, ["credential", "obtain", offer], { env: { ...process.env, SEN_HOME: wallet } });
    },
    /** The holder's phone answers a link. */
    online: (link) => answerOnline(wallet, link),
    /** A reader reads the holder's card for a nonce; the file with its signed record. */
    read: async (reader, nonce) => {
      const [card, file] = [join(home, "demo/card"), join(home, `${reader}.cose`)];
      const words = ["card", "read", "--simulate", card, "--can", claims.personal_number.slice(-6), "--csca", join(card, "csca.cer"), "--evidence", file, "--nonce", nonce];
      await run(sen, words, { env: { ...process.env, SEN_HOME: join(home, reader) } });
      return file;
    },
    /** The bank takes a reader into use that has read once. */
    pin: (reader) => {
      const point = Buffer.from(readFileSync(join(home, reader, "card-evidence.pub"), "utf8").trim(), "hex");
      const key = Buffer.concat([Buffer.from([2 + (point[64] & 1)]), point.subarray(1, 33)]);
      return tell(`${sandbox}/sandbox/bank-reader`, readFileSync(roots), { key: key.toString("base64url") });
    },
    /** What the portal says of the holder's card from now on: a code, or null for what the register says. */
    portalSays: (code) => tell(`${sandbox}/sandbox/insurance-answer`, readFileSync(roots), { number: claims.personal_number, code }),
    /** What goes wrong at the portal from now on. */
    portalFails: (fault) => tell(`${sandbox}/sandbox/insurance-fault`, readFileSync(roots), fault),
    /** The folder of a desk that the register of clinics has named. */
    identity: async (name) => {
      const folder = join(home, "identity");
      await run(sen, ["clinic", "enrol", "--desk", folder, "--name", name, "--register", `${sandbox}/sandbox/desk`, "--roots", roots]);
      return folder;
    },
    close: async () => {
      await stop(demo);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A clinic desk; `listen` and `data` bring one back that was stopped; a `bare` one has no verifier and reader for the page. */
async function openDesk(home, trust, status, secrets, { listen = "127.0.0.1:0", data = mkdtempSync(join(home, "desk-")), name = "Quầy 1", identity = null, bare = false, portal = [] }) {
  const running = await start(home, "clinic", "serve", "--listen", listen, "--data", data, "--trust", trust, "--status", status, "--desk", name, ...(bare ? [] : ["--web", web]), ...(identity ? ["--identity", identity] : []), ...portal);
  const { url, password } = running.said;
  if (password) secrets.push(password);
  const end = async (signal) => {
    await stop(running, signal);
    const log = running.errors();
    for (const one of secrets) assert.ok(!log.includes(one), "the desk wrote into its log what it may not");
  };
  return { url, password, data, listen: new URL(url).host, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}

/** Chromium with a fresh profile. `camera` is a file that plays as its camera; `sandbox` is for the pages of the nation itself. */
export async function openBrowser({ camera, dark = false, sandbox = false } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "sen-chromium-"));
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
  // A page whose files come from the test counts as one of the internet, which may not reach this machine's servers.
  if (sandbox) args.push("--disable-features=LocalNetworkAccessChecks");
  if (camera) args.push("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${camera}`);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium", args, viewport: { width: 1366, height: 768 }, colorScheme: dark ? "dark" : "light", locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh",
    // The sandbox's pages are under a root that no browser knows.
    ignoreHTTPSErrors: sandbox,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  return {
    context, page, faults,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Logs in; the page is ready to scan afterwards. */
export async function logIn(page, desk, password, clerk = "Lê Thị Tiếp", counter = "") {
  await page.goto(desk.url);
  await page.fill("#login-password", password);
  await page.fill("#login-clerk", clerk);
  await page.fill("#login-desk", counter);
  await page.press("#login-clerk", "Enter");
  await page.waitForSelector("#verdict[data-look=idle]");
}

/**
 * Types a code as a scanner does: key after key, each so many milliseconds after the one before. The keys carry those
 * times themselves, as from a keyboard's driver, so that a busy machine does not make a slow scanner of a fast one.
 */
export async function scan(page, text, { each = 1, end = "Enter", key = (digit) => digit } = {}) {
  const keyboard = await page.context().newCDPSession(page);
  const [began, start] = [performance.now(), Date.now()];
  const press = (at, name) => keyboard.send("Input.dispatchKeyEvent", { type: "keyDown", timestamp: (start + at * each) / 1000, ...name });
  const sent = [];
  for (const [at, digit] of [...text].entries()) {
    while (performance.now() - began < at * each) await pause(1);
    sent.push(press(at, { code: `Digit${digit}`, key: key(digit), text: key(digit), windowsVirtualKeyCode: 48 + Number(digit) }));
  }
  if (end) sent.push(press(text.length, { code: end, key: end, windowsVirtualKeyCode: end === "Tab" ? 9 : 13 }));
  await Promise.all(sent);
  await keyboard.detach();
}

/** Waits for a verdict and tells what the page says. */
export async function verdict(page) {
  await page.waitForFunction(() => !["idle", "busy"].includes(document.getElementById("verdict").dataset.look), null, { timeout: 15000 });
  return page.evaluate(() => ({
    look: document.getElementById("verdict").dataset.look,
    headline: document.getElementById("headline").textContent,
    reasons: [...document.querySelectorAll("[data-reason]")].map((card) => card.dataset.reason),
    name: document.getElementById("person-name")?.textContent ?? null,
    insurance: document.getElementById("insurance-number")?.textContent ?? null,
  }));
}

export const shoot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * A screenshot, and what axe finds on the page as it is: nothing. It is evaluated beside the page, whose policy lets no foreign
 * script in. Nothing may stand beyond the right edge either.
 */
export async function look(page, name) {
  await pause(200);
  await shoot(page, name);
  const found = await page.evaluate(`${axe}; axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target).join(" ")))`);
  assert.deepEqual(found, [], name);
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= room, `${name}: ${wide} wide in ${room}`);
}

/** The page has all that it needs to go on alone: its own files and the bundle. */
export async function readyAlone(page) {
  await page.evaluate(() => navigator.serviceWorker.ready);
  const kept = () => new Promise((done) => {
    const open = indexedDB.open("sen-desk", 1);
    open.onsuccess = () => {
      const get = open.result.transaction("kept").objectStore("kept").get("bundle");
      get.onsuccess = () => {
        open.result.close();
        done(Boolean(get.result));
      };
    };
  });
  for (let tries = 0; tries < 200; tries += 1) {
    if (await page.evaluate(kept)) return;
    await pause(100);
  }
  throw new Error("the page has no bundle after twenty seconds");
}
