// Keeps the store's `shown` up to date with photos, filter and order.

import { arrange, EVERYTHING } from './arrangement.js';
import { store } from './store.js';

const CALM = 500; // milliseconds between two rearrangements that nobody asked for

let timer = null;
let last = -Infinity;

/** Now: the user asked for it, or a photo is gone. */
export function rearrange() {
  clearTimeout(timer);
  timer = null;
  last = performance.now();
  const { photos, filter, order, shown: before } = store.state;
  const shown = arrange(photos, filter, order);
  if (shown.length !== before.length || shown.some((id, place) => id !== before[place])) store.set({ shown });
}

/** Photos have come or changed. Many do in a row, and what is shown must not jump about all the time. */
export function rearrangeSoon() {
  const { filter, order } = store.state;
  const wait = last + CALM - performance.now();
  if (wait <= 0 || (filter.kind === 'all' && order === 'added')) rearrange();
  else timer ??= setTimeout(rearrange, wait);
}

/** Where the selected photo is among those shown; where it would be, and a half before that, when it is not. */
export function selectedPlace() {
  const { photos, order, shown, selected } = store.state;
  const place = shown.indexOf(selected);
  if (place >= 0) return place;
  const all = arrange(photos, EVERYTHING, order);
  const before = new Set(all.slice(0, Math.max(0, all.indexOf(selected))));
  return shown.filter((id) => before.has(id)).length - 0.5;
}
