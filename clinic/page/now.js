// What the page knows at this moment. One object for the files that show it: nothing of it outlives a reload.

/** A scanner that sends one code twice does so within this time, in milliseconds. */
export const TWICE = 2500;

const NO_SCAN = { text: "", ended: -TWICE };

export const now = {
  /** Who is logged in; null where nobody is. */
  session: null,
  /** The desk's state as its server told it last. */
  state: null,
  /** Whether the server answered the last call. */
  reachable: true,
  tab: "scan",
  /** The check on the screen; null where none is, and from the first key of a scan on. */
  check: null,
  /** What stood on the screen when a scan began: it comes back where that scan was none. */
  aside: null,
  /** Counts scans: an answer to any but the newest is not shown. */
  turn: 0,
  /** The text that is being decided on. */
  deciding: null,
  last: NO_SCAN,
};

/** Forgets whoever was shown, and lets no answer that is under way show anybody. */
export function forgetPatient() {
  Object.assign(now, { check: null, aside: null, deciding: null, last: NO_SCAN });
  now.turn += 1;
}
