// Checking without the desk's server: the same verifier as on the server, as WebAssembly, over the bundle that the server
// handed out while it was there.
import { api } from "./api.js";
import { store } from "./store.js";

/** Sightings are kept this much longer than asked, in milliseconds, lest a clock that jumps ahead empties the list. */
const GRACE = 3600_000;

let verifier = null;
let desk = null;
let bundleAt = null;

/** When the data were handed out; null where there are none. */
export const dataAsOf = () => bundleAt;

/** Loads the verifier once; without it there is no checking offline. */
async function loadVerifier() {
  verifier ??= import("/assets/web/sen_verifier.js").then(async (module) => {
    await module.default({ module_or_path: "/assets/web/sen_verifier_bg.wasm" });
    return module;
  });
  return verifier.catch((error) => {
    verifier = null;
    throw error;
  });
}

async function openDesk(json, asOf) {
  const { OfflineDesk } = await loadVerifier();
  const next = new OfflineDesk(json);
  desk?.free?.();
  [desk, bundleAt] = [next, asOf];
}

/** Fetches a fresh bundle and keeps it. */
export async function refreshBundle() {
  const bundle = await api.offlineBundle();
  const json = JSON.stringify(bundle);
  await openDesk(json, bundle.as_of);
  await store.keep("bundle", { json, asOf: bundle.as_of });
}

/** Opens what was kept before. */
export async function openKept() {
  const kept = await store.kept("bundle");
  if (kept) await openDesk(kept.json, kept.asOf);
}

async function knownKeys() {
  const entries = await store.seen();
  const over = Date.now() - GRACE;
  await Promise.all(entries.filter((entry) => !entry.pending && Date.parse(entry.keep_until) < over).map((entry) => store.dropSeen(entry.key)));
  return entries.map((entry) => entry.key);
}

function ask(text, receivedAt, keys) {
  return JSON.parse(desk.check(text, receivedAt.toISOString(), new Date().toISOString(), keys));
}

/** After the server's answer: remembers the code here too, so that it is known when the server goes the next moment. */
export async function noteQuietly(text, receivedAt) {
  if (!desk) return;
  const { noted } = ask(text, receivedAt, []);
  if (noted) await store.putSeen({ ...noted, pending: false });
}

/** A check by this page alone; null where it has no data. What must be remembered is on the disk before this returns. */
export async function checkHere(text, receivedAt) {
  if (!desk) return null;
  const id = `offline-${crypto.randomUUID()}`;
  let { answer, noted } = ask(text, receivedAt, await knownKeys());
  if (noted) {
    const entry = { ...noted, id, at: receivedAt.toISOString(), verdict: answer.verdict, reasons: answer.reasons, pending: true };
    try {
      await store.addSeen(entry);
    } catch {
      ({ answer } = ask(text, receivedAt, [noted.key]));
    }
  }
  return { id, answer, portrait: null, offline: true, at: receivedAt };
}

/** Checks that the server does not know of yet. */
export async function waiting() {
  return (await store.seen()).filter((entry) => entry.pending);
}

/** Tells the server of them: how many, and where it knew better. */
export async function sync() {
  const entries = await waiting();
  if (entries.length === 0) return { count: 0, conflicts: [] };
  const told = entries.map(({ id, key, credential, keep_until, at, verdict, reasons }) => ({ id, key, credential, keep_until, at, verdict, reasons }));
  const { results } = await api.seen(told);
  const of = new Map(results.map((result) => [result.key, result.seen]));
  const conflicts = [];
  for (const entry of entries) {
    const seen = of.get(entry.key);
    if (!seen) continue;
    if (seen !== "first") conflicts.push({ at: entry.at, seen, id: entry.id });
    await store.putSeen({ ...entry, pending: false });
  }
  return { count: entries.length, conflicts };
}
