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

  constructor(onCheck) {
    this.#onCheck = onCheck;
  }

  /** Asks a new question and shows it. */
  async ask() {
    this.#stop();
    const dialog = the("twoway");
    if (!dialog.open) dialog.showModal();
    try {
      this.#open = await api.ask();
    } catch (error) {
      the("twoway-code").hidden = true;
      const unnamed = error.code === "no_desk_name" && say("twoway_unnamed");
      the("twoway-left").textContent = error instanceof Unreachable ? say("twoway_offline") : unnamed || say("server_failed", { code: error.code });
      return;
    }
    const code = the("twoway-code");
    code.hidden = false;
    code.alt = say("twoway_alt");
    code.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(this.#open.svg)}`;
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), ASK);
  }

  /** Takes the question from the screen. */
  close() {
    this.#stop();
    if (the("twoway").open) the("twoway").close();
  }

  #stop() {
    clearInterval(this.#timer);
    this.#open = null;
  }

  async #tick() {
    const { id, expires_at } = this.#open;
    const left = Math.max(0, Math.round((Date.parse(expires_at) - Date.now()) / 1000));
    the("twoway-left").textContent = left > 0 ? say("twoway_left", { seconds: left }) : say("twoway_over");
    if (left === 0) {
      the("twoway-code").hidden = true;
      return this.#stop();
    }
    // A phone that answers over the network, not before the scanner.
    const asked = await api.asked(id).catch(() => null);
    if (asked?.state === "answered" && asked.check && this.#open?.id === id) this.#onCheck(await api.kept(asked.check));
    return undefined;
  }
}
