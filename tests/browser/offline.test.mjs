// The network cut and the desk's server gone: the page decides by itself, remembers, and tells the server later.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { logIn, look, openBrowser, openNation, pause, readyAlone, scan, shoot, verdict } from "./nation.mjs";

let nation, desk, browser, page;

before(async () => {
  nation = await openNation();
  desk = await nation.desk();
  browser = await openBrowser();
  ({ page } = browser);
  await logIn(page, desk, desk.password);
  await readyAlone(page);
});
after(async () => {
  await browser?.close();
  await desk?.stop();
  await nation?.close();
});

const COMPARE = "Mã thật: đối chiếu thẻ có ảnh";
let shownOnline, shownOffline;

test("with the network cut the page opens again, verifies by itself and says so", async () => {
  shownOnline = await nation.code();
  await scan(page, shownOnline);
  assert.equal((await verdict(page)).headline, COMPARE);
  await pause(500);
  await browser.context.setOffline(true);
  await page.reload();
  await page.click("#login-offline");
  await page.waitForSelector("#banner-offline");
  shownOffline = await nation.code();
  await scan(page, shownOffline);
  const said = await verdict(page);
  assert.deepEqual([said.headline, said.name], [COMPARE, nation.claims.name]);
  assert.equal(await page.textContent("#network"), "Ngoại tuyến");
  assert.match(await page.textContent("#person"), /Kiểm tra ngoại tuyến/);
  assert.match(await page.textContent("#banner-offline"), /1 lần kiểm tra chờ đồng bộ/);
  await page.keyboard.press("F8");
  await page.waitForSelector("#verdict[data-look=good]");
  await shoot(page, "offline");
});

test("alone it knows the codes that it saw alone, and those that the server saw before", async () => {
  for (const code of [shownOffline, shownOnline]) {
    await pause(2600);
    await scan(page, code);
    const said = await verdict(page);
    assert.deepEqual([said.look, said.reasons], ["bad", ["replayed"]]);
  }
});

test("when the network is back the server learns of it, at the second attempt too, and the day shows who was checked offline", async () => {
  let refused = 0;
  await page.route("**/api/seen", (route) => {
    refused += 1;
    return refused > 1 ? route.continue() : route.fulfill({ status: 503, json: { error: { code: "busy", message: "" } } });
  });
  await browser.context.setOffline(false);
  await page.waitForSelector("#banner-synced", { timeout: 40000 });
  await page.unrouteAll({ behavior: "wait" });
  assert.ok(refused > 1);
  assert.equal(await page.isVisible("#banner-conflict"), false);
  await page.click("#tab-day");
  await page.waitForFunction(() => [...document.querySelectorAll("#day tbody tr")].some((row) => row.textContent.includes("đúng người")));
  const server = await page.evaluate(() => fetch("/api/day").then((day) => day.json()));
  const offline = server.checks.filter(({ id }) => id.startsWith("offline-"));
  assert.ok(offline.some(({ verdict: said, face }) => said === "accepted" && face?.result === "matches" && face.clerk === "Lê Thị Tiếp"));
  await shoot(page, "synced");
});

test("an answer that is lost on its way is no second use of its code", async () => {
  await page.click("#tab-scan");
  await page.route("**/api/checks", async (route) => {
    await route.fetch();
    await route.abort();
  });
  const synced = page.waitForResponse((response) => response.url().endsWith("/api/seen") && response.request().method() === "POST", { timeout: 40000 });
  await scan(page, await nation.code());
  assert.equal((await verdict(page)).headline, COMPARE, "alone it decides all the same");
  const { results } = await (await synced).json();
  await page.unrouteAll({ behavior: "wait" });
  assert.deepEqual(results.map(({ seen }) => seen), ["first"]);
  assert.equal(await page.isVisible("#banner-conflict"), false);
});

test("a comparison that is taken back after the answer to it was lost is taken back at the server too", async () => {
  await browser.context.setOffline(true);
  await pause(2600);
  await scan(page, await nation.code());
  assert.equal((await verdict(page)).headline, COMPARE);
  await page.keyboard.press("F8");
  await page.waitForSelector("#verdict[data-look=good]");
  let told = 0;
  await page.route("**/api/seen", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    told += 1;
    if (told === 1) await route.fetch();
    return route.abort();
  });
  await browser.context.setOffline(false);
  for (let tries = 0; tries < 300 && told === 0; tries += 1) await pause(100);
  const taken = () => page.evaluate(async () => {
    const { checks } = await fetch("/api/day").then((day) => day.json());
    return checks[0].face?.result ?? null;
  });
  for (let tries = 0; tries < 100 && (await taken()) !== "matches"; tries += 1) await pause(100);
  assert.equal(await taken(), "matches", "the server has it, and the page does not know");
  await page.click("#face-recorded button");
  await page.waitForSelector("#verdict[data-look=warn]");
  await page.unrouteAll({ behavior: "wait" });
  for (let tries = 0; tries < 300 && (await taken()) !== null; tries += 1) await pause(100);
  assert.equal(await taken(), null);
});

/** Works on the page's own store. */
const inStore = (work, given) => page.evaluate(`new Promise((done, failed) => {
  const open = indexedDB.open("sen-desk", 1);
  open.onerror = failed;
  open.onsuccess = () => {
    const transaction = open.result.transaction(["waiting", "seen"], "readwrite");
    const request = (${work})(transaction.objectStore("waiting"), transaction.objectStore("seen"), ${JSON.stringify(given ?? null)});
    transaction.oncomplete = () => { open.result.close(); done(request?.result); };
    transaction.onerror = failed;
  };
})`);

test("more checks than the server takes at once reach it in several calls, with the clerks who made them", async () => {
  const calls = [];
  const count = (request) => request.url().endsWith("/api/seen") && calls.push(request.postDataJSON().entries.length);
  const day = await page.evaluate(() => fetch("/api/day").then((answer) => answer.json()));
  const { id } = day.checks.find(({ name }) => name);
  const { answer } = await page.evaluate((one) => fetch(`/api/checks/${one}`).then((check) => check.json()), id);
  const at = new Date().toISOString();
  const face = { result: "differs", clerk: "Ca Đêm", at };
  const made = Array.from({ length: 501 }, (_, number) => ({ id: `offline-many-${String(number).padStart(6, "0")}`, answer, at, keep_until: at, key: null, credential: null, clerk: "Ca Đêm", face }));
  page.on("request", count);
  await inStore("(waiting, seen, made) => void made.forEach((one) => waiting.put(one))", made);
  for (let tries = 0; tries < 300 && (await inStore("(waiting) => waiting.count()")) > 0; tries += 1) await pause(100);
  page.off("request", count);
  assert.equal(await inStore("(waiting) => waiting.count()"), 0);
  assert.ok(calls.length > 1 && Math.max(...calls) <= 500, String(calls));
  assert.equal(calls.reduce((all, one) => all + one, 0), 501);
  const { checks } = await page.evaluate(() => fetch("/api/day").then((day) => day.json()));
  const mine = checks.filter((check) => check.id.startsWith("offline-many-"));
  assert.ok(mine.length === 501 && mine.every((check) => check.clerk === "Ca Đêm" && check.face.clerk === "Ca Đêm" && check.face.result === "differs"));
});

test("sightings are forgotten an hour after they could be of use, while the server answers too", async () => {
  const [old, young] = ["o", "y"].map((letter) => Buffer.alloc(32, letter).toString("base64"));
  const until = (hours) => new Date(Date.now() - hours * 3600_000).toISOString();
  await inStore("(waiting, seen, entries) => void entries.forEach((one) => seen.put(one))", [{ key: old, keep_until: until(1.5) }, { key: young, keep_until: until(0.5) }]);
  await page.reload();
  await page.waitForSelector("#verdict[data-look=idle]");
  const has = (key) => inStore("(waiting, seen, key) => seen.count(key)", key);
  for (let tries = 0; tries < 100 && (await has(old)); tries += 1) await pause(100);
  assert.deepEqual([await has(old), await has(young)], [0, 1]);
});

test("with the server killed a code that another counter took is found on syncing, and shown", async () => {
  await page.click("#tab-scan");
  const other = await openBrowser();
  await logIn(other.page, desk, desk.password, "Quầy khác");
  await browser.context.setOffline(true);
  const code = await nation.code();
  await scan(other.page, code);
  assert.equal((await verdict(other.page)).headline, COMPARE);
  await scan(page, code);
  assert.equal((await verdict(page)).headline, COMPARE, "alone it cannot know");
  await other.close();
  await desk.kill();
  await browser.context.setOffline(false);
  await scan(page, await nation.code());
  assert.equal((await verdict(page)).headline, COMPARE, "the server is gone, not the network");
  desk = { ...(await nation.desk({ listen: desk.listen, data: desk.data })), password: desk.password };
  await page.waitForSelector("#banner-conflict", { timeout: 30000 });
  assert.match(await page.textContent("#banner-conflict"), /đã được dùng trước đó/);
  await look(page, "conflict");
  await page.click("#banner-conflict button");
  assert.equal(await page.isVisible("#banner-conflict"), false);
});

test("a clock that is wrong is said as long as its check is on the screen, though the server is away", async () => {
  await browser.context.setOffline(true);
  await page.evaluate(() => {
    const Right = Date;
    globalThis.Date = class extends Right {
      constructor(...given) {
        super(...(given.length ? given : [Right.now() - 86400_000]));
      }
      static now() {
        return Right.now() - 86400_000;
      }
    };
  });
  await scan(page, await nation.code());
  const said = await verdict(page);
  assert.ok(said.reasons.includes("clock_suspect"), said.reasons);
  await page.waitForSelector("#banner-clock");
  await pause(4000);
  assert.equal(await page.isVisible("#banner-clock"), true);
  await look(page, "clock");
  await browser.context.setOffline(false);
  await page.reload();
  await page.waitForSelector("#verdict[data-look=idle]");
});

test("logging out while the server is away ends the session as soon as it is back, before anything else", async () => {
  const cookies = (await browser.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const status = async () => (await fetch(`${desk.url}/api/session`, { headers: { cookie: cookies } })).status;
  assert.equal(await status(), 200);
  await browser.context.setOffline(true);
  await page.click("[data-action=logout]");
  await page.waitForSelector("#login-password");
  await page.reload();
  await page.waitForSelector("#login-password");
  assert.equal(await page.isVisible("#login-offline"), false);
  assert.equal(await status(), 200, "the server could not hear of it");
  await browser.context.setOffline(false);
  await page.reload();
  await page.waitForFunction(() => localStorage.getItem("logging-out") === null);
  await page.waitForSelector("#login-password");
  assert.equal(await page.isVisible("#desk"), false);
  assert.equal(await status(), 401);
});

test("nothing on the page went wrong by itself", () => assert.deepEqual(browser.faults, []));
