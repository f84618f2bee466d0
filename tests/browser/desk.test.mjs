// The desk's page in Chromium, against the real desk, with codes from the real wallet.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
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

/** From the last digit until the verdict was painted, as the page measured it. */
const latency = () => page.evaluate(() => {
  const marks = performance.getEntriesByName("sen-verdict");
  return Math.round(marks.at(-1).startTime - marks.at(-1).detail.since);
});

for (const [each, scans] of [[1, 5], [10, 3]]) {
  test(`a scanner that types a key each ${each} ms is read anywhere on the page`, async () => {
    const took = [];
    for (let number = 0; number < scans; number += 1) {
      await page.evaluate(() => performance.clearMarks("sen-verdict"));
      await scan(page, await nation.code(), { each });
      const said = await verdict(page);
      assert.deepEqual([said.look, said.headline, said.reasons], ["warn", COMPARE, []]);
      assert.equal(said.name, nation.claims.name);
      assert.equal(said.insurance.replaceAll(" ", ""), nation.claims.insurance.number);
      await page.waitForFunction(() => performance.getEntriesByName("sen-verdict").length > 0);
      took.push(await latency());
    }
    const median = took.sort((a, b) => a - b)[Math.floor(scans / 2)];
    console.log(`verdict shown ${median} ms after the last digit (median of ${scans}, goal 300) at ${each} ms a key: ${took.join(" ")}`);
    // The goal is looked at, not asserted: a busy machine proves nothing of the page. This bound finds a verdict that hangs.
    assert.ok(median < 5000, `${median} ms`);
    await shoot(page, `compare-${each}`);
  });
}

for (const each of [1, 10]) test(`an input method in the focused field changes nothing, and the field stays as it was: ${each} ms a key`, async () => {
  await page.evaluate(() => {
    const field = Object.assign(document.createElement("input"), { id: "editor", value: "ghi chú" });
    field.setAttribute("aria-label", "editor");
    // As Telex and VNI editors do: they rewrite what was typed.
    field.addEventListener("input", () => (field.value = field.value.replace(/[67]/g, "ơ").replace(/\d/g, "â")));
    document.body.append(field);
    field.focus();
  });
  await scan(page, await nation.code(), { each, key: (digit) => "àảãạăằẳẵặâ"[digit] });
  assert.equal((await verdict(page)).headline, COMPARE);
  assert.equal(await page.inputValue("#editor"), "ghi chú");
  await page.evaluate(() => document.getElementById("editor").remove());
});

test("a scanner without Enter, one that ends with Tab, and one that sends the code twice are read", async () => {
  await scan(page, await nation.code(), { end: null });
  assert.equal((await verdict(page)).headline, COMPARE);
  await scan(page, await nation.code(), { end: "Tab" });
  assert.equal((await verdict(page)).headline, COMPARE);
  const code = await nation.code();
  await scan(page, code + code);
  assert.equal((await verdict(page)).headline, COMPARE);
  await page.waitForSelector("#banner-twice");
});

test("a cut scan says to scan again", async () => {
  const code = await nation.code();
  await scan(page, code.slice(0, 500));
  const said = await verdict(page);
  assert.deepEqual([said.look, said.reasons], ["bad", ["scan_incomplete"]]);
  await shoot(page, "scan-incomplete");
});

test("a code that was used is refused, and shows nobody", async () => {
  const code = await nation.code();
  await scan(page, code);
  await verdict(page);
  await pause(2600);
  await scan(page, code);
  const said = await verdict(page);
  assert.deepEqual([said.look, said.reasons, said.name], ["bad", ["replayed"], null]);
  await shoot(page, "replayed");
});

test("green needs the clerk's comparison, which is kept; it can be taken back", async () => {
  await scan(page, await nation.code());
  await verdict(page);
  await page.keyboard.press("F8");
  await page.waitForSelector("#verdict[data-look=good]");
  await shoot(page, "matches");
  await page.click("#face-recorded button");
  await page.waitForSelector("#verdict[data-look=warn]");
  const [latest] = (await page.evaluate(() => fetch("/api/day").then((day) => day.json()))).checks;
  assert.equal(latest.face, null, "the server takes it back too");
  await page.keyboard.press("F9");
  await page.waitForSelector("#verdict[data-look=bad]");
  assert.equal(await page.textContent("#headline"), "Không đúng người");
  assert.equal(await page.isVisible("#enqueue"), false);
  await shoot(page, "differs");
  await page.click("#tab-day");
  await page.waitForFunction(() => document.querySelector("#day tbody tr")?.textContent.includes("không đúng"));
  await shoot(page, "day");
});

test("a card that another counter saw a moment ago is genuine, with a warning", async () => {
  const other = await openBrowser();
  try {
    await logIn(other.page, desk, desk.password, "Trần Văn Tiếp", "Quầy 2");
    await scan(other.page, await nation.code());
    const said = await verdict(other.page);
    assert.deepEqual([said.look, said.headline, said.reasons], ["warn", COMPARE, ["seen_elsewhere"]]);
    await shoot(other.page, "seen-elsewhere");
  } finally {
    await other.close();
  }
});

test("a desk without a signed name says so where it would ask, and which network it has is not made up", async () => {
  await page.keyboard.press("F4");
  await page.waitForFunction(() => document.getElementById("twoway-left").textContent.includes("chưa có tên được ký"));
  await page.click("[data-action=twoway-close]");
  // Nobody fetches lists for this desk: that is no broken network.
  assert.equal(await page.textContent("#network"), "Có mạng");
});

test("the queue: a number by F10, called, done, taken back", async () => {
  await page.click("#tab-scan");
  await scan(page, await nation.code());
  await verdict(page);
  await page.keyboard.press("F8");
  await page.waitForSelector("#verdict[data-look=good]");
  await page.keyboard.press("F10");
  assert.match(await page.textContent("#queued"), /Số 1/);
  await page.click("#tab-queue");
  await page.click("#queue [data-to=called]");
  await page.waitForSelector("#queue .tag[data-look=good]");
  await shoot(page, "queue");
  await page.click("#queue [data-to=done]");
  await page.click("#queue [data-to=waiting]");
  await page.waitForSelector("#queue [data-to=called]");
  assert.match(await page.textContent("#queue tbody"), new RegExp(nation.claims.name));
});

test("the other language says it all at once, and is remembered", async () => {
  await page.click("#tab-scan");
  await page.click("[data-action=language] >> visible=true");
  assert.match(await page.textContent("#headline"), /Valid|Genuine/);
  await page.reload();
  await page.waitForSelector("#verdict[data-look=idle]");
  assert.equal(await page.textContent("#headline"), "Ready to scan");
  assert.equal(await page.getAttribute("html", "lang"), "en");
  await page.click("[data-action=language] >> visible=true");
});

test("a pasted text and a dropped picture are read", async () => {
  await page.click("[data-action=paste]");
  await page.fill("#paste-text", await nation.code());
  await page.click("#paste-form .primary");
  assert.equal((await verdict(page)).headline, COMPARE);
  const file = await nation.picture(`${nation.home}/code.png`);
  await page.keyboard.press("F2");
  const base64 = readFileSync(file).toString("base64");
  await page.evaluate((text) => {
    const dropped = new DataTransfer();
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    dropped.items.add(new File([bytes], "code.png", { type: "image/png" }));
    for (const kind of ["dragover", "drop"]) document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: dropped, bubbles: true, cancelable: true }));
  }, base64);
  assert.equal((await verdict(page)).headline, COMPARE);
});

test("a picture file is read, and one without a code says so", async () => {
  await page.keyboard.press("F2");
  await page.setInputFiles("#picture-file", await nation.picture(`${nation.home}/chosen.png`));
  assert.equal((await verdict(page)).headline, COMPARE);
  await page.keyboard.press("F2");
  const empty = await page.screenshot({ clip: { x: 0, y: 0, width: 40, height: 40 } });
  await page.setInputFiles("#picture-file", { name: "none.png", mimeType: "image/png", buffer: empty });
  await page.waitForSelector("#verdict[data-look=bad]");
  assert.match(await page.textContent("#advice"), /Không thấy mã QR/);
});

test("nothing on the page went wrong by itself", () => assert.deepEqual(browser.faults, []));
