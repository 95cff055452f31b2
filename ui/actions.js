// What the user can do, whether by mouse or by keyboard. What can be undone is in `undo.js`.

import { arrange, EVERYTHING } from './arrangement.js';
import { firstBox } from './boxes.js';
import { call } from './bridge.js';
import { notify, tryCall, withdraw } from './notices.js';
import { add } from './selection.js';
import { analyzedShown } from './shown.js';
import { drawnBox, isCorrectable, isSameBox, selectedPhoto, store, waitingCount } from './store.js';
import { texts } from './texts.js';
import { changes, isAboutLastChange, underWay } from './undo.js';
import { nextZoom, withinZoom } from './zoom.js';

const TAKEN_ALONG = 'taken-along';

let lastWhy = 0;
let lastSetting = 0;
let giveUp = null; // no undo waits any more for the face that is being added

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

export function addPhotos() {
  return add('pick_photos');
}

export function addFolder() {
  return add('pick_folder');
}

export function paste() {
  return add('paste');
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
  withdraw(({ text }) => isAboutLastChange(text)); // it would not be known in another language
  const { selected, filter, order, newest, panel, notices } = store.state;
  const focused = document.activeElement.id;
  const known = changes.filter(({ made }) => made === undefined); // of others, the next page will hear no answer
  const view = { selected, filter, order, newest, panel, focused };
  sessionStorage.setItem(TAKEN_ALONG, JSON.stringify({ ...view, changes: known, notices }));
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
  if (store.state.drawing?.busy) giveUp();
  store.set({ drawing: null });
}

/** Add the face in the box drawn. */
export async function addDrawn() {
  const { drawing } = store.state;
  if (drawnBox(store.state) === null || drawing.busy) return;
  const sent = { ...drawing, busy: true };
  store.set({ drawing: sent });
  const answer = await underWay(
    tryCall('add_face', drawing.id, drawing.box),
    (addition) => (addition?.state === 'added' ? { id: drawing.id } : null),
    new Promise((resolve) => {
      giveUp = resolve;
    }),
  );
  const wanted = store.state.drawing === sent;
  // If it did not work, the user can try again with a better box.
  if (wanted) store.set({ drawing: answer?.state === 'added' ? null : drawing });
  if (answer?.state === 'added') notify(texts.faceAdded);
  if (answer?.state === 'known' && wanted) notify(texts.faceKnown);
  if (answer?.state === 'failed') notify(`${texts.callFailed.add_face} ${answer.message}`, 'warning');
}

/** Remove a face from the photo shown. Returns whether that was done. */
export async function removeFace(box) {
  const { id } = store.state.whole;
  const removed = await underWay(tryCall('remove_face', id, box), (done) => (done ? { id } : null));
  if (removed) notify(texts.faceRemoved);
  return removed === true;
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
