// Animated codes before a camera: the presentation, and the portrait in a few further codes, in a plain loop.

/** How long to wait for a first part of a portrait, and for the last, in milliseconds. */
const FIRST = 700;
const LAST = 8000;

/** Which part of which portrait a text is; null where it is none. Its first block of 17 digits is 7 bytes. */
export function partOf(text) {
  if (!/^736210\d{17}/.test(text)) return null;
  const head = BigInt(text.slice(6, 23)).toString(16).padStart(14, "0");
  return { set: head.slice(0, 8), number: parseInt(head.slice(8, 10), 16), count: parseInt(head.slice(10, 12), 16) };
}

/** Collects what a camera sees until it is whole, or until no more can be waited for. */
export class Loop {
  #presentation = null;
  #since = null;
  #set = null;
  #parts = new Map();
  total = 0;

  get have() {
    return this.#parts.size;
  }

  /** Takes a text seen at this time (milliseconds); answers with `{text, frames}` when there is enough. */
  add(text, at) {
    const part = partOf(text);
    if (part) {
      if (part.set !== this.#set) this.#parts.clear();
      [this.#set, this.total] = [part.set, part.count];
      this.#parts.set(part.number, text);
    } else {
      // The code is made anew while the camera looks: the newest counts.
      this.#presentation = text;
      this.#since ??= at;
    }
    if (!this.#presentation) return null;
    const whole = this.total > 0 && this.have === this.total;
    const late = at - this.#since > (this.total > 0 ? LAST : FIRST);
    // Only our own codes are animated.
    const single = !this.#presentation.startsWith("7360");
    if (!whole && !late && !single) return null;
    return { text: this.#presentation, frames: this.have ? [this.#presentation, ...this.#parts.values()] : null };
  }
}
