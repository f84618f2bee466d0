// What needs no browser: the words are whole, and the reader of typing scanners tells scans from people.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { Loop, partOf } from "../../clinic/page/loop.js";
import { REASONS } from "../../clinic/page/reasons.js";
import { Wedge, characterOf, isWhole, untangle } from "../../clinic/page/scan.js";
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
