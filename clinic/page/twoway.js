// The two-way code: the desk's question on this screen. Only its answer counts, so a filmed code is worth nothing.
import { api, Unreachable } from "./api.js";
import { the } from "./dom.js";
import { say } from "./words.js";

/** How often the server is asked for the answer, in milliseconds. */
const ASK = 1000;

export class Question {
  #onCheck;
  #timer = 0;
  #open = null;
  /** Counts askings and closings: what was under way before the last of them shows nothing any more. */
  #turn = 0;

  constructor(onCheck) {
    this.#onCheck = onCheck;
  }

  /** Asks a new question and shows it. */
  async ask() {
    const turn = this.#stop();
    const dialog = the("twoway");
    if (!dialog.open) dialog.showModal();
    const code = the("twoway-code");
    let asked;
    try {
      asked = await api.ask();
    } catch (error) {
      if (turn !== this.#turn) return;
      code.hidden = true;
      const unnamed = error.code === "desk_unnamed" && say("twoway_unnamed");
      the("twoway-left").textContent = error instanceof Unreachable ? say("twoway_offline") : unnamed || say("server_failed", { code: error.code ?? "page" });
      return;
    }
    if (turn !== this.#turn) return;
    // This computer's clock may be wrong: the time left is counted from here.
    this.#open = { id: asked.id, ends: performance.now() + asked.lifetime_seconds * 1000 };
    code.hidden = false;
    code.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(asked.svg)}`;
    this.#timer = setInterval(() => this.#tick(), ASK);
    this.#tick();
  }

  /** Takes the question from the screen. */
  close() {
    this.#stop();
    if (the("twoway").open) the("twoway").close();
  }

  #stop() {
    clearInterval(this.#timer);
    this.#open = null;
    this.#turn += 1;
    return this.#turn;
  }

  async #tick() {
    if (!this.#open) return;
    const { id, ends } = this.#open;
    const left = Math.max(0, Math.round((ends - performance.now()) / 1000));
    the("twoway-left").textContent = left > 0 ? say("twoway_left", { seconds: left }) : say("twoway_over");
    if (left === 0) {
      the("twoway-code").hidden = true;
      this.#stop();
      return;
    }
    // A phone that answers over the network, not before the scanner. What cannot be had now is asked for in a second.
    const asked = await api.asked(id).catch(() => null);
    if (asked?.state !== "answered" || !asked.check) return;
    const check = await api.kept(asked.check).catch(() => null);
    if (check && this.#open?.id === id) this.#onCheck(check);
  }
}
