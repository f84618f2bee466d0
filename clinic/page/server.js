// With and without the desk's server: how it stands, what it has to learn, what is kept for when it goes.
import { api, ServerError, Unreachable } from "./api.js";
import { banner, clearBanner } from "./banners.js";
import { the } from "./dom.js";
import { now } from "./now.js";
import * as offline from "./offline.js";
import { sound } from "./sound.js";
import { clock, say } from "./words.js";

/** How often the server is asked how it is, in milliseconds: while it answers, and while it does not. */
const ASK = 15000;
const ASK_LOST = 3000;
/** How often the offline bundle is renewed, in milliseconds. */
const BUNDLE = 5 * 60_000;

/**
 * `onState()` after the server was asked, `onSynced(ids)` for checks that it knows from now on, `onQueue()` and `onDay()` where
 * those changed, `onLogin()` where the session is over.
 */
let on = null;
/** Found while syncing, until the clerk has seen it. */
let conflicts = [];
let timers = [];
let events = null;

/** Says what happens on news. */
export const listenWith = (handlers) => (on = handlers);

/** Asks from now on how the server is. */
export function watch() {
  unwatch();
  events = listen();
  const mine = (timers = []);
  // A round that was under way when the watch ended starts no other.
  const again = () => {
    if (mine === timers) mine[0] = setTimeout(() => refreshState().then(again), now.reachable ? ASK : ASK_LOST);
  };
  again();
  mine[1] = setInterval(() => now.reachable && renewBundle(), BUNDLE);
}

/** Asks no more. */
export function unwatch() {
  timers.forEach(clearTimeout);
  timers = [];
  events?.close();
  events = null;
}

/** Asks the server how it is, and tells it what it does not know yet. */
export async function refreshState() {
  const { session } = now;
  try {
    const state = await api.state();
    if (session !== now.session) return;
    now.state = state;
    if (!now.reachable) found();
    showNetwork();
    // What it does not take now it is offered at the next round.
    await offline.sync(synced);
  } catch (error) {
    if (session !== now.session) return;
    if (error instanceof Unreachable) lost();
    else if (error instanceof ServerError && error.status === 401) {
      on.onLogin();
      return;
    }
  }
  showNetwork();
  on.onState();
}

/** The server does not answer. */
export function lost() {
  now.reachable = false;
  showNetwork();
  refreshLost();
}

/** The server is back. */
function found() {
  now.reachable = true;
  clearBanner("offline");
  renewBundle();
  on.onQueue();
}

/** Says what this page goes on with, and how much waits to be told. */
export async function refreshLost() {
  const at = offline.dataAsOf();
  const waiting = await offline.waiting().catch(() => []);
  const count = waiting.length ? ` ${say("offline_waiting", { count: waiting.length })}` : "";
  if (now.reachable) return;
  banner("offline", "warn", (at ? say("offline_banner", { at: clock(at) }) : say("offline_no_data")) + count);
}

/** Says what the server learned, and where it knew better. */
function synced({ told, conflicts: more }) {
  banner("synced", "good", say("synced", { count: told.length }), 15000);
  on.onSynced(told);
  if (!more.length) return;
  conflicts.push(...more);
  const texts = conflicts.map(({ at, name, seen }) => say(seen === "again" ? "conflict_again" : "conflict_elsewhere", { at: clock(at), name }));
  const button = Object.assign(document.createElement("button"), { textContent: say("conflict_seen") });
  button.addEventListener("click", () => {
    conflicts = [];
    clearBanner("conflict");
  });
  banner("conflict", "bad", `${say("conflict_title")}: ${texts.join(" ")}`, 0, button);
  the("live").textContent = texts.join(" ");
  sound("bad");
}

/** Fetches what is needed to go on alone. */
export const renewBundle = () => offline.refreshBundle().catch(() => undefined);

/** The mark in the header, and whether the clock can be right. */
export function showNetwork() {
  const chip = the("network");
  // `online` is null where this desk fetches nothing: then nothing is known of the network.
  const said = !now.reachable ? "offline" : now.state?.online === false ? "nation_offline" : "online";
  chip.textContent = say(said);
  chip.dataset.look = said === "online" ? "good" : "warn";
  if (!now.reachable) return;
  if (now.state?.clock === "suspect") banner("clock", "bad", say("clock_banner"));
  else if (!now.check?.answer.reasons.includes("clock_suspect")) clearBanner("clock");
}

function listen() {
  const source = new EventSource("/api/events");
  source.onmessage = ({ data }) => {
    let kind = null;
    try {
      ({ kind } = JSON.parse(data));
    } catch {
      return;
    }
    if (kind === "queue") on.onQueue();
    if (kind === "check") on.onDay();
    if (kind === "state") refreshState().then(renewBundle);
  };
  source.onerror = () => setTimeout(() => source === events && refreshState(), 300);
  return source;
}
