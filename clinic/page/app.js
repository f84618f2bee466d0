// The page: who is logged in, what was scanned, what is shown. Each thing it does is one function; the files beside it do
// the parts.
import { api, ServerError, Unreachable } from "./api.js";
import { Capture } from "./capture.js";
import { the } from "./dom.js";
import { banner, clearBanner } from "./banners.js";
import { showDay, showQueue } from "./lists.js";
import * as offline from "./offline.js";
import { openSerial, serialIsThere } from "./serial.js";
import { Wedge } from "./scan.js";
import { sound, soundIsOn, toggleSound, wakeSound } from "./sound.js";
import { store } from "./store.js";
import { Question } from "./twoway.js";
import { comparable, judge, showCheck, showState } from "./verdict.js";
import { clock, currentLanguage, say, speak } from "./words.js";

/** A scanner that sends one code twice does so within this time, in milliseconds. */
const TWICE = 2500;
/** How often the server is asked how it is, in milliseconds: while it answers, and while it does not. */
const ASK = 15000;
const ASK_LOST = 3000;
/** How often the offline bundle is renewed, in milliseconds. */
const BUNDLE = 5 * 60_000;
/** How long a page may go on alone after the last login, in milliseconds: as long as the session. */
const ALONE = 12 * 3600_000;

const now = { session: null, state: null, reachable: true, tab: "scan", check: null, last: { text: "", ended: -TWICE } };
const question = new Question((check) => show(fromServer(check)));

// ---- scanning -------------------------------------------------------------------------------------------------

const wedge = new Wedge({
  onStart: () => {
    openTab("scan");
    showState("busy", say("receiving_title"), "");
  },
  onCount: (count) => (the("advice").textContent = say("receiving_count", { count })),
  onScan: (scan) => (scan ? submit(scan) : showNothing()),
});

/** What the scanner, the camera, a paste or a drop brought. */
async function submit({ text, frames = null, milliseconds = 0, doubled = false, ended = performance.now() }) {
  if (!now.session) return;
  const again = text === now.last.text && ended - now.last.ended < TWICE;
  now.last = { text, ended };
  if (again && now.check) return twice();
  the("paste").close();
  openTab("scan");
  showState("busy", say("deciding_title"), "");
  const receivedAt = new Date(Date.now() - milliseconds);
  const check = await decide(text, milliseconds, receivedAt, frames);
  if (!check) return;
  show(check);
  if (doubled) banner("twice", "good", say("scanned_twice"), 6000);
  requestAnimationFrame(() => setTimeout(() => performance.mark("sen-verdict", { detail: { since: ended } })));
}

function twice() {
  show(now.check);
  banner("twice", "good", say("scanned_twice"), 6000);
}

/** The server's answer, or this page's own where nobody answers; nothing where neither may be given. */
async function decide(text, milliseconds, receivedAt, frames) {
  if (now.reachable) {
    try {
      const check = fromServer(await askServer(text, frames, milliseconds));
      offline.noteQuietly(text, receivedAt).catch(() => undefined);
      return check;
    } catch (error) {
      if (!(error instanceof Unreachable)) return failed(error);
      lost();
    }
  }
  const check = await offline.checkHere(frames ?? [text], receivedAt).catch(() => null);
  if (!check) {
    showState("idle", say("offline"), say("offline_no_data"));
    sound("bad");
    return null;
  }
  refreshLost();
  return check;
}

async function askServer(text, frames, milliseconds) {
  try {
    if (frames) return await api.checkFrames(frames);
  } catch (error) {
    // An older desk reads the presentation alone.
    if (error.status !== 404) throw error;
  }
  return api.check(text, milliseconds);
}

const fromServer = (kept) => ({ ...kept, face: kept.face ?? null, entitlement: kept.entitlement ?? null, queued: kept.queued ?? null, offline: false });

/** The server answered, but not with a verdict: nothing may look valid then. */
function failed(error) {
  if (error instanceof ServerError && error.status === 401) return openLogin();
  const said = { no_code_in_picture: "picture_none", no_code: "picture_none", picture_unreadable: "picture_unreadable" }[error.code];
  showState("bad", say("refused"), said ? say(said) : say("server_failed", { code: error.code ?? "page" }));
  the("new-scan").hidden = false;
  sound("bad");
  return null;
}

function show(check) {
  now.check = { ...check, lookup: now.state?.lookup };
  question.close();
  openTab("scan");
  const said = showCheck(now.check, actions);
  the("live").textContent = said;
  sound(judge(now.check).look);
  if (check.answer.reasons.includes("clock_suspect")) banner("clock", "bad", say("clock_banner"));
}

const redraw = () => (now.check ? void showCheck(now.check, actions) : showNothing());

function showNothing() {
  now.check = null;
  showState("idle", say("idle_title"), say("idle_do"), now.state);
}

// ---- what the clerk does with a check ----------------------------------------------------------------------------

const actions = {
  undoFace: () => {
    now.check.face = null;
    redraw();
    the("matches").focus();
  },
  enqueue: () => guarded(async () => {
    const check = now.check;
    const { entry } = await api.enqueue(check.id);
    check.queued = entry;
    redraw();
    the("live").textContent = say("queued", { number: entry.number });
    refreshQueue();
  }),
  lookUp: () => guarded(async () => {
    const check = now.check;
    check.entitlement = { result: "asking" };
    redraw();
    check.entitlement = await api.entitlement(check.id).catch(() => ({ result: "unreachable" }));
    if (now.check === check) redraw();
  }),
  copyLines: () => guarded(async () => {
    await navigator.clipboard.writeText(await api.lines(now.check.id));
    banner("copied", "good", say("copied"), 5000);
  }),
};

function recordFace(result) {
  const check = now.check;
  if (!check || !comparable(check) || check.face) return;
  guarded(async () => {
    const alone = { result, clerk: now.session.clerk, at: new Date().toISOString() };
    if (check.offline) await offline.keepFace(check.id, alone);
    check.face = check.offline ? alone : (await api.face(check.id, result)).face;
    const said = showCheck(check, actions);
    the("live").textContent = said;
    sound(judge(check).look);
    the("new-scan").focus();
  });
}

/** Does something with the server and says what went wrong. */
async function guarded(work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof Unreachable) lost();
    else if (error instanceof ServerError && error.status === 401) openLogin();
    else banner("failed", "bad", say("server_failed", { code: error.code ?? "page" }), 8000);
  }
}

// ---- with and without the server ----------------------------------------------------------------------------------

async function refreshState() {
  try {
    now.state = await api.state();
    if (!now.reachable) await found();
    now.reachable = true;
  } catch (error) {
    if (error instanceof Unreachable) lost();
    else if (error.status === 401) return openLogin();
  }
  showNetwork();
  if (!now.check && the("verdict").dataset.look === "idle") showNothing();
  return undefined;
}

function lost() {
  now.reachable = false;
  showNetwork();
  refreshLost();
}

async function refreshLost() {
  const at = offline.dataAsOf();
  const waiting = await offline.waiting().catch(() => []);
  const count = waiting.length ? ` ${say("offline_waiting", { count: waiting.length })}` : "";
  if (now.reachable) return;
  banner("offline", "warn", (at ? say("offline_banner", { at: clock(at) }) : say("offline_no_data")) + count);
}

/** The server is back: it learns what was checked without it. */
async function found() {
  clearBanner("offline");
  now.reachable = true;
  await syncNow();
  await renewBundle();
  refreshQueue();
}

async function syncNow() {
  const { told, conflicts } = await offline.sync();
  if (told.length) {
    banner("synced", "good", say("synced", { count: told.length }), 15000);
    // From now on the server knows these checks by the same names.
    if (told.includes(now.check?.id)) now.check.offline = false;
    redraw();
  }
  if (conflicts.length) {
    const texts = conflicts.map(({ at, name, seen }) => say(seen === "again" ? "conflict_again" : "conflict_elsewhere", { at: clock(at), name }));
    const button = Object.assign(document.createElement("button"), { textContent: say("conflict_seen") });
    button.addEventListener("click", () => clearBanner("conflict"));
    banner("conflict", "bad", `${say("conflict_title")}: ${texts.join(" ")}`, 0, button);
    the("live").textContent = texts.join(" ");
    sound("bad");
  }
}

const renewBundle = () => offline.refreshBundle().catch(() => undefined);

function showNetwork() {
  const chip = the("network");
  const said = !now.reachable ? "offline" : now.state && !now.state.online ? "nation_offline" : "online";
  chip.textContent = say(said);
  chip.dataset.look = said === "online" ? "good" : "warn";
  if (now.state?.clock === "suspect") banner("clock", "bad", say("clock_banner"));
  else clearBanner("clock");
}

function listen() {
  const events = new EventSource("/api/events");
  events.onmessage = ({ data }) => {
    let kind = null;
    try {
      ({ kind } = JSON.parse(data));
    } catch {
      return;
    }
    if (kind === "queue") refreshQueue();
    if (kind === "check" && now.tab === "day") refreshDay();
    if (kind === "state") refreshState().then(renewBundle);
  };
  events.onerror = () => setTimeout(refreshState, 300);
  return events;
}

async function refreshQueue() {
  const { entries } = await api.queue().catch(() => ({ entries: null }));
  if (entries) showQueue(entries, (id, state) => guarded(async () => {
    await api.moveInQueue(id, state);
    await refreshQueue();
  }));
}

async function refreshDay() {
  const empty = { date: new Date().toLocaleDateString("sv-SE"), checks: [] };
  showDay(await api.day().catch(() => empty), await offline.waiting().catch(() => []));
}

// ---- the page itself ------------------------------------------------------------------------------------------------

function openTab(tab) {
  now.tab = tab;
  for (const name of ["scan", "queue", "day"]) {
    the(name).hidden = name !== tab;
    the(`tab-${name}`).setAttribute("aria-selected", String(name === tab));
  }
  if (tab === "queue") refreshQueue();
  if (tab === "day") refreshDay();
}

function translate() {
  document.title = say("app");
  document.querySelectorAll("[data-say]").forEach((element) => (element.textContent = say(element.dataset.say)));
  the("sound").textContent = say(soundIsOn() ? "sound_on" : "sound_off");
  the("twoway-code").alt = say("twoway_alt");
  if (!now.session) return;
  redraw();
  showNetwork();
  if (!now.reachable) refreshLost();
  if (now.tab !== "scan") openTab(now.tab);
  refreshQueue();
}

let timers = [];
let events = null;

/** The desk for a session; `alone` where the server does not answer. */
async function openDesk(session, alone) {
  now.session = session;
  the("login").hidden = true;
  the("desk").hidden = false;
  the("desk-name").textContent = session.desk ?? "";
  the("clerk-name").textContent = session.clerk ?? "";
  the("serial").hidden = !serialIsThere();
  openTab("scan");
  translate();
  await offline.openKept().catch(() => undefined);
  if (alone) lost();
  else {
    await store.keep("session", { ...session, until: Date.now() + ALONE }).catch(() => undefined);
    await refreshState();
    syncNow().catch(() => undefined);
    renewBundle();
  }
  events ??= listen();
  const again = () => (timers[0] = setTimeout(() => refreshState().then(again), now.reachable ? ASK : ASK_LOST));
  timers.forEach(clearTimeout);
  again();
  timers[1] = setInterval(() => now.reachable && renewBundle(), BUNDLE);
}

async function openLogin(lostServer = false) {
  Object.assign(now, { session: null, check: null });
  timers.forEach(clearTimeout);
  events?.close();
  events = null;
  capture.closeCamera();
  the("desk").hidden = true;
  the("login").hidden = false;
  the("login-error").textContent = lostServer ? say("login_unreachable") : "";
  translate();
  const kept = lostServer ? await store.kept("session").catch(() => null) : null;
  the("login-offline").hidden = !(kept && kept.until > Date.now());
  (lostServer ? the("login-offline") : the("login-password")).focus();
  return null;
}

async function logIn(event) {
  event.preventDefault();
  const password = the("login-password");
  try {
    await api.logIn(password.value, the("login-clerk").value, the("login-desk").value);
    password.value = "";
    await openDesk(await api.session(), false);
  } catch (error) {
    const wait = error.status === 429 ? say("login_wait", { seconds: error.retryAfter || 10 }) : say("login_wrong");
    the("login-error").textContent = error instanceof Unreachable ? say("login_unreachable") : wait;
    password.select();
  }
}

async function logOut() {
  await api.logOut().catch(() => undefined);
  await store.forget("session").catch(() => undefined);
  openLogin();
}

const capture = new Capture({
  wanted: () => now.session !== null,
  onCode: submit,
  // The same text as a moment ago is no new scan.
  isOld: (text) => {
    if (text === now.last.text) now.last.ended = performance.now();
    return text === now.last.text;
  },
  onLooking: () => {
    openTab("scan");
    showState("busy", say("deciding_title"), "");
  },
  onCheck: (check) => show(fromServer(check)),
  onFailure: failed,
});

const does = {
  language: () => {
    speak(currentLanguage() === "vi" ? "en" : "vi");
    localStorage.setItem("language", currentLanguage());
    translate();
  },
  sound: () => {
    toggleSound();
    translate();
  },
  logout: logOut,
  next: () => {
    openTab("scan");
    showNothing();
  },
  matches: () => recordFace("matches"),
  differs: () => recordFace("differs"),
  enqueue: () => the("enqueue")?.click(),
  twoway: () => question.ask(),
  "twoway-again": () => question.ask(),
  "twoway-close": () => question.close(),
  camera: () => capture.openCamera(),
  "camera-stop": () => capture.closeCamera(),
  picture: () => the("picture-file").click(),
  paste: () => the("paste").showModal(),
  "paste-close": () => the("paste").close(),
  serial: () =>
    openSerial((text) => submit({ text })).then(
      () => banner("serial", "good", say("serial_open"), 6000),
      () => banner("serial", "bad", say("serial_failed"), 6000)),
};

const KEYS = { F2: "next", F4: "twoway", F8: "matches", F9: "differs", F10: "enqueue" };

addEventListener("keydown", (event) => {
  wakeSound();
  if (!now.session) return;
  const key = KEYS[event.code];
  if (key && !event.ctrlKey && !event.altKey && !event.metaKey) {
    event.preventDefault();
    if (!event.repeat) does[key]();
    return;
  }
  wedge.take(event);
}, true);

addEventListener("click", (event) => {
  wakeSound();
  const { action, tab } = event.target.closest?.("[data-action], [data-tab]")?.dataset ?? {};
  if (action) does[action]();
  if (tab) openTab(tab);
});

the("paste-form").addEventListener("submit", () => {
  const text = the("paste-text").value.trim();
  the("paste-text").value = "";
  if (text) submit({ text });
});
the("twoway").addEventListener("close", () => question.close());
the("login-form").addEventListener("submit", logIn);
the("login-offline").addEventListener("click", async () => openDesk(await store.kept("session"), true));

// ---- start ---------------------------------------------------------------------------------------------------------

speak(localStorage.getItem("language") ?? "vi");
translate();
navigator.serviceWorker?.register("/assets/sw.js", { scope: "/", updateViaCache: "none" }).catch(() => undefined);
try {
  await openDesk(await api.session(), false);
} catch (error) {
  await openLogin(error instanceof Unreachable);
}
