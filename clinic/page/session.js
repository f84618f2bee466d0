// Who works at the desk: logging in and out, with and without the server.
import { api, Unreachable } from "./api.js";
import { the } from "./dom.js";
import { forgetPatient, now } from "./now.js";
import * as offline from "./offline.js";
import { serialIsThere } from "./serial.js";
import { lost, refreshState, renewBundle, unwatch, watch } from "./server.js";
import { store } from "./store.js";
import { say } from "./words.js";

/** How long a page may go on alone after the last login, in milliseconds: as long as the session. */
const ALONE = 12 * 3600_000;
/** Set from the click on "log out" until the server has ended the session: the cookie is not the page's to take away. */
const LEAVING = "logging-out";

/** `onOpen()` when the desk is on the screen, `onClosed()` when it is gone. */
let on = null;

/** Says what happens then. */
export const sessionsWith = (handlers) => (on = handlers);

/** Shows the desk to whoever is logged in, else the login. */
export async function start() {
  try {
    if (localStorage.getItem(LEAVING)) await leave();
    await openDesk(await api.session(), false);
  } catch (error) {
    await openLogin(error instanceof Unreachable);
  }
}

/** The desk for a session; `alone` where the server does not answer. */
async function openDesk(session, alone) {
  now.session = session;
  the("login").hidden = true;
  the("desk").hidden = false;
  the("desk-name").textContent = session.desk ?? "";
  the("clerk-name").textContent = session.clerk ?? "";
  the("serial").hidden = !serialIsThere();
  on.onOpen();
  await offline.openKept().catch(() => undefined);
  if (now.session !== session) return;
  if (alone) lost();
  else {
    await store.keep("session", { ...session, until: Date.now() + ALONE }).catch(() => undefined);
    await refreshState();
    renewBundle();
  }
  if (now.session === session) watch();
}

/** The login, and nothing of anybody any more. */
export async function openLogin(lostServer = false) {
  now.session = null;
  forgetPatient();
  unwatch();
  the("desk").hidden = true;
  the("login").hidden = false;
  the("login-error").textContent = lostServer ? say("login_unreachable") : "";
  on.onClosed();
  for (const id of ["person", "reasons", "advice", "queue", "day", "live"]) the(id).replaceChildren();
  const kept = lostServer ? await store.kept("session").catch(() => null) : null;
  the("login-offline").hidden = !(kept && kept.until > Date.now());
  (lostServer ? the("login-offline") : the("login-password")).focus();
}

/** Goes on with who logged in last, where the server does not answer. */
export async function goOnAlone() {
  const kept = await store.kept("session").catch(() => null);
  if (kept && kept.until > Date.now()) await openDesk(kept, true);
}

/** The form's answer to a password. */
export async function logIn(event) {
  event.preventDefault();
  const password = the("login-password");
  try {
    if (localStorage.getItem(LEAVING)) await leave();
    await api.logIn(password.value, the("login-clerk").value, the("login-desk").value);
    password.value = "";
    await openDesk(await api.session(), false);
  } catch (error) {
    const wait = error.status === 429 ? say("login_wait", { seconds: error.retryAfter || 10 }) : say("login_wrong");
    the("login-error").textContent = error instanceof Unreachable ? say("login_unreachable") : wait;
    password.select();
  }
}

/** Ends the session; where the server does not hear of it now, it is told before anything else is asked of it. */
export async function logOut() {
  localStorage.setItem(LEAVING, "1");
  await store.forget("session").catch(() => undefined);
  await Promise.all([openLogin(), leave().catch(() => undefined)]);
}

/** Throws where the server could not be told; nobody being logged in is as good. */
async function leave() {
  try {
    await api.logOut();
  } catch (error) {
    if (error.status !== 401) throw error;
  }
  localStorage.removeItem(LEAVING);
}
