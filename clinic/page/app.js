// The page: what was scanned, what is shown, and what the clerk does with it. Each thing it does is one function; the files
// beside it do the parts.
import { api, ServerError, Unreachable } from "./api.js";
import { banner } from "./banners.js";
import { Capture } from "./capture.js";
import { the } from "./dom.js";
import { showDay, showQueue } from "./lists.js";
import { TWICE, now } from "./now.js";
import * as offline from "./offline.js";
import { Wedge } from "./scan.js";
import { openSerial } from "./serial.js";
import { listenWith, lost, refreshLost, showNetwork } from "./server.js";
import { goOnAlone, logIn, logOut, openLogin, sessionsWith, start } from "./session.js";
import { sound, soundIsOn, toggleSound, wakeSound } from "./sound.js";
import { Question } from "./twoway.js";
import { comparable, judge, showCheck, showState } from "./verdict.js";
import { currentLanguage, say, speak } from "./words.js";

const question = new Question((check) => show(fromServer(check)));

// ---- scanning -------------------------------------------------------------------------------------------------

/** Paints the verdict, now and whenever the language changes. */
let draw = () => undefined;
function paint(how) {
  draw = how;
  draw();
}

const wedge = new Wedge({
  onStart: () => {
    // From here on nothing that the clerk does can be meant for whoever was shown before.
    now.aside = now.check ?? now.aside;
    now.check = null;
    openTab("scan");
    paint(() => showState("busy", say("receiving_title"), ""));
  },
  onCount: (count) => (the("advice").textContent = say("receiving_count", { count })),
  // Too short for a code, as a wristband's: whoever was shown comes back.
  onScan: (scan) => (scan ? submit(scan) : resume()),
});

/** Back to what stood there before a scan that was none. */
function resume() {
  const before = now.check ?? now.aside;
  if (before) showAgain(before);
  else if (now.deciding) showDeciding();
  else showNothing();
}

/** A new scan: nobody is shown any more, and no answer to an earlier one will be. Gives the scan's number. */
function looking() {
  Object.assign(now, { check: null, aside: null });
  now.turn += 1;
  openTab("scan");
  showDeciding();
  return now.turn;
}

const showDeciding = () => paint(() => showState("busy", say("deciding_title"), ""));

/** What the scanner, the camera, a paste or a drop brought. */
async function submit({ text, frames = null, milliseconds = 0, doubled = false, ended = performance.now() }) {
  if (!now.session) return;
  the("paste").close();
  if (text === now.deciding) {
    // It is being decided on: once more, it would count as used.
    showDeciding();
    sentTwice();
    return;
  }
  const again = text === now.last.text && ended - now.last.ended < TWICE;
  const before = now.check ?? now.aside;
  now.last = { text, ended };
  if (again && before?.text === text) {
    showAgain(before);
    sound(judge(before).look);
    sentTwice();
    return;
  }
  const turn = looking();
  now.deciding = text;
  const receivedAt = new Date(Date.now() - milliseconds);
  let check = null;
  try {
    check = await decide(text, milliseconds, receivedAt, frames);
  } catch (error) {
    failed(error, turn);
    return;
  } finally {
    if (now.deciding === text) now.deciding = null;
  }
  if (turn === now.turn) {
    if (check) show({ ...check, text });
    else showNoAnswer();
    if (check && doubled) sentTwice();
  }
  requestAnimationFrame(() => setTimeout(() => {
    if (check) performance.mark("sen-verdict", { detail: { since: ended } });
    if (check && !check.offline) offline.noteQuietly(text, receivedAt).catch(() => undefined);
  }));
}

const sentTwice = () => banner("twice", "good", say("scanned_twice"), 6000);

/** The server's answer, or this page's own where nobody answers; nothing where neither may be given. */
async function decide(text, milliseconds, receivedAt, frames) {
  // An answer that is lost on its way was given all the same: what is decided here instead bears the same name.
  let id = null;
  if (now.reachable) {
    id = crypto.randomUUID();
    try {
      return fromServer(await askServer(id, text, frames, milliseconds));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      lost();
    }
  }
  const check = await offline.checkHere(id, frames ?? [text], receivedAt, now.session?.clerk ?? null).catch(() => null);
  if (check) refreshLost();
  return check;
}

async function askServer(id, text, frames, milliseconds) {
  try {
    if (frames) return await api.checkFrames(id, frames);
  } catch (error) {
    // An older desk reads the presentation alone.
    if (error.status !== 404) throw error;
  }
  return api.check(id, text, milliseconds);
}

const fromServer = (kept) => ({ ...kept, face: kept.face ?? null, entitlement: kept.entitlement ?? null, queued: kept.queued ?? null, offline: false });

/** The server answered, but not with a verdict: nothing may look valid then. */
function failed(error, turn) {
  if (error instanceof ServerError && error.status === 401) return void openLogin();
  if (turn !== now.turn) return undefined;
  const said = { no_code: "picture_none", picture_unreadable: "picture_unreadable" }[error.code];
  paint(() => {
    showState("bad", say("refused"), said ? say(said) : say("server_failed", { code: error.code ?? "page" }));
    the("new-scan").hidden = false;
  });
  sound("bad");
  return undefined;
}

/** Neither the server nor this page can say anything. */
function showNoAnswer() {
  paint(() => {
    showState("warn", say("offline"), say("offline_no_data"));
    the("new-scan").hidden = false;
  });
  sound("bad");
}

function show(check) {
  question.close();
  the("live").textContent = showAgain({ ...check, lookup: now.state?.lookup });
  sound(judge(check).look);
  if (check.answer.reasons.includes("clock_suspect")) banner("clock", "bad", say("clock_banner"));
}

/** Puts a check on the screen, without a sound; gives what it says. */
function showAgain(check) {
  Object.assign(now, { check, aside: null });
  openTab("scan");
  let said = "";
  paint(() => (said = showCheck(check, actions)));
  return said;
}

function showNothing() {
  Object.assign(now, { check: null, aside: null });
  paint(() => showState("idle", say("idle_title"), say("idle_do"), now.state));
}

// ---- what the clerk does with a check ----------------------------------------------------------------------------

const actions = {
  undoFace: () => guarded(async () => {
    const check = now.check;
    if (!check) return;
    if (check.offline) await offline.keepFace(check.id, null);
    else await api.withdrawFace(check.id);
    check.face = null;
    if (now.check !== check) return;
    draw();
    the("matches").focus();
  }),
  enqueue: () => guarded(async () => {
    const check = now.check;
    if (!check) return;
    const { entry } = await api.enqueue(check.id);
    check.queued = entry;
    refreshQueue();
    if (now.check !== check) return;
    draw();
    the("live").textContent = say("queued", { number: entry.number });
  }),
  lookUp: () => guarded(async () => {
    const check = now.check;
    if (!check) return;
    check.entitlement = { result: "asking" };
    draw();
    check.entitlement = await api.entitlement(check.id).catch(() => ({ result: "unreachable" }));
    if (now.check === check) draw();
  }),
  copyLines: () => guarded(async () => {
    if (!now.check) return;
    await navigator.clipboard.writeText(await api.lines(now.check.id));
    banner("copied", "good", say("copied"), 5000);
  }),
};

function recordFace(result) {
  const check = now.check;
  if (!check || !comparable(check) || check.face || check.comparing) return;
  check.comparing = true;
  guarded(async () => {
    try {
      const alone = { result, clerk: now.session.clerk, at: new Date().toISOString() };
      if (check.offline) await offline.keepFace(check.id, alone);
      check.face = check.offline ? alone : (await api.face(check.id, result)).face;
      // The server took whoever shows another face out of the queue.
      if (result === "differs") check.queued = null;
    } finally {
      check.comparing = false;
    }
    // Another patient is on the screen by now.
    if (now.check !== check) return;
    the("live").textContent = showAgain(check);
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

// ---- the lists --------------------------------------------------------------------------------------------------------

async function refreshQueue() {
  const { entries } = await api.queue().catch(() => ({ entries: null }));
  if (!entries || !now.session) return;
  showQueue(entries, (id, state) => guarded(async () => {
    await api.moveInQueue(id, state);
    await refreshQueue();
  }));
}

async function refreshDay() {
  const empty = { date: new Date().toLocaleDateString("sv-SE"), checks: [] };
  const [day, mine] = [await api.day().catch(() => empty), await offline.waiting().catch(() => [])];
  if (now.session) showDay(day, mine);
}

// ---- the page itself ------------------------------------------------------------------------------------------------

function openTab(tab) {
  now.tab = tab;
  for (const name of ["scan", "queue", "day"]) {
    the(name).hidden = name !== tab;
    if (name === tab) the(`tab-${name}`).setAttribute("aria-current", "page");
    else the(`tab-${name}`).removeAttribute("aria-current");
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
  draw();
  showNetwork();
  if (!now.reachable) refreshLost();
  if (now.tab !== "scan") openTab(now.tab);
  refreshQueue();
}

sessionsWith({
  onOpen: () => {
    openTab("scan");
    showNothing();
    translate();
  },
  onClosed: () => {
    question.close();
    the("paste").close();
    capture.closeCamera();
    showNothing();
    translate();
  },
});

listenWith({
  onState: () => the("verdict").dataset.look === "idle" && draw(),
  onSynced: (ids) => {
    // From now on the server knows these checks by the same names.
    for (const check of [now.check, now.aside]) if (check && ids.includes(check.id)) check.offline = false;
    if (ids.includes(now.check?.id)) draw();
    if (now.tab === "day") refreshDay();
  },
  onQueue: refreshQueue,
  onDay: () => now.tab === "day" && refreshDay(),
  onLogin: openLogin,
});

const capture = new Capture({
  wanted: () => now.session !== null,
  onCode: submit,
  // What the camera sees all the time since a moment ago is no new scan.
  isOld: (text) => {
    const old = text === now.last.text && performance.now() - now.last.ended < TWICE;
    if (old) now.last.ended = performance.now();
    return old;
  },
  turn: () => now.turn,
  onLooking: looking,
  onCheck: (check, turn) => turn === now.turn && show(fromServer(check)),
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
  enqueue: () => now.check && the("enqueue")?.click(),
  twoway: () => question.ask(),
  "twoway-again": () => question.ask(),
  "twoway-close": () => question.close(),
  camera: () => capture.openCamera(),
  "camera-stop": () => capture.closeCamera(),
  picture: () => the("picture-file").click(),
  paste: () => the("paste").showModal(),
  "paste-close": () => the("paste").close(),
  serial: () =>
    openSerial({ onScan: submit, onClosed: () => banner("serial", "bad", say("serial_closed"), 0) }).then(
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
// The event comes late: by then another question may stand there.
the("twoway").addEventListener("close", () => the("twoway").open || question.close());
the("login-form").addEventListener("submit", logIn);
the("login-offline").addEventListener("click", goOnAlone);

// ---- start ---------------------------------------------------------------------------------------------------------

speak(localStorage.getItem("language") ?? "vi");
translate();
navigator.serviceWorker?.register("/assets/sw.js", { scope: "/", updateViaCache: "none" }).catch(() => undefined);
await start();
