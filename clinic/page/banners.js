// Strips under the header, one for each kind of news.
import { the, make } from "./dom.js";

const timers = new Map();

/** Shows news of this kind, in place of older news of the kind; for so many milliseconds, or until it is taken away. */
export function banner(kind, look, text, milliseconds, button) {
  clearBanner(kind);
  the("banners").append(make("div", { class: "banner", look, id: `banner-${kind}` }, make("span", {}, text), button));
  if (milliseconds) timers.set(kind, setTimeout(() => clearBanner(kind), milliseconds));
}

/** Takes it away. */
export function clearBanner(kind) {
  clearTimeout(timers.get(kind));
  the(`banner-${kind}`)?.remove();
}
