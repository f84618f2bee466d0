// Scanners that type. Keys are read by their place on the keyboard (`code`), as on the US layout that scanners use:
// an input method (Telex, VNI) or another layout changes `key`, never `code`. A scan is told from a person by its speed.

/** Milliseconds between two keys of a scanner at most; a person is slower six times in a row. */
const FAST = 60;
/** So many fast keys are a scanner. */
const SURE = 6;
/** How every clinic code begins; these four alone, typed fast, are a scanner too. */
const MAGIC = "7360";
/** Silence after which a whole code is taken, where the scanner sends no Enter. */
const SILENCE_WHOLE = 60;
/** Silence after which what has come is all there is. */
const SILENCE_PARTIAL = 1500;
/** Shorter texts are no codes. */
const SHORTEST = 12;

const SHIFTED = {
  Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:", Quote: "'\"",
  Backquote: "`~", Comma: ",<", Period: ".>", Slash: "/?", Space: "  ", NumpadAdd: "++", NumpadSubtract: "--",
  NumpadMultiply: "**", NumpadDivide: "//", NumpadDecimal: "..",
};
const OVER_DIGITS = ")!@#$%^&*(";

/** The character that a US keyboard has at this place. */
export function characterOf(event) {
  const { code, shiftKey } = event;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  // A layout with digits under Shift (AZERTY) makes a scanner press Shift for them: within a frame they stay digits.
  if (digit !== undefined) return { plain: digit, shifted: shiftKey && code[0] === "D" ? OVER_DIGITS[digit] : digit };
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  const other = letter ? letter.toLowerCase() + letter : SHIFTED[code];
  if (other) return { plain: other[shiftKey ? 1 : 0], shifted: other[shiftKey ? 1 : 0] };
  return !code && event.key?.length === 1 ? { plain: event.key, shifted: event.key } : null;
}

const CRC = Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit += 1) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

/** Whether these digits are a whole clinic code by their check digits (CRC-32 modulo 10^6). */
export function isWhole(text) {
  if (!/^7360\d{9,}$/.test(text)) return false;
  let crc = 0xffffffff;
  for (let at = 0; at < text.length - 6; at += 1) crc = CRC[(crc ^ text.charCodeAt(at)) & 255] ^ (crc >>> 8);
  return String(((crc ^ 0xffffffff) >>> 0) % 1000000).padStart(6, "0") === text.slice(-6);
}

/** One code out of what a scanner sent: the last whole one where it sent several, or one and a part. */
export function untangle(text) {
  if (isWhole(text)) return { text, doubled: false };
  for (let at = text.lastIndexOf(MAGIC); at > 0; at = text.lastIndexOf(MAGIC, at - 1)) {
    const [before, after] = [text.slice(0, at), text.slice(at)];
    if (isWhole(after)) return { text: after, doubled: true };
    if (isWhole(before)) return { text: before, doubled: true };
  }
  const half = text.length / 2;
  const twice = text.length >= 2 * SHORTEST && text.slice(0, half) === text.slice(half);
  return twice ? { text: text.slice(0, half), doubled: true } : { text, doubled: false };
}

/** Listens to keys anywhere on the page. `onStart()`, `onCount(n)`, `onScan({text, doubled, milliseconds, ended})`. */
export class Wedge {
  #on;
  #keys = null;
  #timer = 0;

  constructor(handlers) {
    this.#on = handlers;
  }

  /** Takes a keydown event in the capture phase. */
  take(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) {
      // Some scanners end a code with Ctrl+J.
      return this.#keys?.sure ? swallow(event) : this.#drop();
    }
    if (/^(Shift|CapsLock|NumLock)/.test(event.code)) return undefined;
    if (/^(Enter|NumpadEnter|Tab)$/.test(event.code)) return this.#end(event);
    const character = characterOf(event);
    if (!character) return undefined;
    if (this.#keys && event.timeStamp - this.#keys.last > (this.#keys.sure ? SILENCE_PARTIAL : FAST)) this.#finish();
    this.#keys ??= { digits: "", text: "", first: event.timeStamp, sure: false, field: fieldNow() };
    const keys = this.#keys;
    keys.digits += character.plain;
    keys.text += character.shifted;
    keys.last = event.timeStamp;
    keys.at = performance.now();
    if (!keys.sure && (keys.digits === MAGIC || keys.digits.length >= SURE)) {
      keys.sure = true;
      this.#on.onStart();
    }
    if (keys.sure) {
      swallow(event);
      restore(keys.field);
      this.#on.onCount(keys.digits.length);
    }
    clearTimeout(this.#timer);
    const whole = keys.sure && isWhole(keys.digits);
    this.#timer = setTimeout(() => this.#finish(), whole ? SILENCE_WHOLE : SILENCE_PARTIAL);
    return undefined;
  }

  #end(event) {
    if (!this.#keys?.sure) return this.#drop();
    swallow(event);
    return this.#finish();
  }

  #finish() {
    const keys = this.#keys;
    this.#drop();
    if (!keys?.sure) return;
    restore(keys.field);
    const digitsAlone = /^\d+$/.test(keys.digits);
    const raw = digitsAlone ? keys.digits : keys.text;
    if (raw.length < SHORTEST) {
      this.#on.onScan(null);
      return;
    }
    this.#on.onScan({ ...untangle(raw), milliseconds: Math.round(keys.last - keys.first), ended: keys.at });
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#keys = null;
  }
}

function swallow(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** The text field that has the focus, as it is before the first key reaches it. */
function fieldNow() {
  const field = document.activeElement;
  if (!field?.matches?.("input:not([type=checkbox]), textarea")) return null;
  return { field, value: field.value };
}

/** Takes out of a field what the first keys of a scan left there, and what an input method made of them. */
function restore(kept) {
  if (kept && kept.field.value !== kept.value) kept.field.value = kept.value;
}
