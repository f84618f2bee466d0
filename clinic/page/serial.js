// Scanners on a serial port: a whole code in a few hundredths of a second, and no keyboard layout in between.

/** Whether this browser can open serial ports. */
export const serialIsThere = () => "serial" in navigator;

/** Lets the clerk choose a port and hands over each line that comes. */
export async function openSerial(onText) {
  const port = await navigator.serial.requestPort();
  await port.open({ baudRate: 115200 });
  readLines(port, onText).catch(() => undefined);
}

async function readLines(port, onText) {
  const lines = port.readable.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await lines.read();
    if (done) return;
    const pieces = (waiting + value).split(/[\r\n\t]+/);
    waiting = pieces.pop();
    pieces.filter(Boolean).forEach((text) => onText(text));
  }
}
