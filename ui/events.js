// Applies Python's events to the store. They carry state, so applying one twice is harmless.

import { hearExplaining, takenAlong } from './actions.js';
import { EVERYTHING } from './arrangement.js';
import { notify, withdraw } from './notices.js';
import { reselect, select, selectOnceHere, showGiven } from './selection.js';
import { rearrange, rearrangeSoon, selectedPlace } from './shown.js';
import { isCorrectable, isExportOffered, isSameBox, store } from './store.js';
import { missed } from './whole.js';

/** Apply the answer to `hello`. */
export function applySnapshot(snapshot) {
  const { photos, ...state } = snapshot;
  const { selected, focused, ...view } = takenAlong();
  store.set({ connected: true, ...state, ...view });
  insert(photos);
  store.set({ added: 0 });
  selectOnceHere(selected); // as the previous page did
  if (given !== null) showGiven(given);
  given = null;
  queueMicrotask(() => document.getElementById(focused)?.focus()); // once its panel is drawn
}

export function receive(event) {
  switch (event.event) {
    case 'photos':
      insert(event.photos);
      break;
    case 'whole':
      if (event.photo.id === store.state.selected) store.set({ whole: event.photo, ...facesIn(event.photo), ...drawingOn(event.photo), ...whyOf(event.photo) });
      else missed(event.photo.id);
      break;
    case 'removed':
      remove(event.ids);
      break;
    case 'kept':
      store.set({ kept: event.kept });
      // An offer to continue with an album goes with it.
      withdraw(({ offer }) => typeof offer === 'number' && event.kept.albums.every(({ id }) => id !== offer));
      break;
    case 'people':
      store.set({ people: event.people });
      withdraw(({ offer }) => offer?.to !== undefined && event.people.every(({ name }) => name !== offer.name));
      break;
    case 'run':
    case 'engine':
    case 'export':
      store.set({ [event.event]: event[event.event] });
      leaveExport();
      break;
    case 'explaining':
      hearExplaining(event.explaining);
      break;
    case 'given':
      if (store.state.connected) showGiven(event.given);
      else given = event.given;
      break;
    case 'notice':
      notify(event.text, event.kind, event.album);
      break;
    default: // a newer shell may say more than this page knows
  }
}

/** The hovered and the picked face after a photo is sent again: a new report may have other faces in their places. */
function facesIn(photo) {
  const { whole, pickedFace } = store.state;
  const before = whole?.id === photo.id ? boxesOf(whole) : [];
  const after = boxesOf(photo);
  if (before.length === after.length && before.every((box, index) => isSameBox(box, after[index]))) return {};
  const picked = pickedFace === null ? -1 : after.findIndex((box) => isSameBox(box, before[pickedFace] ?? []));
  return { hoveredFace: null, pickedFace: picked < 0 ? null : picked };
}

function boxesOf({ report }) {
  return (report?.faces ?? []).map(({ box }) => box);
}

/**
 * Drop a box begun on the photo before, or on one that can no longer be corrected: it does not come back after a new
 * analysis.
 */
function drawingOn(photo) {
  const { drawing } = store.state;
  return drawing !== null && (drawing.id !== photo.id || !isCorrectable(photo)) ? { drawing: null } : {};
}

/**
 * Drop an explanation asked for in the photo before, and why a face could not be explained: that may have changed with the
 * photo, as when its drive is back.
 */
function whyOf(photo) {
  const { why } = store.state;
  return why !== null && (why.id !== photo.id || why.state === 'failed') ? { why: null } : {};
}

let given = null; // id of the photo that was opened from outside before the page had the photos

function insert(list) {
  const { photos } = store.state;
  const fresh = [];
  for (const photo of list) {
    if (!photos.has(photo.id)) fresh.push(photo.id);
    photos.set(photo.id, photo);
  }
  store.set({ photos: fresh.length > 0 ? inArrivalOrder(photos) : photos });
  if (fresh.length > 0) {
    count(fresh.map(numberOf));
    reselect(fresh);
  }
  rearrangeSoon();
}

/** Count the photos that have never been there before. */
function count(numbers) {
  const { newest, added } = store.state;
  store.set({ newest: Math.max(newest, ...numbers), added: added + numbers.filter((number) => number > newest).length });
}

/** Photos whose removal was undone arrive last, but go back to their places. */
function inArrivalOrder(photos) {
  const numbers = [...photos.keys()].map(numberOf);
  if (numbers.every((number, place) => place === 0 || number > numbers[place - 1])) return photos;
  return new Map([...photos].sort(([one], [other]) => numberOf(one) - numberOf(other)));
}

function numberOf(id) {
  return Number(id.slice(1));
}

function remove(ids) {
  const { photos, shown: before, selected } = store.state;
  const place = Math.ceil(selectedPlace());
  let removed = 0;
  for (const id of ids) removed += photos.delete(id);
  if (removed === 0) return;
  store.set({ photos });
  leaveExport();
  if (!photos.has(store.state.whole?.id)) store.set({ whole: null });
  // With one photo there is no grid to clear a filter in.
  if (photos.size < 2) store.set({ filter: EVERYTHING });
  rearrange();
  if (photos.has(selected)) return;
  // As in every photo app, select the photo that has moved to the place of the removed one.
  const gone = new Set(ids);
  const next = before.slice(place).find((id) => !gone.has(id)) ?? store.state.shown.at(-1) ?? [...photos.keys()].at(-1) ?? null;
  select(next);
}

/** Close the panel for exports when there is nothing left to export. */
function leaveExport() {
  if (store.state.panel === 'export' && !isExportOffered(store.state)) store.set({ panel: null });
}
