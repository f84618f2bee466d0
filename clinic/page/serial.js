// Scanners on a serial port: a whole code in a few hundredths of a second, and no keyboard layout in between.
import { isWhole, untangle } from "./scan.js";

/** Silence after which a whole code is taken, where the scanner sends no line end, in milliseconds. */
const SILENCE = 60;
/** No code is longer, in characters: what is longer without a line end is noise. */
const LONGEST = 16 << 10;

/** Whether this browser can open serial ports. */
export const serialIsThere = () => "serial" in navigator;

/** Lets the clerk choose a port. `onScan({text, doubled})` for each code, `onClosed()` when the port is gone. */
export async function openSerial({ onScan, onClosed }) {
  const port = await navigator.serial.requestPort();
  await port.open({ baudRate: 115200 });
  read(port, new Lines(onScan)).finally(onClosed);
}

/** After a fault of the line the browser hands out a new stream; a port that was pulled out has none. */
async function read(port, lines) {
  while (port.readable) {
    const reader = port.readable.getReader();
    const decoder = new TextDecoder();
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        lines.add(decoder.decode(value, { stream: true }));
      }
    } catch {
      // A byte was lost: what came before it is no code any more.
      lines.drop();
    } finally {
      reader.releaseLock();
    }
  }
}

/** Cuts what comes into codes. */
class Lines {
  #onScan;
  #waiting = "";
  #timer = 0;

  constructor(onScan) {
    this.#onScan = onScan;
  }

  add(text) {
    clearTimeout(this.#timer);
    const pieces = (this.#waiting + text).split(/[\r\n\t]+/);
    this.#waiting = pieces.pop();
    if (this.#waiting.length > LONGEST) this.drop();
    pieces.filter(Boolean).forEach((piece) => this.#onScan(untangle(piece)));
    if (this.#waiting) this.#timer = setTimeout(() => this.#takeWhole(), SILENCE);
  }

  drop() {
    clearTimeout(this.#timer);
    this.#waiting = "";
  }

  #takeWhole() {
    const code = untangle(this.#waiting);
    if (!isWhole(code.text)) return;
    this.drop();
    this.#onScan(code);
  }
}
