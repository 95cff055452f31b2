// Which photos are shown, and in which order. Pure functions.

import { agesOf, meansOf, nameOf, stateOf, yearOf } from './photos.js';
import { texts } from './texts.js';

export const FILTERS = ['all', 'no_face', 'warnings', 'error', 'ages', 'named'];
export const ORDERS = ['added', 'name', 'date', 'taken', 'youngest', 'oldest'];

/** The filter that leaves nothing out. `from` and `to` are ages in years, null for no bound; `text` is part of a name. */
export const EVERYTHING = Object.freeze({ kind: 'all', from: null, to: null, text: '' });

const SIGNS = ['queued', 'working', 'error']; // states that are shown whatever the order

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' }); // 2.jpg before 10.jpg

const KEEPS = {
  all: () => true,
  no_face: (photo) => stateOf(photo) === 'no_face',
  warnings: (photo) => agesOf(photo).some(SOUGHT.warnings),
  error: (photo) => stateOf(photo) === 'error',
  ages: (photo, filter) => agesOf(photo).some((one) => SOUGHT.ages(one, filter)),
  named: ({ name, folder, summary }, { text }) => {
    const wanted = plain(text);
    const nearest = folder.split(/[\\/]/).at(-1); // the whole path would have the user's own name in all photos
    return [name, nearest, ...(summary?.names ?? [])].some((one) => plain(one).includes(wanted));
  },
};

/** A text as it is searched: "zoe" finds "Zoë". */
export function plain(text) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();
}

/** The ages for which a filter keeps a photo. */
const SOUGHT = {
  warnings: ({ uncertain }) => uncertain,
  ages: ({ age }, { from, to }) => {
    const low = from ?? 0;
    const high = to ?? Infinity;
    // "60 to 20" means "20 to 60".
    return age >= Math.min(low, high) && age <= Math.max(low, high);
  },
};

// Photos without a face come last in either order: the minimum of no numbers is Infinity, the maximum -Infinity.
const youngest = (photo) => Math.min(...meansOf(photo));
const oldest = (photo) => Math.max(...meansOf(photo));

const COMPARES = {
  name: (a, b) => names.compare(a.name, b.name),
  date: (a, b) => (a.modified ?? Infinity) - (b.modified ?? Infinity) || 0, // the difference of two infinities is NaN
  taken: (a, b) => yearOf(a) - yearOf(b) || 0,
  youngest: (a, b) => youngest(a) - youngest(b) || 0,
  oldest: (a, b) => oldest(b) - oldest(a) || 0,
};

const RANKS = {
  youngest: (a, b) => a.mean - b.mean,
  oldest: (a, b) => b.mean - a.mean,
};

/** A photo's ages as `agesOf` gives them, the ones that filter and order go by first: there may be no room for all. */
export function foremostAges(photo, filter, order) {
  const sought = SOUGHT[filter.kind] ?? (() => false);
  return agesOf(photo).sort((a, b) => sought(b, filter) - sought(a, filter) || (RANKS[order]?.(a, b) ?? 0));
}

/** The year that a photo is sorted by; null without one, or if its state is shown instead. */
export function yearInOrder(photo, order) {
  if (order !== 'taken' || SIGNS.includes(stateOf(photo))) return null;
  const year = Math.round(yearOf(photo));
  return Number.isFinite(year) ? year : null;
}

/** A photo in words, what filter and order go by first: "b.jpg, looks 34, 8 (uncertain)". */
export function describePhoto(photo, filter, order) {
  const state = stateOf(photo);
  const ages = foremostAges(photo, filter, order);
  const said = ages.map(({ age, uncertain }) => (uncertain ? `${age} (${texts.uncertain})` : age));
  const year = yearInOrder(photo, order);
  const parts = [texts.cell(nameOf(photo), state === 'ok' ? texts.cellAges(said) : texts.states[state])];
  if (year !== null) parts.push(texts.cellTaken(year, photo.taken === null));
  return parts.join(', ');
}

/**
 * Ids of the photos to show, in order. Photos that an order does not tell apart stay in the order of their arrival.
 *
 * @param photos id -> Photo, in the order of arrival
 * @param filter like `EVERYTHING`; its `kind` is one of FILTERS
 * @param order one of ORDERS
 */
export function arrange(photos, filter, order) {
  const keeps = KEEPS[filter.kind];
  const kept = [];
  for (const photo of photos.values()) if (keeps(photo, filter)) kept.push(photo);
  if (order in COMPARES) kept.sort(COMPARES[order]);
  return kept.map((photo) => photo.id);
}
