// A webcam that shows the wallet's codes: turned, blurred, noisy, as ffmpeg makes it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { logIn, openBrowser, openNation, readyAlone, shoot, verdict } from "./nation.mjs";

let nation, desk;

before(async () => {
  nation = await openNation();
  desk = await nation.desk();
});
after(async () => {
  await desk?.stop();
  await nation?.close();
});

/** A film of pictures one after the other, each so many seconds, as a hand-held camera sees them. */
function film(pictures, seconds, name) {
  const video = `${nation.home}/${name}.y4m`;
  const look = "scale=420:420:flags=neighbor,pad=640:480:(ow-iw)/2:(oh-ih)/2:color=gray,rotate=5*PI/180:fillcolor=gray,gblur=sigma=0.7,noise=alls=8:allf=t,format=yuv420p,setsar=1";
  const inputs = pictures.flatMap((file) => ["-loop", "1", "-t", String(seconds), "-r", "10", "-i", file]);
  const streams = pictures.map((_, at) => `[${at}:v]${look}[v${at}]`).join(";");
  const joined = `${streams};${pictures.map((_, at) => `[v${at}]`).join("")}concat=n=${pictures.length}:v=1[out]`;
  execFileSync("ffmpeg", ["-v", "error", "-y", ...inputs, "-filter_complex", joined, "-map", "[out]", video]);
  return video;
}

async function holdBefore(video, alone, work, at = desk) {
  const browser = await openBrowser({ camera: video });
  try {
    await logIn(browser.page, at, at.password);
    if (alone) {
      await readyAlone(browser.page);
      await browser.context.setOffline(true);
    }
    const began = performance.now();
    await browser.page.click("[data-action=camera]");
    const said = await verdict(browser.page);
    console.log(`camera: verdict ${Math.round(performance.now() - began)} ms after the click`);
    assert.equal(said.name, nation.claims.name, `${said.headline}: ${said.reasons}`);
    assert.equal(await browser.page.isVisible("#camera"), false, "the camera is off again");
    await work(browser.page, said);
    assert.deepEqual(browser.faults, []);
  } finally {
    await browser.close();
  }
}

test("a rotating code before the camera is read and served", async () => {
  // Three codes after one another, a second each, as `sen present qr` shows them.
  const files = [];
  for (const number of [1, 2, 3]) files.push(await nation.picture(`${nation.home}/code-${number}.png`));
  await holdBefore(film(files, 1, "rotating"), false, async (page, said) => {
    assert.equal(said.headline, "Mã thật: đối chiếu thẻ có ảnh");
    await shoot(page, "camera");
  });
});

for (const alone of [false, true]) {
  test(`an animated code shows the face that the issuer vouches for, ${alone ? "with the network cut" : "by the desk's server"}`, async () => {
    const files = await nation.loop(`${nation.home}/loop-${alone}`);
    assert.ok(files.length > 1);
    await holdBefore(film(files, 0.4, `animated-${alone}`), alone, async (page, said) => {
      assert.equal(said.headline, "Mã thật: đối chiếu ảnh với người bệnh");
      const width = await page.evaluate(() => document.getElementById("portrait").decode().then(() => document.getElementById("portrait").naturalWidth));
      assert.ok(width > 20);
      await shoot(page, alone ? "portrait-offline" : "portrait");
    });
  });
}

test("a camera that is opened twice, or closed while the browser asks for leave, is off afterwards; a fault is said", async () => {
  const browser = await openBrowser({ camera: film([await nation.picture(`${nation.home}/still.png`)], 1, "still") });
  const { page } = browser;
  try {
    await logIn(page, desk, desk.password);
    await page.evaluate(() => {
      [globalThis.asked, globalThis.streams] = [[], []];
      const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        await new Promise((done) => globalThis.asked.push(done));
        const stream = await get(wanted);
        globalThis.streams.push(stream);
        return stream;
      };
    });
    const live = () => page.evaluate(() => globalThis.streams.flatMap((stream) => stream.getTracks()).filter(({ readyState }) => readyState === "live").length);
    // The browser asks for leave until the person has given it.
    const leave = async (count) => {
      await page.waitForFunction((wanted) => globalThis.asked.length === wanted, count);
      await page.evaluate(() => globalThis.asked.forEach((done) => done()));
      await page.waitForFunction((wanted) => globalThis.streams.length === wanted, count);
    };
    await page.click("[data-action=camera]");
    await page.click("[data-action=camera]");
    await leave(2);
    await verdict(page);
    assert.equal(await live(), 0, "both are off after the verdict");
    await page.keyboard.press("F2");
    await page.click("[data-action=camera]");
    await page.click("[data-action=camera-stop]");
    await leave(3);
    await page.waitForTimeout(500);
    assert.equal(await live(), 0, "closed before it was open");
    // What the camera saw before is looked at again: the clerk asked for it.
    await page.waitForTimeout(2500);
    await page.click("[data-action=camera]");
    await leave(4);
    assert.equal((await verdict(page)).look, "bad");
    await page.keyboard.press("F2");
    await page.evaluate(() => (CanvasRenderingContext2D.prototype.drawImage = () => { throw new Error("fault"); }));
    await page.click("[data-action=camera]");
    await leave(5);
    await page.waitForFunction(() => document.getElementById("camera-note").textContent.includes("dừng vì lỗi"));
    assert.equal(await live(), 0);
    assert.deepEqual(browser.faults, []);
  } finally {
    await browser.close();
  }
});

test("where the page has no reader of its own, the desk's server reads the camera's pictures", async () => {
  const bare = await nation.desk({ bare: true });
  try {
    const video = film([await nation.picture(`${nation.home}/bare.png`)], 1, "bare");
    await holdBefore(video, false, (page, said) => assert.equal(said.headline, "Mã thật: đối chiếu thẻ có ảnh"), bare);
  } finally {
    await bare.stop();
  }
});
