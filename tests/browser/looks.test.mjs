// Every screen, light and dark, before axe: nothing that keeps somebody out. The screenshots are for people.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { logIn, openBrowser, openNation, pause, scan, shoot, verdict } from "./nation.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let nation, desk;

before(async () => {
  nation = await openNation();
  desk = await nation.desk();
});
after(async () => {
  await desk?.stop();
  await nation?.close();
});

/** What axe finds on the page as it is; it is evaluated beside the page, whose policy lets no foreign script in. */
async function look(page, name) {
  await pause(200);
  await shoot(page, name);
  const found = await page.evaluate(`${axe}; axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target).join(" ")))`);
  assert.deepEqual(found, [], name);
}

for (const dark of [false, true]) {
  const how = dark ? "dark" : "light";
  test(`every screen is open to everybody: ${how}`, async () => {
    const browser = await openBrowser({ dark });
    const { page } = browser;
    try {
      await page.goto(desk.url);
      await page.waitForSelector("#login-password");
      await look(page, `${how}-login`);
      await logIn(page, desk, desk.password);
      await look(page, `${how}-idle`);
      const code = await nation.code();
      await scan(page, code);
      await verdict(page);
      await look(page, `${how}-compare`);
      await page.keyboard.press("F8");
      await page.waitForSelector("#verdict[data-look=good]");
      await look(page, `${how}-good`);
      await page.keyboard.press("F10");
      await page.waitForSelector("#queued");
      await pause(2600);
      await scan(page, code);
      await verdict(page);
      await look(page, `${how}-refused`);
      await page.evaluate(() => {
        const paste = new ClipboardEvent("paste", { clipboardData: new DataTransfer(), bubbles: true });
        paste.clipboardData.setData("text", "000190000002||Trần Thị B|02021990|Nữ|Thôn Mẫu, Xã Mẫu, Nghệ An|02022022");
        document.body.dispatchEvent(paste);
      });
      await page.waitForFunction(() => document.getElementById("verdict").dataset.look === "warn");
      await look(page, `${how}-unproven`);
      await page.click("[data-action=paste]");
      await look(page, `${how}-paste`);
      await page.click("[data-action=paste-close]");
      for (const tab of ["queue", "day"]) {
        await page.click(`#tab-${tab}`);
        await page.waitForSelector(`#${tab} tbody tr`);
        await look(page, `${how}-${tab}`);
      }
    } finally {
      await browser.close();
    }
  });
}
