// The verifier as npm has it: packed, installed into a project of its own, and driven there in Node, in TypeScript and in Chromium.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";
import { openBrowser, openNation, web } from "./nation.mjs";

const casesFile = process.env.SEN_WEB_CASES ?? join(web, "../web-cases.json");
const project = mkdtempSync(join(tmpdir(), "sen-package-"));
const run = (program, ...words) => execFileSync(program, words, { cwd: project, encoding: "utf8", maxBuffer: 1 << 28 });

/**
 * What a page does with the package: the same text runs in Node and in Chromium. It holds itself against the answers of the native
 * verifier and gives back what it found.
 */
const drive = `
/** The members of objects in one order: the two verifiers write them in another. */
const ordered = (_, value) => (value?.constructor === Object ? Object.fromEntries(Object.entries(value).sort()) : value);

/** Each case of the native verifier: how many gave the same answer, and every reason that came. */
export function everyCase({ OfflineDesk }, cases) {
  const [reasons, different] = [new Set(), []];
  for (const { name, text, bundle, received_at, now, seen, expected } of cases) {
    const answered = JSON.parse(new OfflineDesk(bundle).check([text], received_at, now, seen ? [seen] : []));
    if (JSON.stringify(answered, ordered) !== JSON.stringify(expected, ordered)) different.push(name);
    answered.answer.reasons.forEach((reason) => reasons.add(reason));
  }
  return { cases: cases.length, different, reasons: [...reasons].sort() };
}

/** A desk of the provider's lists decides on a code, on the same again, on a changed one, and without what it needs. */
export function ownLists({ ProviderLists }, { root, list, status, other, text, now, late }) {
  const octets = (base64) => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  const desk = (root, tokens) => {
    const lists = new ProviderLists(root, octets(list));
    tokens.forEach(([name, token]) => lists.addStatus(name, octets(token)));
    return lists.open("Quầy 1", now);
  };
  const code = (work) => {
    try {
      return work() && "opened";
    } catch (error) {
      return error.message;
    }
  };
  const whole = desk(root, status);
  const check = (text, seen, at = now, from = whole) => JSON.parse(from.check([text], at, at, seen));
  const first = check(text, []);
  const middle = text.length >> 1;
  const changed = text.slice(0, middle) + ((Number(text[middle]) + 1) % 10) + text.slice(middle + 1);
  return {
    passedOver: whole.passedOver(),
    first: { verdict: first.answer.verdict, status: first.answer.status.result, name: first.answer.claims.name },
    again: check(text, [first.noted.key]).answer.reasons,
    changed: check(changed, []).answer,
    late: check(text, [], late).answer.reasons,
    withoutStatus: check(text, [], now, desk(root, [])).answer.reasons,
    notAToken: desk(root, [["no token", list]]).passedOver(),
    otherRoot: code(() => desk(other, status)),
    noRoot: code(() => desk("none", status)),
    brokenList: code(() => new ProviderLists(root, octets(list).slice(1)).open("", now)),
    noTime: code(() => new ProviderLists(root, octets(list)).open("", "yesterday")),
  };
}
`;

let nation, packed, cases, lists;

before(async () => {
  [packed] = JSON.parse(execFileSync("npm", ["pack", web, "--json", "--pack-destination", project], { encoding: "utf8" }));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "somebodys-desk", version: "1.0.0", private: true, type: "module" }));
  writeFileSync(join(project, "drive.js"), drive);
  cpSync(casesFile, join(project, "cases.json"));
  run("npm", "install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", "--offline", `./${packed.filename}`);
  cases = JSON.parse(readFileSync(casesFile, "utf8"));

  nation = await openNation();
  const base64 = (file) => readFileSync(file).toString("base64");
  const tokens = readdirSync(nation.status).filter((name) => [".cwt", ".jwt"].includes(extname(name)));
  lists = {
    root: readFileSync(join(nation.trust, "root.pub"), "utf8"),
    list: base64(join(nation.trust, "trust-list.cwt")),
    status: tokens.map((name) => [name, base64(join(nation.status, name))]),
    // A point, and nobody's root: the one of the first case.
    other: Buffer.from(JSON.parse(cases[0].bundle).roots[0], "base64").toString("hex"),
    text: await nation.code(),
    now: new Date().toISOString(),
    late: new Date(Date.now() + 600_000).toISOString(),
  };
  writeFileSync(join(project, "lists.json"), JSON.stringify(lists));
});
after(async () => {
  await nation?.close();
  rmSync(project, { recursive: true, force: true });
});

/** What both ways of running the package have to find. */
function right({ every, own }) {
  assert.deepEqual(every.different, []);
  assert.equal(every.cases, cases.length);
  // All that a page can give: it keeps no list of cards.
  const source = readFileSync(join(import.meta.dirname, "../../core/verifier/src/reason.rs"), "utf8");
  const codes = [...source.matchAll(/Self::\w+ => "(\w+)"/g)].map(([, code]) => code).filter((code) => code !== "seen_elsewhere");
  assert.ok(codes.length > 20);
  assert.deepEqual(every.reasons.filter((reason) => codes.includes(reason)), [...codes].sort());

  assert.deepEqual(own.first, { verdict: "accepted", status: "valid", name: nation.claims.name });
  assert.deepEqual([own.again, own.late, own.withoutStatus], [["replayed"], ["stale"], ["status_unknown"]]);
  assert.deepEqual([own.changed.verdict, own.changed.reasons, own.changed.claims], ["refused", ["scan_incomplete"], null]);
  assert.deepEqual([own.passedOver, own.notAToken], [[], ["no token"]]);
  assert.deepEqual([own.otherRoot, own.noRoot, own.brokenList, own.noTime], ["offline_bundle", "root", "offline_bundle", "time"]);
}

test("the package holds the verifier for pages and for Node, its types, and nothing else", () => {
  assert.deepEqual(packed.files.map(({ path }) => path).sort(), [
    "LICENSE", "README.md", "node/package.json", "node/sen_verifier.d.ts", "node/sen_verifier.js", "node/sen_verifier_bg.wasm",
    "node/sen_verifier_bg.wasm.d.ts", "package.json", "sen_verifier.d.ts", "sen_verifier.js", "sen_verifier_bg.wasm", "sen_verifier_bg.wasm.d.ts",
  ]);
  assert.equal(packed.name, "sen-verifier");
});

test("in Node the installed package decides every case as the native verifier, and on the nation's own lists", () => {
  writeFileSync(join(project, "node.js"), `
    import { readFileSync } from "node:fs";
    import * as verifier from "sen-verifier";
    import { everyCase, ownLists } from "./drive.js";
    const json = (file) => JSON.parse(readFileSync(file, "utf8"));
    console.log(JSON.stringify({ every: everyCase(verifier, json("cases.json")), own: ownLists(verifier, json("lists.json")) }));`);
  right(JSON.parse(run("node", "node.js")));
  writeFileSync(join(project, "required.cjs"), `console.log(typeof require("sen-verifier").OfflineDesk);`);
  assert.equal(run("node", "required.cjs").trim(), "function");
});

test("TypeScript knows the package in Node and in a bundler, and takes no wrong use of it", () => {
  const tsc = (...words) => run("node", join(import.meta.dirname, "node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", ...words);
  const right = `
    import { type Checked, type Reason, OfflineDesk, ProviderLists } from "sen-verifier";
    const desk: OfflineDesk = new ProviderLists("root", new Uint8Array()).open("Quầy 1", "2026-01-01T00:00:00Z");
    const { answer, noted }: Checked = JSON.parse(desk.check(["7360"], "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", [])) as Checked;
    const words: Partial<Record<Reason, string>> = { replayed: "Mã đã dùng" };
    export const shown: string = noted?.key ?? words[answer.reasons[0] ?? "stale"] ?? answer.claims?.insurance?.number ?? answer.verdict;`;
  writeFileSync(join(project, "node.ts"), right);
  tsc("--module", "node16", "--moduleResolution", "node16", "node.ts");
  writeFileSync(join(project, "page.ts"), `import init from "sen-verifier";\nawait init();\n${right}`);
  tsc("--module", "esnext", "--moduleResolution", "bundler", "page.ts");
  writeFileSync(join(project, "wrong.ts"), `import { OfflineDesk } from "sen-verifier";\nnew OfflineDesk("{}").check("7360", 1, 2, []);`);
  assert.throws(() => tsc("--module", "node16", "--moduleResolution", "node16", "wrong.ts"), ({ stdout }) => /TS2345/.test(stdout));
});

test("in Chromium a page with an import map does the same", async () => {
  const kinds = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".wasm": "application/wasm" };
  writeFileSync(join(project, "index.html"), `<!doctype html><meta charset="utf-8"><title>Somebody's desk</title>
    <script type="importmap">{ "imports": { "sen-verifier": "/node_modules/sen-verifier/sen_verifier.js" } }</script>`);
  const server = createServer((asked, answer) => {
    const file = join(project, asked.url === "/" ? "index.html" : new URL(asked.url, "http://127.0.0.1").pathname);
    try {
      const content = readFileSync(file);
      answer.writeHead(200, { "content-type": kinds[extname(file)] ?? "text/plain" }).end(content);
    } catch {
      answer.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const browser = await openBrowser();
  try {
    await browser.page.goto(`http://127.0.0.1:${server.address().port}/`);
    right(await browser.page.evaluate(async () => {
      const verifier = await import("sen-verifier");
      await verifier.default();
      const { everyCase, ownLists } = await import("/drive.js");
      const json = async (file) => (await fetch(file)).json();
      return { every: everyCase(verifier, await json("/cases.json")), own: ownLists(verifier, await json("/lists.json")) };
    }));
    assert.deepEqual(browser.faults, []);
  } finally {
    await browser.close();
    server.close();
  }
});
