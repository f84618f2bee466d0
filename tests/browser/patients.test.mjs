// One patient after another: whatever fails, comes late or comes twice, nobody is shown under somebody else's scan.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { logIn, openBrowser, openNation, pause, scan, shoot, verdict } from "./nation.mjs";

let nation, desk, browser, page;

before(async () => {
  nation = await openNation();
  desk = await nation.desk();
  browser = await openBrowser();
  ({ page } = browser);
  await logIn(page, desk, desk.password);
});
after(async () => {
  await browser?.close();
  await desk?.stop();
  await nation?.close();
});

const COMPARE = "Mã thật: đối chiếu thẻ có ảnh";
const CHECKS = "**/api/checks";
const look = () => page.getAttribute("#verdict", "data-look");

/** A first patient, amber on the screen. */
async function first() {
  await scan(page, await nation.code());
  assert.equal((await verdict(page)).headline, COMPARE);
}

/** The second patient's scan, to which the server answers with an error. */
async function failing(code) {
  await page.route(CHECKS, (route) => route.fulfill({ status: 500, json: { error: { code: "database", message: "" } } }));
  await scan(page, code);
  await page.waitForSelector("#verdict[data-look=bad]");
}

/** The server answers as it does again; what is still on its way is waited for. */
const heal = () => page.unrouteAll({ behavior: "wait" });

async function nobody() {
  assert.notEqual(await look(), "good");
  assert.equal(await page.isVisible("#person"), false);
  assert.equal(await page.textContent("#person"), "");
}

test("where the next scan failed, neither F8 nor F10 nor the other language brings the patient before back", async () => {
  await first();
  const calls = [];
  page.on("request", (request) => /face|queue$/.test(request.url()) && request.method() === "POST" && calls.push(request.url()));
  const code = await nation.code();
  await failing(code);
  await page.keyboard.press("F8");
  await page.keyboard.press("F10");
  await page.click("[data-action=language] >> visible=true");
  await page.click("[data-action=language] >> visible=true");
  await pause(300);
  await nobody();
  assert.equal(await look(), "bad", "the failure stays on the screen");
  assert.deepEqual(calls, []);
  await shoot(page, "failed");
});

test("where the next scan failed, the same scan again does not show the patient before", async () => {
  await heal();
  await first();
  const code = await nation.code();
  await failing(code);
  await scan(page, code);
  await page.waitForSelector("#verdict[data-look=bad]");
  await nobody();
  await heal();
  await scan(page, code);
  assert.equal((await verdict(page)).headline, COMPARE, "nothing was noted, so it is decided on now");
});

test("a code that is sent twice while it is decided on is decided on once", async () => {
  let calls = 0;
  await page.route(CHECKS, async (route) => {
    calls += 1;
    await pause(1500);
    await route.continue();
  });
  await page.keyboard.press("F2");
  const code = await nation.code();
  await scan(page, code);
  await scan(page, code);
  await page.waitForSelector("#banner-twice");
  assert.equal((await verdict(page)).headline, COMPARE);
  await pause(2000);
  assert.deepEqual([(await verdict(page)).headline, calls], [COMPARE, 1]);
  await heal();
});

test("an answer that comes after the next scan began is not shown", async () => {
  let late = true;
  await page.route(CHECKS, async (route) => {
    if (!late) return route.fulfill({ status: 500, json: { error: { code: "database", message: "" } } });
    late = false;
    await pause(2500);
    return route.continue();
  });
  const answered = page.waitForResponse((response) => response.url().endsWith("/api/checks") && response.status() === 200);
  await scan(page, await nation.code());
  await scan(page, await nation.code());
  await page.waitForSelector("#verdict[data-look=bad]");
  await answered;
  await pause(300);
  await nobody();
  await heal();
});

for (const [key, address, what] of [["F8", "**/api/checks/*/face", "a comparison"], ["F10", "**/api/queue", "a number"]]) {
  test(`${what} that is kept after the next scan began does not bring its patient back`, async () => {
    await first();
    await page.route(address, async (route) => {
      await pause(1500);
      await route.continue();
    });
    const kept = page.waitForResponse((response) => response.request().method() === "POST" && /face|queue$/.test(response.url()));
    await page.keyboard.press(key);
    await failing(await nation.code());
    await kept;
    await pause(300);
    await nobody();
    await heal();
  });
}

test("a wristband's short code does not throw the patient away", async () => {
  await first();
  await scan(page, "12345678");
  await page.waitForFunction(() => document.getElementById("verdict").dataset.look !== "busy");
  assert.deepEqual([await look(), await page.textContent("#person-name")], ["warn", nation.claims.name]);
});

test("while a code is being received, the keys do nothing to the patient before", async () => {
  await first();
  await scan(page, "736012345", { end: null });
  await page.keyboard.press("F8");
  await page.waitForFunction(() => document.getElementById("verdict").dataset.look !== "busy");
  assert.equal(await look(), "warn");
  assert.equal(await page.isVisible("#face-recorded"), false);
});

test("after logging out nothing of anybody is left on the page", async () => {
  await first();
  await page.click("#tab-day");
  await page.waitForSelector("#day tbody tr");
  await page.click("[data-action=logout]");
  await page.waitForSelector("#login-password");
  await pause(500);
  const text = await page.evaluate(() => document.body.textContent);
  for (const one of [nation.claims.name, nation.claims.personal_number]) assert.ok(!text.includes(one), one);
});

test("nothing on the page went wrong by itself", () => assert.deepEqual(browser.faults, []));
