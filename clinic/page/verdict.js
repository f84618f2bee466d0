// What a check looks like: one look, one headline, one thing to do; then the person, the insurance card, what the portal
// says of it, and how old the data are.
import { the, make, fact } from "./dom.js";
import { REASONS } from "./reasons.js";
import { SHAPES } from "./shapes.js";
import { clock, currentLanguage, day, say, span } from "./words.js";

/** Whether the answer is of a kind that this page knows and that shows somebody; anything else is refused. */
const shows = ({ verdict }) => ["accepted", "unsure"].includes(verdict);

/** Look, shape and words for a check. Green needs the clerk's own comparison. */
export function judge({ answer, face, offline }) {
  if (!shows(answer)) return { look: "bad", shape: "bad", title: "refused", advice: null };
  if (face?.result === "differs") return { look: "bad", shape: "bad", title: "differs", advice: "differs_do" };
  if (answer.verdict === "unsure") return { look: "warn", shape: "warn", title: "unsure", advice: null };
  if (face?.result === "matches") return { look: "good", shape: "good", title: "accepted", advice: offline ? "accepted_offline_do" : "accepted_do" };
  const by = answer.face === "shown" ? "compare_face" : "compare_card";
  return { look: "warn", shape: "card", title: by, advice: `${by}_do` };
}

/** Whether there is a person to be compared. */
export const comparable = (check) => shows(check.answer) && check.answer.holder_bound === true;

/** What a reason means and what to do; a code that this page does not know is shown as it is. */
export const explain = (code) => REASONS[currentLanguage()][code] ?? [code, ""];

/** Shows one of the states without a check: `idle`, `busy`, or `bad` where there is no answer. `state` is the desk's. */
export function showState(look, headline, advice, state) {
  the("verdict").dataset.look = look;
  the("shape").innerHTML = SHAPES[look];
  the("headline").textContent = headline;
  the("advice").textContent = advice;
  for (const id of ["face-buttons", "new-scan", "person"]) the(id).hidden = true;
  the("person").replaceChildren();
  the("reasons").replaceChildren();
  the("ages").replaceChildren(...(state ? [statusAge(state.status_age_seconds), trustAge(state.trust_age_seconds)] : []));
}

/** Shows a check. `actions` are what its buttons do. */
export function showCheck(check, actions) {
  const { answer } = check;
  const { look, shape, title, advice } = judge(check);
  the("verdict").dataset.look = look;
  the("shape").innerHTML = SHAPES[shape];
  the("headline").textContent = say(title);
  // What is wrong first stands in the verdict itself; the rest, and warnings beside a good code, below it.
  const [first] = advice ? [] : answer.reasons;
  the("advice").replaceChildren(...(first ? firstReason(first) : [advice ? say(advice) : ""]));
  the("new-scan").hidden = false;
  const askFace = comparable(check) && !check.face;
  the("face-buttons").hidden = !askFace;
  the("reasons").replaceChildren(...answer.reasons.filter((code) => code !== first).map(reasonCard));
  const person = the("person");
  const anybody = shows(answer) && answer.claims;
  person.hidden = !anybody;
  person.replaceChildren(...(anybody ? [mainColumn(check), sideColumn(check, actions)] : []));
  the("ages").replaceChildren(...ages(answer));
  return `${say(title)}. ${answer.reasons.map((code) => explain(code).join(". ")).join(" ")} ${anybody ? answer.claims.name ?? "" : ""}`;
}

function firstReason(code) {
  const [what, next] = explain(code);
  return [make("b", { "data-reason": code }, what), make("span", {}, next)];
}

const DOUBTS = new Set(["status_unknown", "status_old", "trust_old", "rollback", "clock_suspect", "not_holder_bound", "seen_elsewhere"]);

function reasonCard(code) {
  const [what, next] = explain(code);
  const todo = next ? [make("span", {}, say("what_to_do")), make("p", {}, next)] : [];
  return make("div", { class: "reason", look: DOUBTS.has(code) ? "warn" : "bad", "data-reason": code }, make("b", {}, what), ...todo);
}

function mainColumn(check) {
  const { claims, holder_bound, presented_by } = check.answer;
  const born = claims.date_of_birth;
  const identity = make("article", { class: "card identity" },
    make("h2", {}, say("name")),
    make("p", { class: "big", id: "person-name" }, claims.name ?? ""),
    make("dl", { class: "facts" },
      born ? make("div", {}, make("dt", {}, say("born")), make("dd", { class: "second", id: "person-born" }, `${day(born)} · ${say("age", { years: yearsSince(born) })}`)) : null,
      claims.sex ? make("div", {}, make("dt", {}, say("sex")), make("dd", { class: "second" }, say(`sex_${claims.sex}`))) : null,
      fact(say("personal_number"), claims.personal_number)),
    presented_by === "guardian" ? make("p", { class: "flag" }, say("by_guardian")) : null,
    holder_bound === false ? make("p", { class: "flag" }, say("unproven")) : null);
  return make("div", { class: "left-column" }, identity, insuranceCard(claims.insurance));
}

const range = ({ valid_from, valid_to }) =>
  valid_from ? say("valid_range", { from: day(valid_from), to: day(valid_to) }) : valid_to && say("valid_until", { to: day(valid_to) });

function insuranceCard(insurance) {
  if (!insurance) return make("article", { class: "card insurance" }, make("h2", {}, say("insurance")), make("p", {}, say("insurance_none")));
  const { number, valid_from, valid_to, facility, benefit_level, five_years_from } = insurance;
  const today = localDate(new Date());
  return make("article", { class: "card insurance" },
    make("h2", {}, say("insurance")),
    make("p", { class: "number", id: "insurance-number" }, grouped(number)),
    make("dl", { class: "facts" },
      fact(say("valid"), range(insurance)), fact(say("facility"), facility),
      fact(say("benefit_level"), benefit_level ? say(`benefit_${benefit_level}`) : null),
      fact(say("five_years"), day(five_years_from))),
    valid_to && valid_to < today ? make("p", { class: "flag" }, say("insurance_over", { date: day(valid_to) })) : null,
    valid_from && valid_from > today ? make("p", { class: "flag" }, say("insurance_early", { date: day(valid_from) })) : null);
}

function sideColumn(check, actions) {
  const { answer, portrait, face, queued, offline } = check;
  const recorded = face && make("p", { class: "note", id: "face-recorded" },
    say("face_recorded", { result: say(`face_${face.result}`), clerk: face.clerk ?? "", at: clock(face.at) }), " ",
    make("button", { class: "quiet", onclick: actions.undoFace }, say("undo")));
  const mayQueue = comparable(check) && !offline && face?.result !== "differs";
  return make("aside", { class: "right-column" },
    portrait ? make("figure", { class: "portrait" }, make("img", { src: portrait, id: "portrait", alt: say("face_alt", { name: answer.claims.name ?? "" }) })) : null,
    offline ? make("p", { class: "tag", look: "warn" }, say("offline_made")) : null,
    recorded,
    entitlementCard(check, actions),
    make("div", { class: "card actions" },
      mayQueue && !queued ? make("button", { id: "enqueue", class: face ? "primary" : "", onclick: actions.enqueue }, say("queue_button"), make("kbd", {}, "F10")) : null,
      queued ? make("b", { id: "queued" }, say("queued", { number: queued.number })) : null,
      offline || face?.result === "differs" ? null : make("button", { onclick: actions.copyLines }, say("copy_lines")),
      make("p", { class: "note" }, answer.freshness === "challenged" ? say("challenged") : freshness(answer))));
}

const freshness = ({ window_seconds }) => (window_seconds ? say("one_way", { seconds: window_seconds }) : "");

function entitlementCard({ answer, entitlement, offline, lookup }, actions) {
  const result = entitlement?.result ?? answer.entitlement;
  const look = { entitled: "good", not_entitled: "bad", not_looked_up: null, asking: null }[result];
  const own = entitlement?.words?.[currentLanguage()];
  const words = say(`entitlement_${result}`);
  const mayAsk = !offline && lookup === "configured" && result !== "asking" && answer.claims?.insurance;
  return make("article", { class: "card entitlement" },
    make("h2", {}, say("entitlement")),
    make("b", { id: "entitlement", look: look === undefined ? "warn" : look }, words),
    own && own !== words ? make("p", { class: "note" }, own) : null,
    newCard(entitlement?.details?.new_card),
    mayAsk ? make("button", { onclick: actions.lookUp }, say("entitlement_button")) : null,
    offline ? make("p", { class: "note" }, say("entitlement_offline")) : null,
    !offline && lookup === "not_configured" ? make("p", { class: "note" }, say("entitlement_unset")) : null);
}

/** The card that replaced the one in the code: its number and dates count. */
function newCard(card) {
  if (!card) return null;
  return make("div", { id: "new-card" },
    make("p", { class: "flag" }, `${say("new_card")}: ${grouped(card.number)}`),
    make("dl", { class: "facts" }, fact(say("valid"), range(card)), fact(say("facility"), card.facility)));
}

const aged = (text, old) => make("span", { class: old ? "old" : "" }, text);
const statusAge = (seconds) =>
  seconds === null ? aged(say("status_none"), true) : aged(say("status_age", { age: span(seconds) }), seconds > 86400);
const trustAge = (seconds) => aged(say("trust_age", { age: span(seconds) }), seconds > 7 * 86400);

function ages({ status, trust_as_of, age_seconds, issued_by }) {
  return [
    age_seconds === null ? null : aged(say("shown_ago", { age: span(age_seconds) }), false),
    statusAge(status.age_seconds),
    trustAge((Date.now() - Date.parse(trust_as_of)) / 1000),
    issued_by ? aged(`${say("issued_by")}: ${issued_by}`, false) : null,
  ].filter(Boolean);
}

/** A BHYT number of 15 characters as the card prints it: group, level, province, number. */
export function grouped(number) {
  const parts = /^([A-Z]{2})(\d)(\d{2})(\d{3})(\d{3})(\d{4})$/.exec(number ?? "");
  return parts ? parts.slice(1).join(" ") : number ?? "";
}

const localDate = (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;

function yearsSince(iso) {
  const today = localDate(new Date());
  return Number(today.slice(0, 4)) - Number(iso.slice(0, 4)) - (today.slice(5) < iso.slice(5) ? 1 : 0);
}
