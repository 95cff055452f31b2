// What the user says about the people in the photos, and about the years in which the photos were taken.

import { call } from './bridge.js';
import { store } from './store.js';
import { texts } from './texts.js';

const names = new Intl.Collator(undefined, { sensitivity: 'base' });

/** Say who is on a face; a blank name means nobody. Returns null, or a sentence that says why it was refused. */
export async function nameFace(id, box, name) {
  try {
    const { state } = await call('name_face', id, box, name);
    return state === 'named' ? null : texts.namingFailed[state];
  } catch {
    return texts.callFailed.name_face;
  }
}

/** Say when somebody was born, '' for unknown. Returns the same as `nameFace`. */
export function setBorn(name, text) {
  const { first_birth: first, last_year: last } = store.state.limits;
  return setYear(text, first, last, texts.bornRefused, 'set_born', name);
}

/** Say when a photo was taken, '' for unknown. Returns the same as `nameFace`. */
export function setTaken(id, text) {
  const { first_year: first, last_year: last } = store.state.limits;
  return setYear(text, first, last, texts.takenRefused, 'set_taken', id);
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

async function setYear(text, first, last, refused, name, whose) {
  const year = yearOf(text);
  if (year !== null && !(Number.isInteger(year) && year >= first && year <= last)) return refused(first, last);
  try {
    await call(name, whose, year);
    return null;
  } catch {
    return texts.callFailed[name];
  }
}

/** Names in the album that contain a text, those that begin with it first; all names for a blank one. */
export function namesLike(people, text) {
  const wanted = text.trim().toLocaleLowerCase();
  const found = people.filter(({ name }) => name.toLocaleLowerCase().includes(wanted));
  const begins = ({ name }) => (name.toLocaleLowerCase().startsWith(wanted) ? 0 : 1);
  return found.sort((a, b) => begins(a) - begins(b) || names.compare(a.name, b.name));
}
