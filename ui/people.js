// What the user says about the people in the photos, and about the years in which the photos were taken.

import { plain } from './arrangement.js';
import { call } from './bridge.js';
import { LAST, notify, tryCall, withdraw } from './notices.js';
import { isSameBox, store } from './store.js';
import { texts } from './texts.js';
import { underWay } from './undo.js';

const names = new Intl.Collator(undefined, { sensitivity: 'base' });

/**
 * Say who is on a face, called `before` so far; a blank name means nobody. Returns null, or a sentence that says why it was
 * refused.
 */
export async function nameFace(id, box, name, before) {
  const after = name.trim().replace(/\s+/gu, ' '); // as Python tidies it
  try {
    const asked = call('name_face', id, box, name);
    const change = { id, before: ['name_face', id, box, before, true] };
    const changeOf = (naming) => (naming.state === 'named' ? change : null);
    const { state } = await (after === before ? asked : underWay(asked, changeOf));
    if (state !== 'named') return texts.namingFailed[state];
    if (after !== before) offerRenaming(id, box, before, after);
    return null;
  } catch {
    return texts.callFailed.name_face;
  }
}

/**
 * A name was corrected in the photo `id`: offer to change it in the others too. If more photos have the old name than the new
 * one, which is not new, the face was rather somebody else's, unless the same was just corrected in another photo.
 */
function offerRenaming(id, box, before, to) {
  const offers = store.state.notices.map(({ offer }) => offer);
  const isSame = (offer) => offer?.to === before && offer.id === id && isSameBox(offer.box, box);
  const name = offers.find(isSame)?.name ?? before; // the correction may be corrected
  const again = offers.some((offer) => offer?.name === name && offer.to === to);
  withdraw(({ offer }) => offer?.name === name);
  const others = [...store.state.photos.values()].filter((photo) => photo.id !== id);
  const ids = idsOf(others, (one) => one === name);
  const known = idsOf(others, (one) => names.compare(one, to) === 0 && one !== name);
  if (to === '' || ids.length === 0 || (!again && known.length > 0 && known.length < ids.length)) return;
  const carried = bornOf(name) !== null && bornOf(to) === null;
  notify(texts.nameElsewhere(name, ids.length, to, carried), 'info', { id, box, name, to, ids });
}

/** Of those of these photos in which somebody has such a name. */
function idsOf(photos, isMeant) {
  return photos.filter(({ summary }) => summary?.names.some(isMeant)).map(({ id }) => id);
}

/** Take such an offer. */
export async function rename({ id, name, to, ids }) {
  const done = await underWay(tryCall('rename', name, to, ids), (some) => {
    if (!some?.length) return null; // it failed, which is told, or nobody has the name any more
    return { id: store.state.photos.has(id) ? id : some[0], before: ['rename', to, name, some, true] };
  });
  if (done?.length) notify(texts.renamed(done.length), 'info', LAST);
}

/** Say in the photo `id` when somebody was born, '' for unknown. Returns the same as `nameFace`. */
export function setBorn(id, name, text) {
  const { first_birth: first, last_year: last } = store.state.limits;
  return setYear(text, first, last, texts.bornRefused, { id, before: ['set_born', name, bornOf(name)] });
}

/** When somebody in the album was born, null for unknown. */
export function bornOf(name) {
  return store.state.people.find((one) => one.name === name)?.born ?? null;
}

/** Say when a photo was taken, '' for unknown, as it was `before`. Returns the same as `nameFace`. */
export function setTaken(id, text, before) {
  const { first_year: first, last_year: last } = store.state.limits;
  return setYear(text, first, last, texts.takenRefused, { id, before: ['set_taken', id, yearOf(before)] });
}

/** The year that was typed, null for none. While an input method composes, its digits are full-width. */
function yearOf(text) {
  return text.trim() === '' ? null : Number(text.normalize('NFKC'));
}

/** The call to Python that saves a year; null if something else was typed: its NaN would be null in JSON, no year. */
export function yearMeant(name, whose, text) {
  const year = yearOf(text);
  return Number.isNaN(year) ? null : [name, whose, year];
}

/** Save a year; `change` is how it is undone. */
async function setYear(text, first, last, refused, change) {
  const year = yearOf(text);
  if (year !== null && !(Number.isInteger(year) && year >= first && year <= last)) return refused(first, last);
  const [name, whose] = change.before;
  try {
    const asked = call(name, whose, year);
    await (year === change.before.at(-1) ? asked : underWay(asked, (done) => (done ? change : null)));
    return null;
  } catch {
    return texts.callFailed[name];
  }
}

/** Names in the album that contain a text, those that begin with it first; all names for a blank one. */
export function namesLike(people, text) {
  const wanted = plain(text);
  const found = people.filter(({ name }) => plain(name).includes(wanted));
  const begins = ({ name }) => (plain(name).startsWith(wanted) ? 0 : 1);
  return found.sort((a, b) => begins(a) - begins(b) || names.compare(a.name, b.name));
}
