// The look-up button, against the desk and the sandbox's insurance portal.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { logIn, openBrowser, openNation, scan, shoot, verdict } from "./nation.mjs";

let nation, desk, browser, page;

before(async () => {
  nation = await openNation();
  desk = await nation.desk({ lookup: true });
  browser = await openBrowser();
  ({ page } = browser);
  await logIn(page, desk, desk.password);
});
after(async () => {
  await browser?.close();
  await desk?.stop();
  await nation?.close();
});

/** A new check, and what its look-up comes to. */
async function lookUp() {
  await page.click("#tab-scan");
  await scan(page, await nation.code());
  const before = await verdict(page);
  assert.equal(await page.textContent("#entitlement"), "Chưa tra cứu");
  await page.click(".entitlement button");
  await page.waitForFunction(() => !["Chưa tra cứu", "Đang tra cứu…"].includes(document.getElementById("entitlement").textContent));
  assert.deepEqual(await verdict(page), before, "the verdict stands apart");
  return page.textContent("#entitlement");
}

/** Waits until the day's newest line says this: the lines of before stand there until the new ones have come. */
async function newestSays(said) {
  await page.click("#tab-day");
  await page.waitForFunction((said) => document.querySelector("#day tbody tr")?.textContent.includes(said), said);
}

test("the button asks the portal, and the day keeps what it said", async () => {
  assert.equal(await lookUp(), "Được hưởng");
  await shoot(page, "entitled");
  await newestSays("Được hưởng");
});

test("a card that was replaced is told, with number, dates and facility of the new one", async () => {
  await nation.portalSays("003");
  assert.equal(await lookUp(), "Đã được cấp thẻ mới");
  const shown = (await page.textContent("#new-card")).replaceAll(" ", "");
  assert.ok(shown.includes(`GD4${nation.claims.insurance.number.slice(3)}`), shown);
  assert.match(shown, /từ\d\d\/\d\d\/\d{4}đến\d\d\/\d\d\/\d{4}/);
  assert.ok(shown.includes(nation.claims.insurance.facility), shown);
  await shoot(page, "new-card");
  await newestSays("Đã được cấp thẻ mới");
});

for (const [code, said] of [["010", "Không được hưởng"], ["050", "Cổng không có thẻ này"], ["070", "Dữ liệu khác với cổng"], ["777", "Cổng trả lời mã chưa biết"]]) {
  test(`code ${code} of the portal: ${said}`, async () => {
    await nation.portalSays(code);
    assert.equal(await lookUp(), said);
    await newestSays(said);
    await nation.portalSays(null);
  });
}

test("where the portal fails the clerk can ask once more", async () => {
  await nation.portalFails({ fault: "broken" });
  assert.equal(await lookUp(), "Cổng đang lỗi, tra cứu lại sau");
  await nation.portalFails({ fault: "none" });
  await page.click(".entitlement button");
  await page.waitForFunction(() => document.getElementById("entitlement").textContent === "Được hưởng");
});

test("an answer that comes after the next scan began does not change that patient's card", async () => {
  await page.route("**/entitlement", async (route) => {
    const answer = await route.fetch();
    await new Promise((done) => setTimeout(done, 2500));
    await route.fulfill({ response: answer });
  });
  await scan(page, await nation.code());
  await verdict(page);
  const late = page.waitForResponse(/entitlement$/);
  await page.click(".entitlement button");
  await scan(page, await nation.code());
  await verdict(page);
  await late;
  await page.waitForTimeout(300);
  assert.equal(await page.textContent("#entitlement"), "Chưa tra cứu");
  await page.unrouteAll({ behavior: "wait" });
});

test("nothing on the page went wrong by itself", () => assert.deepEqual(browser.faults, []));
