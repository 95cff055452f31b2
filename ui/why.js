// An explanation in words: which parts of a face move its estimate. Pure functions.

import { legible } from './photos.js';
import { texts } from './texts.js';

const LEAST = 0.5; // years; anything less is not worth mentioning

// Parts of a face crop, as shares of its sides: every face lies in its crop in the same way (the landmarks' template).
// What lies in none of them is hair, ears, clothes or background.
const ZONES = [
  ['forehead', 0.2, 0.04, 0.8, 0.24],
  ['eyes', 0.16, 0.24, 0.84, 0.42],
  ['nose', 0.36, 0.42, 0.64, 0.57],
  ['cheeks', 0.16, 0.42, 0.84, 0.62],
  ['mouth', 0.28, 0.57, 0.72, 0.78],
  ['chin', 0.26, 0.78, 0.74, 0.98],
];

/** The parts that make a face look older and younger, the strongest first: {older, younger}, each [{zone, years}]. */
function strongest(map) {
  const older = new Map();
  const younger = new Map();
  map.forEach((row, y) => {
    row.forEach((years, x) => {
      const zone = zoneAt(centre(x, row.length), centre(y, map.length));
      const found = years > 0 ? older : younger;
      if (Math.abs(years) >= LEAST) found.set(zone, Math.max(found.get(zone) ?? 0, Math.abs(years)));
    });
  });
  const first = (found) => [...found].map(([zone, years]) => ({ zone, years })).sort((a, b) => b.years - a.years).slice(0, 2);
  return { older: first(older), younger: first(younger) };
}

/** An explanation, `why` of the store, in two sentences; or why there is none. */
export function describeWhy({ state, map, message }) {
  if (state === 'failed') return [texts.whyFailed, legible(message ?? '', 400)];
  const { older, younger } = strongest(map);
  return [sentence(older, 'older'), sentence(younger, 'younger')];
}

/** "Older: mouth, eyes (up to 4 years)", or a sentence that there is nothing. */
function sentence(parts, name) {
  if (parts.length === 0) return texts.whyNothing[name];
  return texts.whyParts[name](parts.map(({ zone }) => texts.zones[zone]), Math.max(1, Math.round(parts[0].years)));
}

/** The center of the patch in this column or row, as a share of the crop. A patch is 48 of 200 pixels. */
export function centre(place, places) {
  return 0.12 + (0.76 * place) / (places - 1);
}

function zoneAt(x, y) {
  return ZONES.find(([, left, top, right, bottom]) => x >= left && x < right && y >= top && y < bottom)?.[0] ?? 'around';
}
