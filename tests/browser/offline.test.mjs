// The network cut and the desk's server gone: the page decides by itself, remembers, and tells the server later.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { logIn, openBrowser, openNation, pause, readyAlone, scan, shoot, verdict } from "./nation.mjs";

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
    assert.equal(said.look, "bad");
    assert.ok(["replayed", "stale"].includes(said.reasons[0]), said.reasons);
    // Where the machine was slow the code is stale too; replayed must be among the reasons while it is fresh.
    if (said.reasons[0] === "replayed") assert.deepEqual(said.reasons, ["replayed"]);
  }
});

test("when the network is back the server learns of it, and the day shows who was checked offline", async () => {
  await browser.context.setOffline(false);
  await page.waitForSelector("#banner-synced", { timeout: 20000 });
  assert.equal(await page.isVisible("#banner-conflict"), false);
  await page.click("#tab-day");
  await page.waitForFunction(() => [...document.querySelectorAll("#day tbody tr")].some((row) => row.textContent.includes("đúng người")));
  const server = await page.evaluate(() => fetch("/api/day").then((day) => day.json()));
  const offline = server.checks.filter(({ id }) => id.startsWith("offline-"));
  assert.ok(offline.some(({ verdict: said, face }) => said === "accepted" && face.result === "matches"));
  await shoot(page, "synced");
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
  await shoot(page, "conflict");
  await page.click("#banner-conflict button");
  assert.equal(await page.isVisible("#banner-conflict"), false);
});

test("nothing on the page went wrong by itself", () => assert.deepEqual(browser.faults, []));
