// Every page of the sandbox, by day and night, on a phone and on a computer, before axe. The screenshots are for people.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { look, openBrowser, openNation } from "./nation.mjs";

let nation;

before(async () => {
  nation = await openNation();
});
after(async () => {
  await nation?.close();
});

const PAGES = ["/", "/api", "/mailbox?phone=0900000002", "/revoke", "/portal", "/bank", "/atm", "/sandbox/asker"];

for (const dark of [false, true]) {
  for (const [device, width] of [["phone", 390], ["computer", 1366]]) {
    test(`the sandbox's pages are open to everybody: ${dark ? "dark" : "light"}, ${device}`, async () => {
      const browser = await openBrowser({ dark, sandbox: true });
      const { page } = browser;
      try {
        await page.setViewportSize({ width, height: 844 });
        const shot = (name) => look(page, `sandbox-${dark ? "dark" : "light"}-${device}-${name}`);
        for (const path of PAGES) {
          await page.goto(`${nation.sandbox}${path}`);
          await shot(path.split("?")[0].slice(1).replaceAll("/", "-") || "home");
        }
        // One question of each kind that has a code, and a call of the description opened.
        await page.goto(`${nation.sandbox}/atm`);
        await page.click("[data-start*='200000']");
        await page.waitForSelector("#code svg");
        await shot("atm-code");
        await page.goto(`${nation.sandbox}/api`);
        for (const name of ["POST /account/show", "POST /sandbox/asker"]) await page.click(`summary:has-text("${name}")`);
        await shot("api-open");
        assert.deepEqual(browser.faults, []);
      } finally {
        await browser.close();
      }
    });
  }
}
