// Keeps the store's `shown` up to date with photos, filter and order.

import { arrange, EVERYTHING } from './arrangement.js';
import { store } from './store.js';

const CALM = 500; // milliseconds between two rearrangements that nobody asked for

let timer = null;
let last = -Infinity;

/** Rearrange now, as the user asked for it or a photo is gone. */
export function rearrange() {
  clearTimeout(timer);
  timer = null;
  last = performance.now();
  const { photos, filter, order, shown: before } = store.state;
  const shown = arrange(photos, filter, order);
  if (shown.length !== before.length || shown.some((id, place) => id !== before[place])) store.set({ shown });
}

/** Rearrange soon, as photos have come or changed. Many do in a row, and the view must not jump all the time. */
export function rearrangeSoon() {
  const { filter, order } = store.state;
  const wait = last + CALM - performance.now();
  if (wait <= 0 || (filter.kind === 'all' && order === 'added')) rearrange();
  else timer ??= setTimeout(rearrange, wait);
}

/**
 * Of the photos shown, which can be analyzed again together, and how many analyzed ones are left out, as that would discard
 * what the user has corrected.
 */
export function analyzedShown({ shown, photos }) {
  const done = shown.filter((id) => photos.get(id).state === 'done');
  const again = done.filter((id) => !photos.get(id).corrected);
  return { again, corrected: done.length - again.length };
}

/** The selected photo's place among those shown; if it is not shown, the place where it would be, less a half. */
export function selectedPlace() {
  const { photos, order, shown, selected } = store.state;
  const place = shown.indexOf(selected);
  if (place >= 0) return place;
  const all = arrange(photos, EVERYTHING, order);
  const before = new Set(all.slice(0, Math.max(0, all.indexOf(selected))));
  return shown.filter((id) => before.has(id)).length - 0.5;
}
