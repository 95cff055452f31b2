// What the user can do, whether by mouse or by keyboard.

import { call } from './bridge.js';
import { arrange, EVERYTHING } from './arrangement.js';
import { firstBox } from './boxes.js';
import { LAST, notify, OFFERED, REMOVAL, tryCall, withdraw } from './notices.js';
import { analyzedShown, rearrange, selectedPlace } from './shown.js';
import { drawnBox, isCorrectable, isSameBox, selectedPhoto, store, waitingCount } from './store.js';
import { texts } from './texts.js';
import { nextZoom, withinZoom } from './zoom.js';

const TAKEN_ALONG = 'place';
const DROPPED = 10_000; // milliseconds within which photos come that were dropped

const expected = new Set(); // a mark for each request of the user that may bring photos
let removing = Promise.resolve(); // resolves when Python has answered all removals
/**
 * What can be undone, the latest last: {removed, time}, so many photos; {id}, a correction of that photo's faces; or
 * {id, before}, a name or year entered there, where `before` is the call to Python that brings back what it replaced.
 */
const changes = [];
let strayed = null; // {from, to}: the photo selected before filters left it out, and what is selected instead
let lastWhy = 0;
let lastSetting = 0;

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

/** New photos are in the store. */
export function reselect(fresh) {
  if (store.state.selected !== null && expected.size === 0) return;
  if (expected.size > 0 && !isKept(fresh[0])) filterBy(EVERYTHING);
  expected.clear();
  select(fresh[0]);
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

/** Select the photo `rows` further down in the grid, in the same column. */
export function stepRows(rows) {
  const { shown, gridColumns: columns } = store.state;
  const place = Math.floor(selectedPlace());
  const row = Math.floor(place / columns);
  const lastRow = Math.floor((shown.length - 1) / columns);
  const by = Math.min(Math.max(row + rows, 0), lastRow) - row;
  if (by !== 0) step(by * columns);
}

export function tellGrid(gridColumns, gridRows) {
  store.set({ gridColumns, gridRows });
}

/** Note the photo whose picture cannot be loaded; null when it is there. */
export function tellUnshown(unshown) {
  store.set({ unshown });
  if (unshown !== null) stopDrawing();
}

/** Zoom the large view in (1) or out (-1) by a step. */
export function zoomBy(steps) {
  zoomTo(nextZoom(store.state.zoom, steps));
}

/** 1 shows the whole photo. */
export function zoomTo(zoom) {
  store.set({ zoom: withinZoom(zoom) });
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

export function addPhotos() {
  return add('pick_photos');
}

export function addFolder() {
  return add('pick_folder');
}

export function paste() {
  return add('paste');
}

async function add(name, ...values) {
  const mark = expectPhotos();
  const added = await tryCall(name, ...values);
  if (!added) expected.delete(mark);
  return added;
}

/** Analyze these photos; null for all that wait. */
export function analyze(ids = null) {
  if (ids === null && waitingCount(store.state) === 0) return;
  tryCall('analyze', ids);
}

/** Analyze those of the photos shown again that have been analyzed and not been corrected. */
export function analyzeShown() {
  const { again, corrected } = analyzedShown(store.state);
  analyze(again);
  if (corrected > 0) notify(texts.correctionsStay(corrected));
}

/** Pause a run, or resume a paused one. */
export function pauseOrResume() {
  const { state } = store.state.run;
  if (state === 'running') tryCall('pause');
  if (state === 'paused') tryCall('resume');
}

export async function cancel() {
  const { run } = store.state;
  if (run.state === 'idle' || run.state === 'cancelling') return;
  const cancelling = { ...run, state: 'cancelling' };
  store.set({ run: cancelling }); // respond at once, while thousands of photos are told to wait
  const cancelled = await tryCall('cancel');
  if (!cancelled && store.state.run === cancelling) store.set({ run });
}

export function removeSelected() {
  const photo = selectedPhoto(store.state);
  if (photo !== null) remove([photo.id]);
}

/** Remove the photos shown: all of them, or those that the filter keeps. */
export function removeShown() {
  const { filter, shown } = store.state;
  remove(filter.kind === 'all' ? null : shown);
}

function remove(ids) {
  removing = removing.then(async () => {
    const removed = await tryCall('remove', ids);
    if (!removed) return;
    noteChange({ removed, time: Date.now() });
    notify(texts.photosRemoved(removed), 'info', REMOVAL);
  });
}

/** Undo the last removal of photos. Returns how many came back, null when there was none to undo. */
export async function bringBack() {
  const change = takeLast(isRemoval);
  const back = await add('bring_back');
  if (back === undefined) changes.push(...change); // it failed, and can be tried again
  // An undo button still on screen would now undo the removal before, which its notice does not mention.
  if (back !== undefined) withdraw(({ offer }) => offer === REMOVAL);
  if (back > 0) notify(texts.photosBack(back));
  if (back === 0) notify(texts.photosHere);
  if (typeof back === 'number') offerEarlier();
  return back;
}

/** Offer to undo the removal before, if it was just now: its own offer has given way to that of the later one. */
function offerEarlier() {
  const earlier = changes.findLast(isRemoval);
  if (earlier === undefined || Date.now() - earlier.time > OFFERED * 1000) return;
  notify(texts.photosRemovedBefore(earlier.removed), 'info', REMOVAL);
}

/** Bring back a kept album. */
export function continueAlbum(id) {
  add('continue_album', id);
}

/** Delete all kept albums. If that fails, Python says so itself. */
export async function deleteKept() {
  if (await tryCall('delete_kept')) notify(texts.keptDeleted);
}

export async function changeSetting(name, value) {
  const number = (lastSetting += 1);
  const before = store.state.settings;
  store.set({ settings: { ...before, [name]: value } }); // respond at once
  const settings = await tryCall('set_setting', name, value);
  if (number === lastSetting) store.set({ settings: settings ?? before }); // else a later change applies already
  if (name === 'language' && settings) {
    window.addEventListener('pagehide', takeAlong); // a notice may come until then
    location.reload(); // the texts are chosen while the page loads
  }
}

/**
 * Keep for the next page what Python does not send again with the photos: the view, the changes that can be undone, the
 * notices and the focus. In the list of languages, the user may only have passed one on the way to another.
 */
function takeAlong() {
  withdraw(({ text }) => text === texts.faceRemoved); // `isOfLastChange` would not know it in another language
  const { selected, filter, order, newest, panel, notices } = store.state;
  const focused = document.activeElement.id;
  sessionStorage.setItem(TAKEN_ALONG, JSON.stringify({ selected, filter, order, newest, panel, focused, changes, notices }));
}

/**
 * What the page before this one, in another language, has left: {selected, filter, order, newest, panel} for the store,
 * and `focused`, the id of the focused element; or nothing.
 */
export function takenAlong() {
  const { changes: earlier = [], notices = [], ...view } = JSON.parse(sessionStorage.getItem(TAKEN_ALONG) ?? '{}');
  sessionStorage.removeItem(TAKEN_ALONG);
  changes.push(...earlier);
  for (const { text, kind, offer } of notices) notify(text, kind, offer);
  return view;
}

export function hoverFace(index) {
  store.set({ hoveredFace: index });
}

/** Pick a face, or unpick it if it is the one picked. */
export function pickFace(index) {
  store.set({ pickedFace: store.state.pickedFace === index ? null : index });
}

/** Explain the estimate of a face of the photo shown, or hide its explanation. */
export async function toggleWhy(box) {
  const { id } = store.state.whole;
  const number = (lastWhy += 1);
  if (isExplained(id, box)) {
    store.set({ why: null });
    return;
  }
  const asked = { id, box, done: 0, total: 0, map: null, message: null };
  store.set({ why: { ...asked, state: 'working' } });
  let answer;
  try {
    answer = await call('explain', id, box);
  } catch {
    answer = { map: null, message: null };
  }
  if (number !== lastWhy || !isExplained(id, box)) return; // another one, or none, is wanted by now
  store.set({ why: answer === null ? null : { ...asked, ...answer, state: answer.map === null ? 'failed' : 'done' } });
}

/** Take progress of the explanation that was asked for last. */
export function hearExplaining({ id, box, done, total }) {
  const { why } = store.state;
  if (isExplained(id, box) && why.state === 'working') store.set({ why: { ...why, done, total } });
}

function isExplained(id, box) {
  const { why } = store.state;
  return why !== null && why.id === id && isSameBox(why.box, box);
}

/** Let the user draw a box around a face that was missed. */
export function startDrawing() {
  const { whole } = store.state;
  if (whole === null || !isCorrectable(whole)) return;
  if (whole.preview === null || store.state.unshown === whole.id) {
    notify(texts.previewFailed); // there is nothing to draw on
    return;
  }
  const { width, height } = whole.report;
  store.set({ drawing: { id: whole.id, box: firstBox([width, height]), busy: false }, pickedFace: null });
}

export function drawBox(box) {
  const { drawing } = store.state;
  if (drawing !== null && !drawing.busy) store.set({ drawing: { ...drawing, box } });
}

/** Stop drawing. A box already sent to Python may still bring a face. */
export function stopDrawing() {
  store.set({ drawing: null });
}

/** Add the face in the box drawn. */
export async function addDrawn() {
  const { drawing } = store.state;
  if (drawnBox(store.state) === null || drawing.busy) return;
  const sent = { ...drawing, busy: true };
  store.set({ drawing: sent });
  const answer = await tryCall('add_face', drawing.id, drawing.box);
  const wanted = store.state.drawing === sent;
  // If it did not work, the user can try again with a better box.
  if (wanted) store.set({ drawing: answer?.state === 'added' ? null : drawing });
  if (answer?.state === 'added') faceChanged(drawing.id, texts.faceAdded);
  if (answer?.state === 'known' && wanted) notify(texts.faceKnown);
  if (answer?.state === 'failed') notify(`${texts.callFailed.add_face} ${answer.message}`, 'warning');
}

/** Remove a face from the photo shown. Returns whether that was done. */
export async function removeFace(box) {
  const { id } = store.state.whole;
  const removed = (await tryCall('remove_face', id, box)) === true;
  if (removed) faceChanged(id, texts.faceRemoved);
  return removed;
}

function faceChanged(id, text) {
  noteChange({ id });
  notify(text);
}

/** Undo the last correction of the photo shown. */
export async function undoFaces() {
  const { whole } = store.state;
  if (whole?.undoable) await undoIn(whole.id);
}

/** Undo the last correction of a photo, and show the photo. Returns false when there was none. */
async function undoIn(id) {
  const change = takeLast((one) => one.id === id && one.before === undefined);
  if (!store.state.photos.has(id)) return false;
  const done = await tryCall('undo', id);
  if (done === undefined) changes.push(...change);
  if (done) {
    select(id);
    withdraw(isOfLastChange);
    notify(texts.undone);
  }
  return done !== false;
}

/** Bring back the name or year replaced last, and show its photo. Returns false when that is gone. */
async function undoEntry() {
  const change = changes.pop();
  const { id, before } = change;
  if (!store.state.photos.has(id)) return false;
  const answer = await tryCall(...before);
  if (answer === undefined) changes.push(change);
  if (!answer) return answer !== false;
  select(id);
  withdraw((notice) => isOfLastChange(notice) || notice.offer?.to !== undefined); // nor is the name still corrected
  const refusal = texts.namingFailed[answer.state];
  if (refusal === undefined) notify(texts.asBefore[before[0]]);
  else notify(refusal, 'warning');
  return true;
}

/** Undo what came last: a removal of photos, a correction of faces, or a name or year. */
export async function undo() {
  await removing; // a removal under way is the last change, and Python has to hear of it first
  while (changes.length > 0) {
    const last = changes.at(-1);
    if (isRemoval(last) ? (await bringBack()) !== null : await (last.before ? undoEntry() : undoIn(last.id))) return;
  }
  // Python remembers more than a reloaded page does.
  const { whole } = store.state;
  if (!(whole?.undoable && (await undoIn(whole.id)))) bringBack();
}

/** Whether a notice says how to undo the last change. */
function isOfLastChange({ text, offer }) {
  return text === texts.faceRemoved || offer === LAST;
}

function isRemoval({ removed }) {
  return removed !== undefined;
}

/** Note what can be undone, see `changes`. Notices no longer hold that say how to undo the change before. */
export function noteChange(change) {
  changes.push(change);
  withdraw(isOfLastChange);
}

/** Take the latest change of this kind out of `changes`. Returns it in a list, which is empty if there is none. */
function takeLast(isMeant) {
  const place = changes.findLastIndex(isMeant);
  return place < 0 ? [] : changes.splice(place, 1);
}

/** Export all photos, those shown, or this one ('all', 'shown', 'this'). Python asks where to. */
export function exportPhotos(kind, which) {
  const { photos, shown, selected, order } = store.state;
  const all = order === 'added' ? null : arrange(photos, EVERYTHING, order); // in the order in which they are shown
  tryCall('export', kind, { all, shown, this: [selected] }[which]);
}

export function cancelExport() {
  tryCall('cancel_export');
}

/** Copy the ages of the photo shown as text. */
export async function copyText() {
  const photo = selectedPhoto(store.state);
  if (photo?.state === 'done' && (await tryCall('copy_text', photo.id))) notify(texts.copied);
}

export function togglePanel(name) {
  store.set({ panel: store.state.panel === name ? null : name });
}

export function closePanel() {
  store.set({ panel: null });
}
