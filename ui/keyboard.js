// Keys that work anywhere in the window. Where something scrolls, scrolling keys keep their usual effect.

import {
  addFolder,
  addPhotos,
  closePanel,
  copyText,
  paste,
  pickFace,
  stopDrawing,
  togglePanel,
  zoomBy,
  zoomTo,
} from './actions.js';
import { isComposed } from './dom.js';
import { step, stepRows } from './selection.js';
import { isExportOffered, store } from './store.js';
import { MAC } from './texts.js';
import { removeSelected, undo } from './undo.js';

export const KEYS = {
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  ArrowUp: () => stepRows(-1),
  ArrowDown: () => stepRows(1),
  PageUp: () => stepRows(-store.state.gridRows),
  PageDown: () => stepRows(store.state.gridRows),
  Home: () => step(-Infinity),
  End: () => step(Infinity),
  '+': () => zoomBy(1),
  '=': () => zoomBy(1), // the same key without Shift
  '-': () => zoomBy(-1),
  0: () => zoomTo(1),
  Delete: remove,
  Backspace: remove,
  Escape: escape,
  '?': () => togglePanel('help'),
  F1: () => togglePanel('help'),
  F6: nextPart,
};

/** Keys that repeat while held. */
const REPEATED = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', '+', '=', '-'];

const IN_PANELS = ['Escape', '?', 'F1', 'F6'];

const IN_FIELDS = ['Escape', 'F1', 'F6'];

const PARTS = ['photo-grid', 'photo-view', 'face-list'];

const WHILE_DRAWING = ['Escape', '+', '=', '-', '0', '?', 'F1'];

const VERTICAL = ['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End'];
const SCROLL = [...VERTICAL, 'ArrowLeft', 'ArrowRight'];

export function takeKeys() {
  // Browsers press a button repeatedly while Enter is held. No button here is meant to act more than once.
  document.addEventListener('keydown', (event) => event.key === 'Enter' && event.repeat && swallow(event), true);
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || isComposed(event)) return;
    if (event.ctrlKey || event.metaKey) {
      // On macOS these are Cmd and a letter; in a field, Ctrl and a letter edit the text there.
      if (MAC && event.ctrlKey && isTyping(event.target)) return;
      const key = letterOf(event);
      if (key === 'o') take(event, event.shiftKey ? addFolder : addPhotos);
      else if (key === 'v' && !isTyping(event.target)) take(event, paste);
      // What is out of sight, as in a panel that was closed, may still be selected, but is no text.
      else if (key === 'c' && !isTyping(event.target) && getSelection().toString() === '') take(event, copyText);
      else if (key === 'e' && isExportOffered(store.state)) take(event, () => togglePanel('export'));
      else if (key === 'z' && !event.shiftKey && !isTyping(event.target)) take(event, undo);
      return;
    }
    // An Escape meant for the focused field has been handled there.
    if ((isTyping(event.target) && !IN_FIELDS.includes(event.key)) || isScrolled(event)) return;
    // Keys in a panel do not mean the photo beside it; a list to choose from takes letters and arrow keys.
    if (event.target.closest('[role="dialog"], select') !== null && !IN_PANELS.includes(event.key)) return;
    // While a box is drawn, keys mean the box and not the photos.
    if (store.state.drawing !== null && !WHILE_DRAWING.includes(event.key)) return;
    if (Object.hasOwn(KEYS, event.key)) take(event, KEYS[event.key]);
  });
}

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

/** The letter that a shortcut means; on a keyboard of another script, the one in its place on a Latin keyboard. */
function letterOf({ key, code }) {
  const latin = key > '\x7f' && code.startsWith('Key') ? code.slice(-1) : key;
  return latin.toLowerCase();
}

function take(event, action) {
  event.preventDefault();
  if (!event.repeat || REPEATED.includes(event.key)) action(event);
}

/**
 * Remove the focused face, in the photo or beside it; else the photo. The list itself and Undo are exceptions: the focus may
 * have come there from a removed face, or from a field in which the user was still typing.
 */
function remove({ target }) {
  const place = [...document.querySelectorAll('.face-box')].indexOf(target);
  const card = place < 0 ? target.closest('face-card') : document.querySelectorAll('face-card')[place];
  if (card) card.takeOut();
  else if (!target.matches('face-list, [data-action="undo"]')) removeSelected();
}

function escape() {
  const { panel, drawing, pickedFace } = store.state;
  if (panel !== null) closePanel();
  else if (drawing !== null) stopDrawing();
  else if (pickedFace !== null) pickFace(pickedFace);
}

/** Move the focus to the next visible part of the window, with Shift to the previous one. */
async function nextPart({ shiftKey }) {
  closePanel();
  await null; // a panel gives the focus back
  const parts = PARTS.map((name) => document.querySelector(name)).filter((part) => part.checkVisibility());
  const now = parts.findIndex((part) => part.contains(document.activeElement));
  parts.at(shiftKey ? Math.max(now, 0) - 1 : (now + 1) % parts.length)?.focus();
}

/** Whether the key scrolls what has the focus: the list of faces, or the photo while it is larger than its place. */
function isScrolled({ key, target }) {
  if (target.closest('face-list') !== null) return VERTICAL.includes(key);
  return target.matches('.stage[tabindex]') && SCROLL.includes(key);
}

function isTyping(target) {
  return target instanceof HTMLInputElement && !['checkbox', 'radio'].includes(target.type);
}
