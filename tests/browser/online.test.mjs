// The portal and the cash machine in a browser, `sen` as the phone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openBrowser, openNation, shots } from "./nation.mjs";

let nation, browser, page;

before(async () => {
  nation = await openNation();
  browser = await openBrowser({ sandbox: true });
  ({ page } = browser);
  await nation.obtain("citizen_sd_jwt");
});
after(async () => {
  await browser?.close();
  await nation?.close();
});

const shoot = (name) => page.screenshot({ path: join(shots, `online-${name}.png`) });
const text = () => page.textContent("#state");

/** Starts a question on the page; the phone has scanned its code when this ends. */
async function scanned(path, button, shot) {
  await page.goto(`${nation.sandbox}${path}`);
  await shoot(`${shot}-start`);
  await page.click(button);
  await page.waitForSelector("#code svg");
  assert.match(await text(), /Quét mã/);
  await shoot(`${shot}-code`);
  const phone = nation.online(await page.getAttribute("#link", "href"));
  await page.waitForSelector("#number:not([hidden])", { timeout: 20_000 });
  await shoot(`${shot}-number`);
  return phone;
}

async function over(look) {
  await page.waitForSelector(`#state .${look}`, { timeout: 20_000 });
}

test("a person signs in at the portal with another device's wallet", async () => {
  const phone = await scanned("/portal", "[data-start*=true]", "portal");
  phone.type(await page.textContent("#digits"));
  const { code, said } = await phone.ended;
  assert.equal(code, 0, said);
  assert.match(said, /TO APPROVE: sign in at Cổng dịch vụ công Mẫu/);
  await over("done");
  assert.match(await text(), /Đã đăng nhập/);
  assert.match(await text(), new RegExp(nation.claims.personal_number));
  await shoot("portal-done");
});

test("with the wallet on this device the tab that it opens is signed in", async () => {
  await page.goto(`${nation.sandbox}/portal`);
  await page.click("[data-start*=false]");
  await page.waitForSelector("#link:visible");
  assert.ok(await page.isHidden("#code"));
  await shoot("portal-here");
  const { code, said } = await nation.online(await page.getAttribute("#link", "href")).ended;
  assert.equal(code, 0, said);
  const address = /https:\/\/\S+\/portal\?code=\S+/.exec(said)[0];
  const tab = await browser.context.newPage();
  await tab.goto(address);
  await tab.waitForSelector("#state .done");
  assert.match(await tab.textContent("#state"), new RegExp(nation.claims.personal_number));
  assert.ok(!tab.url().includes("code="));
  // The tab that only began it does not know the code.
  assert.ok(await page.isHidden("#state .done"));
  await tab.close();
});

test("the counter opens an account and the machine pays what was approved", async () => {
  let phone = await scanned("/bank", "[data-start]", "bank");
  phone.type(await page.textContent("#digits"));
  assert.equal((await phone.ended).code, 0);
  await over("done");
  assert.match(await text(), /5\.000\.000/);
  phone = await scanned("/atm", "[data-start*='2000000']", "atm");
  // A look that a busy server refuses ends nothing: the bank goes on.
  const busy = { status: 429, headers: { "retry-after": "1" }, json: { error: "slow_down", error_description: "too many are asking at the moment" } };
  const refused = page.waitForResponse((response) => response.status() === 429);
  await page.route("**/asking/state", (route) => route.fulfill(busy), { times: 1 });
  await refused;
  phone.type(await page.textContent("#digits"));
  const { code, said } = await phone.ended;
  assert.equal(code, 0, said);
  assert.match(said, /TO APPROVE: 2000000 VND in cash from Ngân hàng Mẫu, machine ATM 0007/);
  await over("done");
  assert.match(await text(), /2\.000\.000/);
  assert.match(await text(), /3\.000\.000/);
  await shoot("atm-done");
});

test("wrong digits pay nothing, and the page says so", async () => {
  const phone = await scanned("/atm", "[data-start*='200000']", "atm-wrong");
  phone.type((await page.textContent("#digits")) === "00" ? "01" : "00");
  assert.notEqual((await phone.ended).code, 0);
  await over("refused");
  assert.match(await text(), /Hai chữ số không đúng/);
  await shoot("atm-refused");
});

/** At the counter: the reading's record for the nonce on the page, sent as it is or with something else. */
async function readAtCounter(reader, { compared = true, record = (file) => file } = {}) {
  await page.goto(`${nation.sandbox}/bank`);
  await page.click("#chip");
  await page.waitForSelector("#reading:not([hidden])");
  const [, nonce] = /--nonce ([0-9a-f]+)/.exec(await page.textContent("#command"));
  await page.setInputFiles("#record", record(await nation.read(reader, nonce)));
  if (compared) await page.check("#compared");
  await shoot(`bank-chip-${reader}`);
  await page.click("#reading button");
  await page.waitForSelector("#again:not([hidden])", { timeout: 20_000 });
  return text();
}

test("the counter knows a customer by the record of its reader, and says why it takes no other", async () => {
  assert.match(await readAtCounter("stranger"), /máy đọc mà ngân hàng không biết/);
  await nation.pin("stranger");
  assert.match(await readAtCounter("stranger", { compared: false }), /so khuôn mặt/);
  const other = { name: "x", mimeType: "text/plain", buffer: Buffer.from("no record") };
  assert.match(await readAtCounter("stranger", { record: () => other }), /không phải bản ghi/);
  let earlier;
  const done = await readAtCounter("stranger", { record: (file) => ({ name: "y", mimeType: "application/cose", buffer: (earlier = readFileSync(file)) }) });
  assert.match(done, /Đã xác minh khách hàng/);
  assert.match(done, new RegExp(nation.claims.personal_number));
  assert.match(done, /chip/);
  await shoot("bank-chip-done");
  const again = { name: "z", mimeType: "application/cose", buffer: earlier };
  assert.match(await readAtCounter("stranger", { record: () => again }), /lần đọc khác/);
  await shoot("bank-chip-refused");
});

test("the pages fit a phone's width and fail nowhere", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of ["/portal", "/bank", "/atm"]) {
    await page.goto(`${nation.sandbox}${path}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360), path);
    await shoot(`narrow${path.replace("/", "-")}`);
  }
  assert.deepEqual(browser.faults, []);
});
