// The wallet's package in Node and in Chromium: the whole path against the sandbox and a chip behind a socket, and all that goes wrong.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { card, sen, web, webWallet } from "./nation.mjs";
import { openDevice } from "./wallet/device.mjs";
import { openBadProvider, openSandbox } from "./wallet/nation.mjs";
import { inChromium, inNode, openProject } from "./wallet/places.mjs";

const NUMBER = "000204067891", PHONE = "0900000002", CAN = "067891", CHILD = "000224000001";
const now = () => Math.floor(Date.now() / 1000);
const rfc3339 = (seconds) => new Date(seconds * 1000).toISOString();

let project, bad;
before(async () => {
  [project, bad] = [openProject([webWallet, web]), await openBadProvider()];
});
after(async () => {
  await bad?.close();
  project?.close();
});

/** That a call ends in an error of this kind and code; gives the error. */
async function refuses(kind, code, call) {
  const error = await call().then(() => assert.fail(`nothing was refused, ${code} was expected`), (error) => error);
  assert.deepEqual([error.name, error.kind, error.code], ["SenError", kind, code]);
  return error;
}

test("the package holds the wallet for pages and for Node, its types, and nothing else", () => {
  const { name, files } = project.packed[0];
  assert.equal(name, "sen-wallet");
  assert.deepEqual(files.map(({ path }) => path).sort(), [
    "LICENSE", "README.md", "node/package.json", "node/sen_wallet.d.ts", "node/sen_wallet.js", "node/sen_wallet_bg.wasm", "node/sen_wallet_bg.wasm.d.ts",
    "package.json", "sen_wallet.d.ts", "sen_wallet.js", "sen_wallet_bg.wasm", "sen_wallet_bg.wasm.d.ts",
  ]);
});

test("TypeScript knows the package and takes no wrong use of it", () => {
  const tsc = (file) => execFileSync("node", [join(import.meta.dirname, "node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", "--module", "node16", "--moduleResolution", "node16", file], { cwd: project.folder, encoding: "utf8" });
  const bring = `
    import { type CardTransport, type Credential, type KeyStore, type SecretStore, type SenError, Wallet } from "sen-wallet";
    declare const secrets: SecretStore, keys: KeyStore, reader: CardTransport;
    const wallet = Wallet.open(secrets, keys);`;
  writeFileSync(join(project.folder, "right.ts"), `${bring}
    const opened: Credential[] = await wallet.obtainCredential("citizen", null, null, 1);
    const proof = await wallet.beginStepUp(1);
    proof.read(reader, { can: "067891" }, { step: (step) => void step.step, cancelled: () => false });
    export const told = (error: SenError): string => error.kind === "TryCardAgain" ? error.code : opened[0]?.vct ?? wallet.history(null, 1)[0].sequence.toFixed();`);
  tsc("right.ts");
  writeFileSync(join(project.folder, "wrong.ts"), `${bring}\n(await wallet.beginStepUp(1)).read(reader, { pin: "1" });`);
  assert.throws(() => tsc("wrong.ts"), ({ stdout }) => /TS2353|TS2345/.test(stdout));
});

for (const [name, open] of [["Node", inNode], ["Chromium", inChromium]]) {
  describe(`in ${name}`, () => {
    let nation, device, place, wallet, ports, applicant;

    before(async () => {
      [nation, device] = [await openSandbox(card), await openDevice(sen, card)];
      const roots = join(project.folder, "roots.pem");
      writeFileSync(roots, readFileSync(nation.roots, "utf8") + readFileSync(bad.certificate, "utf8"));
      place = await open({ project, device, roots, origin: nation.url });
      ports = place.root("ports");
      bad.forget();
      applicant = { personal_number: NUMBER, phone: PHONE, device_name: name };
    });
    after(async () => {
      await place?.close();
      await device?.close();
      await nation?.close();
    });

    const opened = async (saved, { called = "wallet", waits } = {}) => place.root("Wallet").open(await ports.secrets(called), place.root("keys"), saved, waits);
    const agree = async (at = now()) => (await wallet.askConsent("health-insurance", null, null, at)).grant("by_biometrics", at);
    // A use of its own each time: within ten seconds of another the code would be that one's.
    const show = async (at = now()) => {
      await wallet.stopShowing();
      return wallet.presentQr(await agree(at), at);
    };
    const listening = (how) => ports.listener(how);

    test("a wallet is opened with nothing in it", async () => {
      wallet = await opened();
      assert.deepEqual(await wallet.credentials(now()), []);
      await refuses("NotReady", "present.no_credential", () => show());
      await refuses("NotReady", "account.no_account", () => wallet.rememberedAccount());
    });

    test("the account opens and reaches level 1", async () => {
      await refuses("NotReady", "account.applicant", () => wallet.openAccount(nation.url, { phone: PHONE }, now()));
      const account = await wallet.openAccount(nation.url, applicant, now());
      assert.ok(!account.code_sent_to.includes(PHONE));
      const code = await nation.mailbox(PHONE);
      const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
      const error = await refuses("NotReady", "account.wrong_code", () => wallet.activateAccount(wrong, now()));
      assert.ok(error.attemptsLeft > 0);
      assert.equal(await wallet.activateAccount(code, now()), 1);
      assert.equal((await wallet.rememberedAccount()).state, "active");
    });

    test("what goes wrong at the card says what to do, and an exception that no port announced ends the call alone", async () => {
      const proof = await wallet.beginStepUp(now());
      const read = async (key, how) => proof.read(await ports.reader(), key, await listening(how));
      await refuses("NotReady", "card.not_read", () => proof.finish(Uint8Array.of(1), now()));
      await refuses("WrongAccessKey", "card.wrong_access_key", () => read({ can: "999999" }));
      await refuses("NotReady", "card.access_number", () => read({ can: "12" }));
      await refuses("NotReady", "card.access_number", () => read({ pin: CAN }));
      await refuses("UserCancelled", "card.cancelled", () => read({ can: CAN }, { cancelAfter: 3 }));
      const at = (failure, work = () => read({ can: CAN })) => device.during({ card: { at: 7, failure } }, work);
      await at("TagLost", () => refuses("TryCardAgain", "card.lost", () => read({ can: CAN })));
      await at("Timeout", () => refuses("TryCardAgain", "card.timeout", () => read({ can: CAN })));
      await at("UserCancelled", () => refuses("UserCancelled", "card.cancelled", () => read({ can: CAN })));
      await at(true, () => refuses("NotReady", "card.no_reader", () => read({ can: CAN })));
      for (const explodeAt of ["step", "cancelled"]) await refuses("Bug", "card.worker", () => read({ can: CAN }, { explodeAt }));
      assert.equal(await proof.isRead(), false);
    });

    test("a lost card is read on where it broke off and raises the account to level 2", async () => {
      const proof = await wallet.beginStepUp(now());
      const files = async (listener) => new Set((await listener.steps()).filter(({ step }) => step === "reading").map(({ file }) => file));
      const [first, second] = [await listening(), await listening()];
      const lost = { card: { at: 17, failure: "TagLost" } };
      await device.during(lost, () => refuses("TryCardAgain", "card.lost", async () => proof.read(await ports.reader(), { can: CAN }, first)));
      assert.equal(await proof.isRead(), false);
      await proof.read(await ports.reader(), { can: CAN }, second);
      assert.equal(await proof.isRead(), true);
      assert.deepEqual((await second.steps()).at(-1), { step: "finished" });
      // Of the data groups only the one that was cut may be begun in both goes: its beginning was kept.
      const [before, after] = [await files(first), await files(second)];
      const twice = [...before].filter((file) => after.has(file) && file.startsWith("DG"));
      assert.ok(before.size > 2 && after.size > 2 && twice.length <= 1, `${[...before]} then ${[...after]}`);
      assert.equal(await proof.finish(new TextEncoder().encode("capture"), now()), 2);
      const view = await wallet.showAccount(now());
      await wallet.lockAccount(now());
      assert.deepEqual((await wallet.showAccount(now())).locks, ["holder"]);
      await wallet.unlockAccount(now());
      assert.deepEqual([view.level, view.method, view.phones.map(({ name, state }) => [name, state])], [2, "chip+face", [[name, "active"]]]);
    });

    test("credentials are issued to keys of this device", async () => {
      const before = device.keys();
      for (const type of ["citizen", "health-insurance"]) {
        const obtained = await wallet.obtainCredential(type, null, null, now());
        assert.deepEqual(obtained.map(({ vct }) => vct), [`urn:vn:${type}:1`]);
      }
      assert.equal(device.keys(), before + 2);
      await refuses("NotReady", "issuance.bad_offer", () => wallet.obtainCredential("openid-credential-offer://?credential_offer=%7B%7D", null, null, now()));
      await refuses("NotReady", "credential.unknown_name", () => wallet.askConsent("driving", null, null, now()));
      const [held] = await wallet.credentials(now());
      assert.ok(held.issued_at < held.refresh_at && held.refresh_at < held.expires_at);
      const late = await wallet.credentials(held.expires_at + 1);
      assert.equal(late.find(({ id }) => id === held.id).warnings[0].warning, "expired");
      assert.deepEqual(await wallet.refreshCredentials(now()), []);
    });

    test("a guardian shows a child's card", async () => {
      const [obtained] = await wallet.obtainCredential("health-insurance", CHILD, null, now());
      const request = await wallet.askConsent("health-insurance", CHILD, null, now());
      assert.equal((await request.details()).needs_guardian, true);
      await refuses("NotReady", "present.guardian_needed", () => request.grant("by_biometrics", now()));
      await wallet.presentQr(await request.grantAsGuardian("by_device", now()), now());
      await wallet.deleteCredential(obtained.id, now());
      await refuses("NotReady", "credential.not_found", () => wallet.deleteCredential(obtained.id, now()));
    });

    test("a clinic's page accepts the code once and no other", async () => {
      const request = await wallet.askConsent("health-insurance", null, null, now());
      const details = await request.details();
      assert.equal(details.desk, null);
      assert.ok(details.disclosed.includes(75));
      await refuses("NotReady", "present.recognised", () => request.grant("by_guess", now()));
      await wallet.decline(request, now());
      assert.ok("declined" in (await wallet.history(null, 1))[0].event);

      const { root, trust, status } = nation.lists();
      const lists = await place.root("verifier")["new ProviderLists"](root, trust);
      for (const [name, token] of status) await lists.addStatus(name, token);
      const desk = await lists.open("Quầy 1", rfc3339(now()));
      const check = async (texts, seen = [], at = now()) => JSON.parse(await desk.check(texts, rfc3339(at), rfc3339(at), seen));
      const code = await show();
      const first = await check([code.text]);
      assert.deepEqual([first.answer.verdict, first.answer.claims.personal_number], ["accepted", NUMBER]);
      assert.deepEqual((await check([code.text], [first.noted.key])).answer.reasons, ["replayed"]);
      assert.deepEqual((await check([code.text], [], now() + 600)).answer.reasons, ["stale"]);
      const middle = code.text.length >> 1;
      const changed = code.text.slice(0, middle) + ((Number(code.text[middle]) + 1) % 10) + code.text.slice(middle + 1);
      assert.equal((await check([changed])).answer.verdict, "refused");

      const pictured = await (await request.withPortrait()).grant("by_device", now());
      const frames = await wallet.portraitFrames(pictured, now());
      assert.ok(frames.length > 0 && frames.every((frame) => frame.startsWith("7362")));
    });

    test("codes follow each other until the person is to be asked again, and are drawn of digits alone", async () => {
      const start = now();
      const consent = await agree(start);
      assert.equal(await consent.expiresAt(), start + 120);
      const codes = [];
      for (const later of [0, 10, 60]) codes.push(await wallet.presentQr(consent, start + later));
      assert.equal(new Set(codes.map(({ text }) => text)).size, 3);
      assert.deepEqual(codes.map(({ expires_at }) => expires_at - start), [10, 20, 70]);
      await refuses("NotReady", "present.consent_over", () => wallet.presentQr(consent, start + 121));
      await wallet.stopShowing();
      assert.match(await place.root("wallet").drawQr(codes[0].text), /^<svg /);
      await refuses("NotReady", "qr.not_digits", () => place.root("wallet").drawQr("7360a"));
      await refuses("NotReady", "qr.too_long", () => place.root("wallet").drawQr("7".repeat(10_000)));
    });

    test("a lost key, a locked device and a broken key store are told apart", async () => {
      for (const [fault, kind, code] of [["Lost", "DeviceKeyLost", "key.lost"], ["Locked", "UserCancelled", "key.locked"], ["UserCancelled", "UserCancelled", "key.cancelled"], [true, "Bug", "key.unavailable"]]) {
        await device.during({ sign: fault }, () => refuses(kind, code, () => show()));
      }
      await device.during({ open: "Lost" }, () => refuses("DeviceKeyLost", "key.lost", () => show()));
      const keys = device.keys();
      await device.during({ create: true }, () => refuses("Bug", "key.unavailable", () => wallet.obtainCredential("citizen", null, null, now())));
      assert.equal(device.keys(), keys);
      assert.ok((await show()).text.startsWith("7360"));
    });

    test("the history leaves nothing out", async () => {
      const number = await wallet.verifyHistory();
      const lines = await wallet.history(null, 1000);
      assert.deepEqual(lines.map(({ sequence }) => sequence), Array.from({ length: number }, (_, at) => number - at));
      assert.deepEqual((await wallet.history(number, 1)).map(({ sequence }) => sequence), [number - 1]);
      assert.equal((await wallet.exportHistory()).trim().split("\n").length, number);
    });

    test("what is saved opens again with everything in it, sealed, and an older copy does not", async () => {
      const early = await wallet.toSaved();
      await show();
      const saved = await wallet.toSaved();
      assert.ok(!Buffer.from(saved).includes(NUMBER) && !Buffer.from(saved).includes("urn:vn:"));
      const again = await opened(saved);
      assert.deepEqual(await again.credentials(now()), await wallet.credentials(now()));
      assert.equal(await again.verifyHistory(), await wallet.verifyHistory());
      await refuses("DeviceKeyLost", "store.rolled_back", () => opened(early));
      await refuses("DeviceKeyLost", "store.rolled_back", () => opened());
      await refuses("DeviceKeyLost", "store.secret_lost", () => opened(saved, { called: "nobody's" }));
      await refuses("Bug", "store.unavailable", () => opened(new TextEncoder().encode("no wallet at all, but long enough to be a page of one")));
      await device.during({ load: "UserCancelled" }, () => refuses("UserCancelled", "secret.cancelled", () => opened(saved)));
      await device.during({ load: true }, () => refuses("Bug", "secret.unavailable", () => opened(saved)));
    });

    test("no redirect is followed, no answer is read beyond its bound, and a busy server is waited for", async () => {
      const waits = await ports.waits();
      const other = await opened(null, { called: "other", waits });
      const at = (way, kind, code) => refuses(kind, code, () => other.openAccount(bad.at(way), applicant, now()));
      await at("redirect", "IssuerRefused", "network.redirected");
      assert.deepEqual([bad.asked("redirect"), bad.asked("elsewhere")], [1, 0]);
      await at("long", "IssuerRefused", "network.too_large");
      await at("announced", "IssuerRefused", "network.too_large");
      await at("cut", "NoNetwork", "network.interrupted");
      await at("busy", "NoNetwork", "server.refused");
      assert.equal(bad.asked("busy"), 3);
      assert.deepEqual(await waits.told(), [1, 1]);
      await refuses("NotReady", "account.bad_provider", () => other.openAccount("http://127.0.0.1", applicant, now()));
    });

    test("without network the account cannot be reached, and codes are shown all the same", async () => {
      await nation.stop();
      await refuses("NoNetwork", "network.unreachable", () => wallet.lockAccount(now()));
      assert.ok((await show()).text.startsWith("7360"));
    });
  });
}
