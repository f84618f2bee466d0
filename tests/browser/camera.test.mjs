// A webcam that shows the wallet's rotating code: turned, blurred, noisy, as ffmpeg makes it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { logIn, openBrowser, openNation, shoot, verdict } from "./nation.mjs";

let nation, desk, browser, page;

before(async () => {
  nation = await openNation();
  desk = await nation.desk();
});
after(async () => {
  await browser?.close();
  await desk?.stop();
  await nation?.close();
});

test("a rotating code before the camera is read and served", async () => {
  // Three codes after one another, a second each, as `sen present qr` shows them.
  const files = [];
  for (const number of [1, 2, 3]) files.push(await nation.picture(`${nation.home}/code-${number}.png`));
  const video = `${nation.home}/camera.y4m`;
  const look = "scale=420:420:flags=neighbor,pad=640:480:(ow-iw)/2:(oh-ih)/2:color=gray,rotate=5*PI/180:fillcolor=gray,gblur=sigma=0.7,noise=alls=8:allf=t,format=yuv420p";
  const inputs = files.flatMap((file) => ["-loop", "1", "-t", "1", "-r", "10", "-i", file]);
  const streams = files.map((_, at) => `[${at}:v]${look},setsar=1[v${at}]`).join(";");
  const joined = `${streams};${files.map((_, at) => `[v${at}]`).join("")}concat=n=${files.length}:v=1[out]`;
  execFileSync("ffmpeg", ["-v", "error", "-y", ...inputs, "-filter_complex", joined, "-map", "[out]", video]);
  browser = await openBrowser({ camera: video });
  ({ page } = browser);
  await logIn(page, desk, desk.password);
  const began = performance.now();
  await page.click("[data-action=camera]");
  const said = await verdict(page);
  console.log(`camera: verdict ${Math.round(performance.now() - began)} ms after the click`);
  assert.equal(said.headline, "Mã thật: đối chiếu thẻ có ảnh");
  assert.equal(said.name, nation.claims.name);
  assert.equal(await page.isVisible("#camera"), false, "the camera is off again");
  await shoot(page, "camera");
  assert.deepEqual(browser.faults, []);
});
