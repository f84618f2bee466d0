// The WebAssembly answers as the native verifier does: the cases of bindings/web/tests/cases.rs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { web } from "./nation.mjs";

const { OfflineDesk } = createRequire(import.meta.url)(join(web, "node/sen_verifier.js"));
const cases = JSON.parse(readFileSync(process.env.SEN_WEB_CASES ?? join(web, "../web-cases.json"), "utf8"));

test(`${cases.length} cases get from the wasm what they get natively, word for word`, () => {
  assert.ok(cases.length > 40);
  for (const { name, text, bundle, received_at, now, seen, expected } of cases) {
    const answered = JSON.parse(new OfflineDesk(bundle).check([text], received_at, now, seen ? [seen] : []));
    assert.deepEqual(answered, expected, name);
  }
});

test("a desk that is opened once answers many codes", () => {
  const [{ text, bundle, received_at, now, expected }] = cases;
  const desk = new OfflineDesk(bundle);
  const first = JSON.parse(desk.check([text], received_at, now, []));
  assert.deepEqual(first, expected);
  assert.deepEqual(JSON.parse(desk.check([text], received_at, now, [first.noted.key])).answer.reasons, ["replayed"]);
});

test("what cannot be read is thrown as a stable code", () => {
  const [{ text, bundle, now }] = cases;
  assert.throws(() => new OfflineDesk("{}"), /offline_bundle/);
  const desk = new OfflineDesk(bundle);
  assert.throws(() => desk.check([text], "yesterday", now, []), /time/);
  assert.throws(() => desk.check([text], now, now, ["no key"]), /offline_bundle/);
});
