// Every screen, light and dark, before axe: nothing that keeps somebody out. The screenshots are for people.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { logIn, look, openBrowser, openNation, pause, readyAlone, scan, verdict } from "./nation.mjs";

let nation, desk;

before(async () => {
  nation = await openNation();
  desk = await nation.desk({ identity: await nation.identity("Phòng khám mẫu, Quầy 1"), lookup: true });
});
after(async () => {
  await desk?.stop();
  await nation?.close();
});

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

for (const dark of [false, true]) {
  const how = dark ? "dark" : "light";
  test(`dialogs, camera and banners are open to everybody: ${how}`, async () => {
    const browser = await openBrowser({ dark });
    const { page, context } = browser;
    try {
      await logIn(page, desk, desk.password);
      await readyAlone(page);
      await page.keyboard.press("F4");
      await page.waitForSelector("#twoway-code:not([hidden])");
      await look(page, `${how}-twoway`);
      await page.click("[data-action=twoway-close]");
      // There is no camera: the panel says so.
      await page.click("[data-action=camera]");
      await page.waitForFunction(() => document.getElementById("camera-note").textContent);
      await look(page, `${how}-camera`);
      await page.click("[data-action=camera-stop]");
      await scan(page, await nation.code());
      await verdict(page);
      await page.click(".entitlement button");
      await page.waitForFunction(() => document.getElementById("entitlement").textContent === "Được hưởng");
      await look(page, `${how}-entitled`);
      await context.setOffline(true);
      await scan(page, await nation.code());
      await verdict(page);
      await page.waitForSelector("#banner-offline");
      await look(page, `${how}-offline`);
    } finally {
      await browser.close();
    }
  });
}

test("on a phone, in English, nothing stands beyond the edge", async () => {
  const browser = await openBrowser();
  const { page } = browser;
  try {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(desk.url);
    await page.click("#login [data-action=language]");
    await look(page, "phone-login");
    await logIn(page, desk, desk.password);
    await look(page, "phone-idle");
    await scan(page, await nation.code());
    assert.deepEqual((await verdict(page)).reasons, []);
    await look(page, "phone-compare");
    await page.keyboard.press("F8");
    await page.waitForSelector("#verdict[data-look=good]");
    await page.keyboard.press("F10");
    await page.waitForSelector("#queued");
    await look(page, "phone-good");
    await page.keyboard.press("F4");
    await page.waitForSelector("#twoway-code:not([hidden])");
    await look(page, "phone-twoway");
    await page.click("[data-action=twoway-close]");
    for (const tab of ["queue", "day"]) {
      await page.click(`#tab-${tab}`);
      await page.waitForSelector(`#${tab} tbody tr`);
      await look(page, `phone-${tab}`);
    }
  } finally {
    await browser.close();
  }
});
