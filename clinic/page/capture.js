// Codes that do not come from a scanner: camera, picture files, pasted and dropped.
import { api, Unreachable } from "./api.js";
import { Camera, readCode } from "./camera.js";
import { the } from "./dom.js";
import { Loop } from "./loop.js";
import { say } from "./words.js";

/**
 * `on` says what happens: `wanted()` whether anything is taken, `onCode({text, frames})` for what was read here, `isOld(text)`
 * whether a text was taken a moment ago; `turn()` tells the newest scan's number, `onLooking()` begins another while the server
 * reads, `onCheck(check, turn)` and `onFailure(error, turn)` come after that.
 */
export class Capture {
  #on;
  #camera = new Camera(the("video"));
  #loop = new Loop();

  constructor(on) {
    this.#on = on;
    addEventListener("paste", (event) => this.#paste(event));
    addEventListener("dragover", (event) => {
      event.preventDefault();
      the("drop").hidden = !on.wanted();
    });
    addEventListener("dragleave", (event) => event.relatedTarget ?? (the("drop").hidden = true));
    addEventListener("drop", (event) => {
      event.preventDefault();
      the("drop").hidden = true;
      const [file] = event.dataTransfer.files;
      if (on.wanted() && file) this.#picture(file);
    });
    the("picture-file").addEventListener("change", ({ target }) => {
      if (target.files[0]) this.#picture(target.files[0]);
      target.value = "";
    });
  }

  async openCamera() {
    the("camera").hidden = false;
    the("camera-note").textContent = "";
    this.#loop = new Loop();
    try {
      await this.#camera.start({
        onText: (text) => this.#seen(text),
        onFrame: (frame) => this.#ask(frame),
        onBroken: () => (the("camera-note").textContent = say("camera_broken")),
      });
    } catch {
      the("camera-note").textContent = say("camera_denied");
    }
    the("camera").scrollIntoView({ block: "nearest" });
  }

  closeCamera() {
    this.#camera.stop();
    the("camera").hidden = true;
  }

  /** The camera sees one text many times over, and of an animated code the portrait part by part. */
  #seen(text) {
    if (this.#on.isOld(text)) return undefined;
    const whole = this.#loop.add(text, performance.now());
    const { have, total } = this.#loop;
    the("camera-note").textContent = total ? say("camera_frames", { have, total }) : "";
    if (!whole) return undefined;
    this.closeCamera();
    return this.#on.onCode(whole);
  }

  /** A camera's frame that only the server can read. */
  async #ask(frame) {
    const turn = this.#on.turn();
    const check = await api.checkPicture(frame).catch(() => null);
    if (!check || !this.#camera.running) return;
    this.closeCamera();
    this.#on.onCheck(check, turn);
  }

  #paste(event) {
    if (!this.#on.wanted() || event.target.matches?.("input, textarea")) return;
    const [file] = event.clipboardData.files;
    const text = event.clipboardData.getData("text").trim();
    if (file) this.#picture(file);
    else if (text) this.#on.onCode({ text });
  }

  async #picture(file) {
    const turn = this.#on.onLooking();
    const text = await readCode(file).catch(() => undefined);
    if (text) return this.#on.turn() === turn ? this.#on.onCode({ text }) : undefined;
    try {
      return this.#on.onCheck(await api.checkPicture(file), turn);
    } catch (error) {
      return this.#on.onFailure(error instanceof Unreachable ? { code: "no_code" } : error, turn);
    }
  }
}
