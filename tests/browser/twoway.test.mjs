// Two-way mode: the desk's screen asks, the phone answers, and the answer is good here and once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { logIn, openBrowser, openNation, pause, scan, shoot, verdict } from "./nation.mjs";

const NAME = "Phòng khám mẫu, Quầy 1";
let nation, desk, browser, page;

before(async () => {
  nation = await openNation();
  desk = await nation.desk({ identity: await nation.identity(NAME) });
  browser = await openBrowser();
  ({ page } = browser);
  await logIn(page, desk, desk.password);
});
after(async () => {
  await browser?.close();
  await desk?.stop();
  await nation?.close();
});

/** Asks by F4 and takes the question from the screen, as a phone does. */
async function ask() {
  const asked = page.waitForResponse((response) => response.url().endsWith("/api/challenges"));
  await page.keyboard.press("F4");
  const question = await (await asked).json();
  await page.waitForSelector("#twoway-code:not([hidden])");
  return question;
}

test("the screen asks with a countdown, the phone answers, and the page says that the answer is its own", async () => {
  const question = await ask();
  assert.equal(question.desk, NAME);
  assert.match(await page.textContent("#twoway-left"), /Còn [1-6]?\d giây/);
  assert.ok(await page.evaluate(() => document.getElementById("twoway-code").naturalWidth > 50), "the code is drawn");
  await shoot(page, "twoway");
  const answer = await nation.answer(question.text);
  await scan(page, answer);
  const said = await verdict(page);
  assert.deepEqual([said.headline, said.name], ["Mã thật: đối chiếu thẻ có ảnh", nation.claims.name]);
  assert.match(await page.textContent("#person"), /đã trả lời đúng câu hỏi của quầy này/);
  assert.equal(await page.evaluate(() => document.getElementById("twoway").open), false);
  await shoot(page, "challenged");
  await pause(2600);
  await scan(page, answer);
  assert.equal((await verdict(page)).look, "bad", "it is good once");
});

test("a one-way code is still read while a question stands on the screen", async () => {
  await ask();
  await scan(page, await nation.code());
  assert.equal((await verdict(page)).headline, "Mã thật: đối chiếu thẻ có ảnh");
  assert.match(await page.textContent("#person"), /Mã một chiều/);
});

test("an answer that another page of the desk took is shown where the question stands", async () => {
  const question = await ask();
  const text = await nation.answer(question.text);
  const sent = await page.request.post(`${desk.url}/api/checks`, { headers: { "X-Sen-Desk": "1" }, data: { text } });
  assert.equal((await sent.json()).answer.freshness, "challenged");
  await page.waitForFunction(() => document.getElementById("person").textContent.includes("đã trả lời đúng câu hỏi"));
  assert.deepEqual(browser.faults, []);
});

test("of two questions asked at once the last one stands, and one that comes after closing does not", async () => {
  await page.keyboard.press("F2");
  const texts = [];
  let wait = 1200;
  await page.route("**/api/challenges", async (route) => {
    const answer = await route.fetch();
    const question = await answer.json();
    texts.push(question.svg);
    await pause(wait);
    await route.fulfill({ response: answer, json: question });
  });
  const asked = [];
  page.on("request", (request) => /challenges\/./.test(request.url()) && asked.push(request.url()));
  await page.keyboard.press("F4");
  await page.waitForTimeout(200);
  wait = 0;
  await page.keyboard.press("F4");
  await page.waitForSelector("#twoway-code:not([hidden])");
  await pause(2500);
  const shown = decodeURIComponent((await page.getAttribute("#twoway-code", "src")).split(",").slice(1).join(","));
  assert.equal(shown, texts[1]);
  assert.equal(new Set(asked).size, 1, "one question is asked after");
  wait = 1000;
  await page.click("[data-action=twoway-again]");
  await page.click("[data-action=twoway-close]");
  await pause(1500);
  asked.length = 0;
  await pause(1500);
  assert.deepEqual(asked, []);
  assert.equal(await page.evaluate(() => document.getElementById("twoway").open), false);
  await page.unrouteAll({ behavior: "wait" });
});

test("the countdown does not believe this computer's clock, and an answer that fails once is fetched again", async () => {
  await page.evaluate(() => {
    const Right = Date;
    globalThis.Date = class extends Right {
      static now() {
        return Right.now() + 3600_000;
      }
    };
  });
  const question = await ask();
  assert.match(await page.textContent("#twoway-left"), /Còn [1-6]?\d giây/);
  let failed = 0;
  await page.route("**/api/checks/*", (route) => {
    failed += 1;
    return failed > 1 ? route.continue() : route.fulfill({ status: 503, json: { error: { code: "busy", message: "" } } });
  });
  const text = await nation.answer(question.text);
  await page.request.post(`${desk.url}/api/checks`, { headers: { "X-Sen-Desk": "1" }, data: { text } });
  await page.waitForFunction(() => document.getElementById("person").textContent.includes("đã trả lời đúng câu hỏi"));
  assert.ok(failed > 1);
  assert.deepEqual(browser.faults, []);
});
