// Which photo is selected, and which of them a filter and an order show.

import { arrange, EVERYTHING } from './arrangement.js';
import { tryCall } from './notices.js';
import { rearrange, selectedPlace } from './shown.js';
import { store } from './store.js';

const DROPPED = 60_000; // milliseconds within which photos come that were dropped

const expected = new Set(); // a mark for each request of the user that may bring photos
let awaited = null; // {id, instead}: the photo to select once it is here, and the one selected until then
let strayed = null; // {from, to}: the photo selected before filters left it out, and what is selected instead

/** The photos that come next are what the user has just asked for: show the first. Returns the mark in `expected`. */
function expectPhotos() {
  const mark = Symbol();
  expected.add(mark);
  return mark;
}

/** Files were dropped. If there is no photo among them, later photos are not what was asked for. */
export function expectDropped() {
  const mark = expectPhotos();
  setTimeout(() => expected.delete(mark), DROPPED);
}

export async function add(name, ...values) {
  const mark = expectPhotos();
  const added = await tryCall(name, ...values);
  if (!added) expected.delete(mark);
  return added;
}

/** New photos are in the store. */
export function reselect(fresh) {
  if (store.state.selected === null || expected.size > 0) selectFirst(fresh);
  selectAwaited();
}

function selectFirst(fresh) {
  const wanted = awaited?.instead === store.state.selected; // the user has not chosen another one than that awaited
  if (expected.size > 0 && !isKept(fresh[0])) filterBy(EVERYTHING);
  expected.clear();
  if (wanted) awaited.instead = fresh[0];
  select(fresh[0]);
}

/** Select a photo; if Python has yet to send it, when it comes, unless the user has chosen another one by then. */
export function selectOnceHere(id) {
  awaited = { id, instead: store.state.selected };
  selectAwaited();
}

function selectAwaited() {
  if (!store.state.photos.has(awaited?.id)) return;
  if (store.state.selected === awaited.instead) select(awaited.id);
  awaited = null;
}

/** Somebody has opened a photo with Agelens: show it. */
export function showGiven(id) {
  if (!store.state.photos.has(id)) return; // removed meanwhile
  if (!isKept(id)) filterBy(EVERYTHING);
  rearrange(); // the selected photo is scrolled into view only once, so it needs its place by then
  select(id);
}

function isKept(id) {
  const { photos, filter, order } = store.state;
  return arrange(new Map([[id, photos.get(id)]]), filter, order).length > 0;
}

export function select(id) {
  if (id !== store.state.selected) store.set({ selected: id, hoveredFace: null, pickedFace: null, why: null, drawing: null, zoom: 1 });
}

/** Select the photo `steps` further on among those shown, at most the first or the last. */
export function step(steps) {
  const { shown } = store.state;
  if (shown.length === 0) return;
  const place = selectedPlace() + steps;
  const whole = steps > 0 ? Math.floor(place) : Math.ceil(place); // one step from between two photos leads to the next
  select(shown[Math.min(Math.max(whole, 0), shown.length - 1)]);
}

/**
 * Select the photo `rows` further down in the grid, in the same column. From between two photos, the first row leads to the
 * next of them, which would be skipped otherwise.
 */
export function stepRows(rows) {
  const { shown, gridColumns: columns } = store.state;
  const place = selectedPlace();
  if (!Number.isInteger(place)) {
    step(Math.sign(rows) * (1 + (Math.abs(rows) - 1) * columns));
    return;
  }
  const row = Math.floor(place / columns);
  const lastRow = Math.floor((shown.length - 1) / columns);
  const by = Math.min(Math.max(row + rows, 0), lastRow) - row;
  if (by !== 0) step(by * columns);
}

/** Show the photos that a filter keeps: {kind, from, to, text}, or some of these. */
export function filterBy(changes) {
  narrow(changes);
  selectShown();
}

/** The same while the user types: the photo selected stays until `selectShown`. */
export function narrow(changes) {
  store.set({ filter: Object.freeze({ ...store.state.filter, ...changes }) });
  rearrange();
}

/**
 * Select the first of the photos shown, unless the selected one is among them. If the photo that filters hid earlier is
 * shown again, and neither a photo nor `stayHere` has settled it meanwhile, select that one: arrow keys only pass the
 * filters in between.
 */
export function selectShown() {
  const { shown, selected } = store.state;
  const from = strayed?.to === selected ? strayed.from : selected;
  const to = [from, selected, shown[0]].find((id) => shown.includes(id));
  if (to === undefined) return;
  strayed = { from, to };
  select(to);
}

/** The selected photo is the one the user wants, whatever it was selected instead of. */
export function stayHere() {
  strayed = null;
}

/** Sort the photos shown. The photo selected stays selected. */
export function orderBy(order) {
  store.set({ order });
  rearrange();
}
