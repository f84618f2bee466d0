// Checking without the desk's server: the same verifier as on the server, as WebAssembly, over the bundle that the server
// handed out while it was there.
import { api } from "./api.js";
import { store } from "./store.js";

/** So many checks are told to the server at once: it takes no more than 500, and no more than a megabyte. */
const AT_ONCE = 250;
/** Sightings are kept this much longer than asked, in milliseconds, lest a clock that jumps ahead empties the list. */
const GRACE = 3600_000;

let verifier = null;
let desk = null;
let bundleAt = null;
let version = null;

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

/** Fetches what other counters have seen, and a fresh bundle where there is one, and keeps both; forgets old sightings. */
export async function refreshBundle() {
  const { entries } = await api.seenRecently();
  await store.putSeen(entries);
  await store.purgeSeen(Date.now() - GRACE);
  const fresh = await api.offlineBundle(desk ? version : null);
  if (!fresh) return;
  const json = JSON.stringify(fresh.content);
  await openDesk(json, fresh.content.as_of);
  version = fresh.version;
  await store.keep("bundle", { json, asOf: fresh.content.as_of });
}

/** Opens what was kept before. */
export async function openKept() {
  const kept = await store.kept("bundle");
  if (kept) await openDesk(kept.json, kept.asOf);
}

const knownKeys = async () => (await store.seen()).map((entry) => entry.key);

function ask(texts, receivedAt, keys) {
  return JSON.parse(desk.check(texts, receivedAt.toISOString(), new Date().toISOString(), keys));
}

/** After the server's answer: remembers the code here too, so that it is known when the server goes the next moment. */
export async function noteQuietly(text, receivedAt) {
  if (!desk) return;
  const { noted } = ask([text], receivedAt, []);
  if (noted) await store.putSeen([{ key: noted.key, keep_until: noted.keep_until }]);
}

/**
 * A check by this page alone; null where it has no data. What must be remembered is on the disk before this returns. `id` is its
 * name where the server was asked by that and did not answer; null where it was not asked.
 */
export async function checkHere(id, texts, receivedAt, clerk) {
  if (!desk) return null;
  const first = ask(texts, receivedAt, await knownKeys());
  try {
    return await remember(id, first, receivedAt, clerk);
  } catch (error) {
    // Another tab was quicker with this code.
    if (!first.noted) throw error;
    return remember(id, ask(texts, receivedAt, [first.noted.key]), receivedAt, clerk);
  }
}

async function remember(given, { answer, noted, portrait }, receivedAt, clerk) {
  const at = receivedAt.toISOString();
  const check = { id: given ?? `offline-${crypto.randomUUID()}`, answer, at, keep_until: noted?.keep_until ?? at, key: noted?.key ?? null, credential: noted?.credential ?? null, clerk, face: null };
  await store.addCheck(check, noted && { key: noted.key, keep_until: noted.keep_until });
  return { ...shown(check), portrait: portrait ?? null };
}

const shown = ({ id, answer, at, clerk, face }) => ({ id, answer, at, clerk, face, portrait: null, offline: true });

/** Checks that the server does not know of yet, newest first. */
export const waiting = async () => (await store.waiting()).sort((a, b) => (a.at < b.at ? 1 : -1)).map(shown);

/** The clerk's comparison, kept until the server can have it; null takes it back. */
export async function keepFace(id, face) {
  const check = (await store.waiting()).find((one) => one.id === id);
  if (check) await store.putWaiting({ ...check, face });
}

let syncing = null;

/**
 * Tells the server of what was checked without it. `onTold({told, conflicts})` says which checks it knows now and where it knew
 * better, before this page forgets them. Throws where the server takes none; what is left waits for the next time.
 */
export function sync(onTold) {
  syncing ??= tellAll(onTold).finally(() => (syncing = null));
  return syncing;
}

async function tellAll(onTold) {
  const checks = await store.waiting();
  for (let at = 0; at < checks.length; at += AT_ONCE) await tell(checks.slice(at, at + AT_ONCE), onTold);
}

async function tell(checks, onTold) {
  const { results } = await api.seen(checks);
  const of = new Map(results.map((result) => [result.id, result]));
  const told = checks.filter(({ id }) => of.has(id));
  const conflicts = told.filter(({ id }) => ["again", "elsewhere"].includes(of.get(id).seen));
  onTold({
    told: told.map(({ id }) => id),
    conflicts: conflicts.map(({ id, at, answer }) => ({ at, name: answer.claims?.name ?? "", seen: of.get(id).seen })),
  });
  // What the clerk recorded while this was on its way follows it, and what was taken back after an answer that was lost.
  const left = new Map((await store.waiting()).map((check) => [check.id, check]));
  for (const { id } of told) {
    const [mine, kept] = [left.get(id)?.face ?? null, of.get(id).face];
    if (mine?.result !== kept?.result) await (mine ? api.face(id, mine.result) : api.withdrawFace(id));
  }
  await store.dropWaiting(told.map(({ id }) => id));
}
