// Keys that work anywhere in the window.

import { addPhotos, closePanel, pickFace, removeSelected, step, stopDrawing, undo } from './actions.js';
import { store } from './store.js';

export function takeKeys() {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() === 'o' && !event.shiftKey) take(event, addPhotos);
      if (event.key.toLowerCase() === 'z' && !event.shiftKey && !isTyping(event.target)) take(event, undo);
      return;
    }
    if (isTyping(event.target) || (isInPanel(event.target) && event.key !== 'Escape')) return;
    // Who draws a box means the box, not the photos.
    if (store.state.drawing !== null && event.key !== 'Escape') return;
    switch (event.key) {
      case 'ArrowLeft':
        take(event, () => step(-1));
        break;
      case 'ArrowRight':
        take(event, () => step(1));
        break;
      case 'Delete':
      case 'Backspace':
        take(event, removeSelected);
        break;
      case 'Escape':
        take(event, escape);
        break;
      default:
    }
  });
}

function take(event, action) {
  event.preventDefault();
  if (!event.repeat || event.key.startsWith('Arrow')) action();
}

function escape() {
  const { panel, drawing, pickedFace } = store.state;
  if (panel !== null) closePanel();
  else if (drawing !== null) stopDrawing();
  else if (pickedFace !== null) pickFace(pickedFace);
}

/** Keys pressed in a panel do not mean the photo beside it. */
function isInPanel(target) {
  return target instanceof Element && target.closest('[role="dialog"]') !== null;
}

function isTyping(target) {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type !== 'checkbox');
}
