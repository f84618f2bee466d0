// What needs no browser: the words are whole, and the reader of typing scanners tells scans from people.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { Loop, partOf } from "../../clinic/page/loop.js";
import { REASONS } from "../../clinic/page/reasons.js";
import { Wedge, characterOf, isWhole, untangle } from "../../clinic/page/scan.js";
import { openSerial } from "../../clinic/page/serial.js";
import { comparable, judge } from "../../clinic/page/verdict.js";
import { WORDS } from "../../clinic/page/words.js";

const root = resolve(import.meta.dirname, "../..");
const frames = `${root}/tests/vectors/qr/sen-frame`;
const vector = (name) => JSON.parse(readFileSync(`${frames}/${name}`, "utf8"));
const golden = vector("golden_draft_kbt.json").frame;

test("both languages say the same things, with the same gaps", () => {
  assert.deepEqual(Object.keys(WORDS.vi).sort(), Object.keys(WORDS.en).sort());
  const gaps = (text) => [...text.matchAll(/\{\w+\}/g)].map(([gap]) => gap).sort();
  for (const [key, text] of Object.entries(WORDS.vi)) assert.deepEqual(gaps(text), gaps(WORDS.en[key]), key);
});

test("every reason of the verifier is explained, with what to do, in both languages", () => {
  const source = readFileSync(`${root}/core/verifier/src/reason.rs`, "utf8");
  const codes = [...source.matchAll(/Self::\w+ => "(\w+)"/g)].map(([, code]) => code).sort();
  assert.ok(codes.length >= 24);
  for (const language of ["vi", "en"]) {
    assert.deepEqual(Object.keys(REASONS[language]).sort(), codes);
    for (const [what, next] of Object.values(REASONS[language])) assert.ok(what && next);
  }
});

test("every word that the page names is in the table", () => {
  const html = readFileSync(`${root}/clinic/page/index.html`, "utf8");
  for (const [, key] of html.matchAll(/data-say="(\w+)"/g)) assert.ok(WORDS.vi[key], key);
  const scripts = readdirSync(`${root}/clinic/page`).filter((name) => name.endsWith(".js"));
  const source = scripts.map((name) => readFileSync(`${root}/clinic/page/${name}`, "utf8")).join("");
  const named = [...source.matchAll(/\bsay\("(\w+)"/g)].map(([, key]) => key);
  assert.ok(named.length > 50);
  for (const key of named) assert.ok(WORDS.vi[key], key);
});

test("whatever came of a look-up has words", () => {
  const source = readFileSync(`${root}/clinic/src/lookup/codes.rs`, "utf8");
  const outcomes = [...source.matchAll(/Self::\w+ => "(\w+)"/g)].map(([, code]) => code);
  assert.ok(outcomes.length >= 11);
  for (const outcome of ["not_looked_up", ...outcomes]) assert.ok(WORDS.vi[`entitlement_${outcome}`], outcome);
});

test("a verdict that this page does not know is refused, whatever the clerk compared", () => {
  const answer = { verdict: "valid", reasons: [], claims: {}, holder_bound: true, face: "shown" };
  const check = { answer, face: { result: "matches" } };
  assert.deepEqual([judge(check).look, judge(check).title, comparable(check)], ["bad", "refused", false]);
  assert.equal(judge({ ...check, answer: { ...answer, verdict: "accepted" } }).look, "good");
});

test("check digits are the frame's: what is incomplete for the verifier is no whole code here", () => {
  const incomplete = readdirSync(frames).filter((name) => vector(name).result === "scan_incomplete");
  assert.ok(incomplete.length >= 4);
  for (const name of incomplete) assert.ok(!isWhole(vector(name).frame), name);
  for (const name of ["golden_20_bytes.json", "golden_draft_kbt.json", "version_2.json"]) assert.ok(isWhole(vector(name).frame), name);
});

test("of a doubled scan one is taken, and of a cut and a whole one the whole", () => {
  assert.deepEqual(untangle(golden), { text: golden, doubled: false });
  assert.deepEqual(untangle(golden + golden), { text: golden, doubled: true });
  assert.deepEqual(untangle(golden.slice(0, 40) + golden), { text: golden, doubled: true });
  assert.deepEqual(untangle(golden + golden.slice(0, 40)), { text: golden, doubled: true });
});

test("a key is what stands at its place, whatever an input method or a layout makes of it", () => {
  assert.equal(characterOf({ code: "Digit1", key: "ă" }).plain, "1");
  assert.equal(characterOf({ code: "Digit5", key: "(", shiftKey: true }).plain, "5");
  assert.equal(characterOf({ code: "Numpad7", key: "7" }).plain, "7");
  assert.equal(characterOf({ code: "KeyA", key: "Process", shiftKey: true }).shifted, "A");
  assert.equal(characterOf({ code: "Digit4", key: "Process", shiftKey: true }).shifted, "$");
});

/** Types with this pace and collects what the wedge makes of it. */
function type(text, { each, end = "Enter" }) {
  globalThis.document = { activeElement: null };
  const scans = [];
  const swallowed = [];
  const wedge = new Wedge({ onStart: () => undefined, onCount: () => undefined, onScan: (scan) => scans.push(scan) });
  const press = (code, at) => wedge.take({ code, timeStamp: at, preventDefault: () => swallowed.push(code), stopImmediatePropagation: () => undefined });
  [...text].forEach((digit, at) => press(`Digit${digit}`, 1000 + at * each));
  if (end) press(end, 1000 + text.length * each);
  return { scans, swallowed, wedge };
}

test("fast keys are one scan, ended by Enter or Tab", () => {
  for (const end of ["Enter", "NumpadEnter", "Tab"]) {
    const { scans, swallowed } = type(golden, { each: 10, end });
    assert.equal(scans.length, 1);
    assert.equal(scans[0].text, golden);
    assert.equal(scans[0].milliseconds, (golden.length - 1) * 10);
    assert.equal(swallowed.at(-1), end);
  }
});

test("a person's keys are left alone", () => {
  const { scans, swallowed } = type("73601234567890", { each: 90 });
  assert.deepEqual([scans, swallowed], [[], []]);
});

test("without an Enter a whole code is taken after a short silence", async () => {
  const { scans } = type(golden, { each: 1, end: null });
  assert.equal(scans.length, 0);
  await new Promise((done) => setTimeout(done, 300));
  assert.equal(scans[0]?.text, golden);
});

test("an animated code is whole when every part of its portrait was seen, in any order", () => {
  const { frames } = vector("../sen-animated/golden_700_bytes.json");
  const [presentation, ...parts] = frames;
  assert.deepEqual(parts.map((part) => partOf(part).number), [1, 2, 3].slice(0, parts.length));
  assert.equal(partOf(presentation), null);
  const loop = new Loop();
  const order = [...parts].reverse();
  assert.equal(loop.add(order[0], 0), null);
  assert.equal(loop.add(presentation, 100), null);
  let whole = null;
  for (const part of order.slice(1)) whole = loop.add(part, 200);
  assert.deepEqual([whole.text, new Set(whole.frames)], [presentation, new Set(frames)]);
});

test("a camera does not wait for a portrait that never comes", () => {
  const loop = new Loop();
  assert.equal(loop.add(golden, 0), null);
  assert.deepEqual(loop.add(golden, 1000), { text: golden, frames: null });
  assert.deepEqual(new Loop().add("HC1:ABC", 0), { text: "HC1:ABC", frames: null });
});

/** A port whose line is in the test's hands. */
function port() {
  const streams = [];
  const fake = {
    open: async () => undefined,
    get readable() {
      return fake.gone ? null : fake.stream;
    },
    renew: () => (fake.stream = new ReadableStream({ start: (line) => streams.push(line) })),
    send: (text) => streams.at(-1).enqueue(new TextEncoder().encode(text)),
    fail: (gone) => {
      const line = streams.at(-1);
      if (gone) fake.gone = true;
      else fake.renew();
      line.error(new Error("fault"));
    },
  };
  fake.renew();
  return fake;
}

async function serial() {
  const line = port();
  Object.defineProperty(globalThis, "navigator", { value: { serial: { requestPort: async () => line } }, configurable: true });
  const scans = [];
  const told = { closed: 0 };
  await openSerial({ onScan: (scan) => scans.push(scan), onClosed: () => (told.closed += 1) });
  return { line, scans, told };
}

const silence = (milliseconds = 150) => new Promise((done) => setTimeout(done, milliseconds));

test("a serial scanner's lines are codes, however they are cut", async () => {
  const { line, scans } = await serial();
  line.send(golden.slice(0, 10));
  line.send(`${golden.slice(10)}\r`);
  line.send("\n000190000002|B\r\n");
  await silence();
  assert.deepEqual(scans.map(({ text }) => text), [golden, "000190000002|B"]);
});

test("a serial scanner without a line end is read after a short silence, and a part is not", async () => {
  const { line, scans } = await serial();
  line.send(golden.slice(0, 40));
  await silence();
  assert.deepEqual(scans, []);
  line.send(golden.slice(40) + golden);
  await silence();
  assert.deepEqual(scans, [{ text: golden, doubled: true }]);
});

test("noise on a serial port does not pile up", async () => {
  const { line, scans } = await serial();
  for (let number = 0; number < 20; number += 1) line.send("7".repeat(1024));
  await silence();
  line.send("8\r");
  await silence();
  assert.equal(scans.length, 1);
  assert.ok(scans[0].text.length < 8 << 10, `${scans[0].text.length}`);
});

test("a serial port goes on after a fault of the line, and says when it is gone", async () => {
  const { line, scans, told } = await serial();
  line.send(golden.slice(0, 40));
  await silence(20);
  line.fail(false);
  await silence(20);
  line.send(`${golden}\r`);
  await silence(20);
  assert.deepEqual([scans.map(({ text }) => text), told.closed], [[golden], 0]);
  line.fail(true);
  await silence(20);
  assert.equal(told.closed, 1);
});
