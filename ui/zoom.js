// How far the large view is zoomed: 1 shows the whole photo. Pure functions.

export const LARGEST = 8;
export const CLOSER = 3; // what a double click zooms to

const LEVELS = [1, 1.5, 2, 3, 4, 6, LARGEST];
const NEARLY = 1.02;
const LINE = 33; // pixels per line, for a wheel that counts in lines
const PILL = { least: 15, most: 20 };

/** The next level up (steps > 0) or down. */
export function nextZoom(zoom, steps) {
  const further = steps > 0 ? LEVELS.find((level) => level > zoom * NEARLY) : LEVELS.findLast((level) => level * NEARLY < zoom);
  return further ?? (steps > 0 ? LARGEST : 1);
}

/** Zoom after a turn of the wheel; fingers on a touchpad give many small turns. */
export function wheelZoom(zoom, { deltaY, deltaMode }) {
  return withinZoom(zoom * Math.exp(-deltaY * (deltaMode === 0 ? 1 : LINE) * 0.003));
}

export function withinZoom(zoom) {
  return zoom < NEARLY ? 1 : Math.min(zoom, LARGEST);
}

/** Size of the text on a pill, in pixels: it grows with the photo, but no larger than needed for reading. */
export function pillSize(zoom) {
  return Math.min(PILL.least * Math.cbrt(zoom), PILL.most);
}
