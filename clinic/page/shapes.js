// One shape for each state: nobody has to tell colours apart. The words stand beside them.
const svg = (inner) => `<svg viewBox="0 0 64 64" fill="none" stroke="currentColor" stroke-width="5" stroke-linecap="round" stroke-linejoin="round">${inner}</svg>`;

export const SHAPES = {
  idle: svg('<path d="M8 20V8h12M44 8h12v12M56 44v12H44M20 56H8V44"/><path d="M20 20h8v8h-8zM36 20h8v8h-8zM20 36h8v8h-8zM36 36v8h8"/>'),
  busy: svg('<path d="M32 8a24 24 0 1 1-24 24"/>'),
  good: svg('<circle cx="32" cy="32" r="26" fill="currentColor"/><path d="m20 33 9 9 16-19" stroke="var(--good-paper)" stroke-width="7"/>'),
  card: svg('<rect x="5" y="14" width="54" height="36" rx="5"/><circle cx="20" cy="28" r="6"/><path d="M10 43c2-7 18-7 20 0M38 26h13M38 36h13"/>'),
  warn: svg('<path d="M32 7 60 56H4z"/><path d="M32 25v14M32 47v1"/>'),
  bad: svg('<path d="M21 5h22l16 16v22L43 59H21L5 43V21z" fill="currentColor"/><path d="m22 22 20 20M42 22 22 42" stroke="var(--bad-paper)" stroke-width="7"/>'),
};
