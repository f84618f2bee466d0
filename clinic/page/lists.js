// The queue and the day's checks.
import { the, make } from "./dom.js";
import { clock, day, say } from "./words.js";

const LOOKS = { accepted: "good", unsure: "warn", refused: "bad" };
const STEPS = { waiting: ["called", "left"], called: ["done", "left", "waiting"], done: ["waiting"], left: ["waiting"] };
const STEP_WORDS = { called: "call", done: "done", left: "left", waiting: "back_to_waiting" };

const head = (...words) => make("thead", {}, make("tr", {}, ...words.map((word) => make("th", { scope: "col" }, word))));
/** On a narrow screen it is scrolled by keys too. */
const table = (label, heads, rows) => make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, make("table", { "aria-label": label }, head(...heads), make("tbody", {}, ...rows)));

/** Shows the queue; `move(id, state)` is what a button does. */
export function showQueue(entries, move) {
  const open = entries.filter(({ state }) => state === "waiting" || state === "called").length;
  the("queue-count").textContent = open || "";
  const rows = entries.map(({ id, number, name, state, at }) =>
    make("tr", { class: state === "done" || state === "left" ? "over" : "" },
      make("td", { class: "number" }, String(number)),
      make("td", { class: "name" }, name ?? ""),
      make("td", {}, make("span", { class: "tag", look: state === "called" ? "good" : null }, say(`state_${state}`))),
      make("td", {}, clock(at)),
      make("td", {}, make("div", { class: "row" }, ...STEPS[state].map((to) =>
        make("button", { "data-to": to, "aria-label": `${say(STEP_WORDS[to])}: ${number} ${name ?? ""}`, onclick: () => move(id, to) }, say(STEP_WORDS[to])))))));
  const heads = [say("queue_number"), say("name"), say("queue_state"), say("queue_since"), ""];
  heads[4] = make("span", { class: "unseen" }, say("what_to_do"));
  const title = make("h1", { class: "unseen" }, say("tab_queue"));
  the("queue").replaceChildren(title, rows.length ? table(say("tab_queue"), heads, rows) : make("p", { class: "empty" }, say("queue_empty")));
}

/** Shows the day; `mine` are checks that were made offline and are known to this page alone. */
export function showDay({ date, checks }, mine) {
  const rows = [...mine.map(offlineRow), ...checks].map((check) => row(check));
  const heads = ["day_time", "day_verdict", "name", "day_insurance", "day_face", "entitlement", "day_clerk"].map((key) => say(key));
  the("day").replaceChildren(
    make("h1", {}, `${say("day_of")} ${day(date)}`),
    rows.length ? table(say("tab_day"), heads, rows) : make("p", { class: "empty" }, say("day_empty")));
}

function offlineRow({ answer, at, clerk, face }) {
  return {
    at, verdict: answer.verdict, name: answer.claims?.name, insurance_number: answer.claims?.insurance?.number, face,
    entitlement: null, clerk: [clerk, say("offline_made")].filter(Boolean).join(" · "),
  };
}

function row({ at, verdict, name, insurance_number, face, entitlement, clerk, desk }) {
  const result = face?.result ?? face ?? null;
  const portal = entitlement?.result ?? entitlement ?? "not_looked_up";
  return make("tr", {},
    make("td", {}, clock(at)),
    make("td", {}, make("span", { class: "tag", look: LOOKS[verdict] ?? "bad" }, say(`verdict_${verdict in LOOKS ? verdict : "refused"}`))),
    make("td", { class: "name" }, name ?? "—"),
    make("td", {}, insurance_number ?? "—"),
    make("td", {}, result ? make("span", { class: "tag", look: result === "matches" ? "good" : "bad" }, say(`face_${result}`)) : say("face_none")),
    make("td", {}, say(`entitlement_${portal}`)),
    make("td", {}, [clerk, desk].filter(Boolean).join(" · ")));
}
