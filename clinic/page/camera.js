// Codes from the camera and from pictures: read here where the reader is installed (`/assets/web/`), else by the server.
let reader = null;

/** The reader of codes, or null where this desk has none. */
async function loadReader() {
  reader ??= import("/assets/web/zxing.js")
    .then((zxing) => {
      zxing.prepareZXingModule({ overrides: { locateFile: (file) => `/assets/web/${file}` } });
      return zxing;
    })
    .catch(() => null);
  return reader;
}

/** The text of the code in a picture or a frame; null where there is none, undefined where nobody here can read it. */
export async function readCode(picture) {
  const zxing = await loadReader();
  if (!zxing) return undefined;
  const found = await zxing.readBarcodes(picture, { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 });
  return found.find((code) => code.isValid)?.text ?? null;
}

/** Pause between two looks, in milliseconds. */
const PAUSE = 60;
/** Pause where the server looks. */
const PAUSE_SERVER = 700;

/** A running camera. `onText(text)` for each text, `onFrame(blob)` where only the server can read it, `onBroken()` at its end. */
export class Camera {
  #video;
  #stream = null;
  #canvas = document.createElement("canvas");
  /** Counts starts and stops: what was under way before the last of them ends. */
  #turn = 0;

  constructor(video) {
    this.#video = video;
  }

  get running() {
    return this.#stream !== null;
  }

  /** Throws where the browser gives no camera. */
  async start({ onText, onFrame, onBroken }) {
    this.stop();
    const turn = this.#turn;
    const wanted = { video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false };
    const stream = await navigator.mediaDevices.getUserMedia(wanted);
    // Closed, or started once more, while the browser asked for leave.
    if (turn !== this.#turn) return end(stream);
    this.#stream = stream;
    this.#video.srcObject = stream;
    try {
      await this.#video.play();
    } catch (error) {
      if (turn !== this.#turn) return undefined;
      this.stop();
      throw error;
    }
    this.#look(turn, onText, onFrame).catch(() => {
      if (turn !== this.#turn) return;
      this.stop();
      onBroken();
    });
    return undefined;
  }

  stop() {
    this.#turn += 1;
    if (this.#stream) end(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
  }

  async #look(turn, onText, onFrame) {
    const draw = this.#canvas.getContext("2d", { willReadFrequently: true });
    while (turn === this.#turn) {
      const { videoWidth: width, videoHeight: height } = this.#video;
      if (width > 0) {
        [this.#canvas.width, this.#canvas.height] = [width, height];
        draw.drawImage(this.#video, 0, 0);
        const text = await readCode(draw.getImageData(0, 0, width, height));
        if (turn !== this.#turn) return;
        if (text) await onText(text);
        if (text === undefined) {
          await onFrame(await new Promise((resolve) => this.#canvas.toBlob(resolve, "image/jpeg", 0.9)));
          await pause(PAUSE_SERVER);
        }
      }
      await pause(PAUSE);
    }
  }
}

const end = (stream) => void stream.getTracks().forEach((track) => track.stop());
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
