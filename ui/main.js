// The page's beginning: connects Python, store and elements.
//
// For style sheets and automation (`--screenshot`, tests) the root element tells how far things are:
//   data-state   "starting" (no answer from Python yet), "empty" or "photos"
//   data-photos  "none", "one" or "many"
//   data-idle    "true" once nothing runs and every picture in the page has been loaded (or has failed to)
//   class "dragging" while files are held over the window

import { call, onConnection, onEvent } from './bridge.js';
import { takeDrags } from './drops.js';
import { applySnapshot, receive } from './events.js';
import { takeKeys } from './keyboard.js';
import { isRunning, store } from './store.js';
import { followSelection } from './whole.js';
import './elements/about-panel.js';
import './elements/drop-frame.js';
import './elements/export-panel.js';
import './elements/face-list.js';
import './elements/help-panel.js';
import './elements/live-region.js';
import './elements/notice-list.js';
import './elements/photo-grid.js';
import './elements/photo-view.js';
import './elements/settings-panel.js';
import './elements/tool-bar.js';
import './elements/welcome-view.js';

const root = document.documentElement;

function describePage(state) {
  const number = state.photos.size;
  const emptied = number === 0 && root.dataset.state === 'photos';
  const filled = number > 0 && document.querySelector('welcome-view').contains(document.activeElement);
  const alone = number === 1 && root.dataset.photos === 'many';
  root.dataset.state = !state.connected ? 'starting' : number === 0 ? 'empty' : 'photos';
  root.dataset.photos = number === 0 ? 'none' : number === 1 ? 'one' : 'many';
  // An element that goes out of sight, such as one in the grid, must not keep the focus.
  const heir = emptied ? 'welcome-view button' : filled && number > 1 ? 'photo-grid' : filled || alone ? 'photo-view' : null;
  if (heir && document.activeElement.offsetParent === null) document.querySelector(heir).focus();
  updateIdle();
}

function dress({ connected, settings }) {
  if (connected) root.dataset.theme = settings.theme; // until then it is as the server has written it
}

function updateIdle() {
  const { connected, selected, whole } = store.state;
  const complete = (whole?.id ?? null) === selected && [...document.images].every((image) => image.complete);
  root.dataset.idle = String(connected && complete && !isRunning(store.state));
}

/** Hide a picture that could not be loaded: browsers put a sign of their own in its place. */
function hear({ type, target }) {
  if (target instanceof HTMLImageElement) target.classList.toggle('broken', type === 'error');
  updateIdle();
}

/** Retry pictures that could not be loaded: the engine, or the drive that they are on, may be back. */
function retryPictures() {
  for (const image of document.images) {
    const src = image.getAttribute('src'); // as the elements set it, unlike the property
    if (src && image.complete && image.naturalWidth === 0) image.setAttribute('src', src); // this requests it again
  }
  document.querySelector('photo-view').retry();
  updateIdle();
}

/** Put an error of this page's own script into Python's log. */
function logFault(error) {
  call('fault', `${error}\n${error?.stack ?? ''}`).catch(() => {}); // WebKit's stack does not contain the message
}

store.listen(['connected', 'run', 'photos', 'selected', 'whole'], describePage);
store.listen(['connected', 'settings'], dress);
store.listen(['engine'], ({ engine }) => engine.state === 'ready' && retryPictures());
window.addEventListener('focus', retryPictures);
// These two events do not bubble, so they are caught in the capture phase.
document.addEventListener('load', hear, true);
document.addEventListener('error', hear, true);

window.addEventListener('error', ({ error, message }) => {
  // Browsers also tell here that observers of sizes go on in the next frame, which is no error.
  if (!message.startsWith('ResizeObserver loop')) logFault(error ?? message);
});
window.addEventListener('unhandledrejection', ({ reason }) => logFault(reason));

takeDrags();
takeKeys();
followSelection();
onEvent(receive);
onConnection(() => {
  if (!store.state.connected) call('hello', root.lang).then(applySnapshot);
});
