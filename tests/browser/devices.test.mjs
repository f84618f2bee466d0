// What stands on the counter beside the page: a scanner on a serial port, which the test plays, and the loudspeaker.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { logIn, openBrowser, openNation, pause, scan, verdict } from "./nation.mjs";

let nation, desk, browser, page;

before(async () => {
  nation = await openNation();
  desk = await nation.desk();
  browser = await openBrowser();
  ({ page } = browser);
  await page.addInitScript(() => {
    const played = { choice: true, baudRate: null, line: null };
    const port = {
      readable: null,
      open: async ({ baudRate }) => {
        played.baudRate = baudRate;
        port.readable = new ReadableStream({ start: (line) => (played.line = line) });
      },
    };
    played.pull = () => {
      port.readable = null;
      played.line.error(new DOMException("gone", "NetworkError"));
    };
    const requestPort = async () => {
      if (!played.choice) throw new DOMException("none chosen", "NotFoundError");
      return port;
    };
    Object.defineProperty(navigator, "serial", { value: { requestPort }, configurable: true });
    // Tones as they are started, not as they are meant.
    const tones = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...given) {
      tones.push(this.frequency.value);
      return start.apply(this, given);
    };
    Object.assign(globalThis, { played, tones });
  });
  await logIn(page, desk, desk.password);
});
after(async () => {
  await browser?.close();
  await desk?.stop();
  await nation?.close();
});

const COMPARE = "Mã thật: đối chiếu thẻ có ảnh";
const send = (text) => page.evaluate((sent) => globalThis.played.line.enqueue(new TextEncoder().encode(sent)), text);
const tones = () => page.evaluate(() => globalThis.tones.splice(0));

test("where no port is chosen, the page says that none is open", async () => {
  await page.evaluate(() => (globalThis.played.choice = false));
  await page.click("#serial");
  await page.waitForSelector("#banner-serial[data-look=bad]");
  await page.evaluate(() => (globalThis.played.choice = true));
});

test("a scanner on a serial port is read in pieces, with a line end and without", async () => {
  await page.click("#serial");
  await page.waitForSelector("#banner-serial[data-look=good]");
  assert.equal(await page.evaluate(() => globalThis.played.baudRate), 115200);
  for (const end of ["\r\n", ""]) {
    await page.keyboard.press("F2");
    const code = await nation.code();
    await send(code.slice(0, 100));
    await send(code.slice(100) + end);
    const said = await verdict(page);
    assert.deepEqual([said.headline, said.name], [COMPARE, nation.claims.name], JSON.stringify(end));
  }
});

test("a serial scanner that is pulled out is told, and can be opened again", async () => {
  await page.evaluate(() => globalThis.played.pull());
  await page.waitForSelector("#banner-serial[data-look=bad]");
  assert.match(await page.textContent("#banner-serial"), /đã ngắt/);
  await page.click("#serial");
  await page.waitForSelector("#banner-serial[data-look=good]");
  await page.keyboard.press("F2");
  await send(`${await nation.code()}\r`);
  assert.equal((await verdict(page)).headline, COMPARE);
});

test("each outcome has a tone of its own", async () => {
  await tones();
  const code = await nation.code();
  await scan(page, code);
  await verdict(page);
  assert.deepEqual(await tones(), [520, 520], "amber");
  await page.keyboard.press("F8");
  await page.waitForSelector("#verdict[data-look=good]");
  assert.deepEqual(await tones(), [660, 990], "green");
  await pause(2600);
  await scan(page, code);
  assert.equal((await verdict(page)).look, "bad");
  assert.deepEqual(await tones(), [220, 180], "red");
});

test("the sound can be turned off, and stays off when the page opens again", async () => {
  await page.click("#sound");
  assert.equal(await page.textContent("#sound"), "Âm thanh: tắt");
  for (const opened of ["before", "again"]) {
    await scan(page, await nation.code());
    await verdict(page);
    assert.deepEqual(await tones(), [], opened);
    await page.reload();
    await page.waitForSelector("#verdict[data-look=idle]");
    assert.equal(await page.textContent("#sound"), "Âm thanh: tắt");
  }
  await page.click("#sound");
  await scan(page, await nation.code());
  await verdict(page);
  assert.deepEqual(await tones(), [520, 520]);
});

test("a desk without an account at the insurance portal offers no look-up, and says why", async () => {
  assert.equal(await page.locator(".entitlement button").count(), 0);
  assert.match(await page.textContent(".entitlement"), /chưa được nối với cổng tra cứu/);
});

test("nothing on the page went wrong by itself", () => assert.deepEqual(browser.faults, []));
