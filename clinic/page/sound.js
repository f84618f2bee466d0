// A tone for each outcome, so that a clerk need not look up. Made here: no sound file.
const TONES = { good: [[660, 0], [990, 0.12]], warn: [[520, 0], [520, 0.18]], bad: [[220, 0], [180, 0.2]] };

let audio = null;
let on = localStorage.getItem("sound") !== "off";

export const soundIsOn = () => on;

/** Turns the sound on or off, and remembers it. */
export function toggleSound() {
  on = !on;
  localStorage.setItem("sound", on ? "on" : "off");
}

/** Browsers let a page sound only after a key or a click. */
export function wakeSound() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

/** The tone for a look. */
export function sound(look) {
  if (!on || !audio || audio.state !== "running") return;
  for (const [pitch, after] of TONES[look] ?? []) {
    const [tone, volume, start] = [audio.createOscillator(), audio.createGain(), audio.currentTime + after];
    tone.type = look === "bad" ? "square" : "sine";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.18, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.16);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.17);
  }
}
