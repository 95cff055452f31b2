// What can be undone: removals of photos, corrections of faces, and what was entered.

import { LAST, notify, OFFERED, REMOVAL, tryCall, withdraw } from './notices.js';
import { add, selectOnceHere } from './selection.js';
import { isSameBox, selectedPhoto, store } from './store.js';
import { texts } from './texts.js';

const LONGEST = 120; // seconds that an undo waits for a change: if the answer is lost, later undos must still work

/**
 * The latest last: {removed, time}, so many photos; {id}, a correction of that photo's faces; {id, before}, a name or
 * year entered there, where `before` is the call to Python that brings back what it replaced; or {made}, a change under
 * way, which promises whether anything comes of it.
 */
export const changes = [];

let going = Promise.resolve(); // resolves when Python has answered all removals and undos: it gets them one by one

/** Note what can be undone, see `changes`. Notices no longer hold that say how to undo the change before. */
function noteChange(change) {
  changes.push(change);
  withdraw(isOfLastChange);
}

/**
 * Have a change count as the last one though Python has yet to answer: an undo waits for it, and undoes nothing else if
 * nothing comes of it. When `givenUp` resolves, no undo waits any more; those that did were meant for it, and are over.
 * This is not in `going`: removals must not wait for a face that is added while the engine is busy.
 *
 * @param asked promises Python's answer, which is returned
 * @param changeOf called with the answer; returns the change that can be undone, see `changes`, or null
 */
export async function underWay(asked, changeOf, givenUp = null) {
  const noted = asked.then((answer) => {
    const change = changeOf(answer);
    if (change !== null) noteChange(change);
    return change !== null;
  });
  const over = new Promise((resolve) => {
    setTimeout(resolve, LONGEST * 1000);
    givenUp?.then(resolve);
  });
  const pending = { made: Promise.race([noted.catch(() => false), over.then(() => false)]) };
  changes.push(pending);
  pending.made.then(() => forget(pending));
  await noted; // what the caller has to tell about the change comes after it
  return asked;
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
  going = going.then(async () => {
    const removed = await tryCall('remove', ids);
    if (!removed) return;
    noteChange({ removed, time: Date.now() });
    notify(texts.photosRemoved(removed), 'info', REMOVAL);
  });
}

/** Undo the last removal of photos. */
export function undoRemoval() {
  going = going.then(bringBack);
}

/** The same. Returns how many came back, null when there was none to undo. */
async function bringBack() {
  const change = changes.findLast(isRemoval);
  const back = await add('bring_back');
  if (back === undefined) return back; // it failed, and can be tried again
  forget(change);
  // An undo button still on screen would now undo the removal before, which its notice does not mention.
  withdraw(({ offer }) => offer === REMOVAL);
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

/** Undo the last correction of the photo shown. */
export function undoFaces() {
  const { whole } = store.state;
  if (whole?.undoable) going = going.then(() => undoIn(whole.id));
}

/**
 * Undo the last correction of a photo, and show the photo. Returns false when there was none. Only Python knows that: a
 * photo that is not here may be on its way.
 */
async function undoIn(id) {
  const change = changes.findLast((one) => one.id === id && one.before === undefined);
  const state = (await tryCall('undo', id))?.state;
  if (state === undefined) return true; // it failed, and can be tried again
  if (state !== 'busy') forget(change);
  if (state === 'gone') return false;
  selectOnceHere(id);
  withdraw(isOfLastChange);
  if (state === 'busy') notify(texts.undoBusy, 'warning'); // it can be tried again, too
  else notify(texts.undone);
  return true;
}

/** Bring back the name or year replaced last, and show its photo. Returns false when that is gone. */
async function undoEntry() {
  const change = changes.at(-1);
  const { id, before } = change;
  const answer = await tryCall(...before);
  if (answer === undefined) return true;
  forget(change);
  if (isGone(answer)) return false;
  selectOnceHere(id);
  withdraw(isOfLastChange);
  const refusal = texts.namingFailed[answer.state];
  if (refusal !== undefined) notify(refusal, 'warning');
  else {
    notify(texts.asBefore[before[0]]);
    if (before[0] === 'name_face') withdraw(({ offer }) => offer?.id === id && isSameBox(offer.box, before[2])); // it is not corrected
  }
  return true;
}

/** Undo what came last: a removal of photos, a correction of faces, or a name or year. */
export function undo() {
  going = going.then(undoLast); // what is under way is the last change, and Python has to hear of it first
}

async function undoLast() {
  while (changes.length > 0) {
    const last = changes.at(-1);
    if (last.made !== undefined) {
      if (await last.made) continue; // it is among the changes now
      return;
    }
    if (isRemoval(last) ? (await bringBack()) !== null : await (last.before ? undoEntry() : undoIn(last.id))) return;
  }
  // Python remembers more than a reloaded page does.
  const { whole } = store.state;
  if (!(whole?.undoable && (await undoIn(whole.id)))) await bringBack();
}

/** Whether an answer of Python says that the photo is gone, the face, or the name in all photos. */
function isGone(answer) {
  return !answer || answer.length === 0 || answer.state === 'gone';
}

/** Whether a notice is about undoing the last change. */
function isOfLastChange({ text, offer }) {
  return isAboutLastChange(text) || offer === LAST;
}

export function isAboutLastChange(text) {
  return text === texts.faceRemoved || text === texts.undoBusy;
}

function isRemoval({ removed }) {
  return removed !== undefined;
}

/** This change has been undone, or can no longer be. */
function forget(change) {
  const place = changes.indexOf(change);
  if (place >= 0) changes.splice(place, 1);
}
