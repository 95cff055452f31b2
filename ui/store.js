// The page's state. Events and user actions change it; elements listen and draw. Nothing else holds state that two
// elements share.

import { EVERYTHING } from './arrangement.js';

class Store {
  #state = {
    connected: false,
    engine: { state: 'loading', message: null },
    settings: { analyze_on_drop: true, keep_album: true, theme: 'system', language: 'system' },
    kept: { state: 'on', albums: [] }, // how albums are kept for the next start
    export: { state: 'idle', done: 0, total: 0, result: null },
    people: [], // {name, born}: the names in the album, in alphabetical order
    limits: null, // limits of names and years; known from the first answer on
    run: { state: 'idle', done: 0, total: 0, seconds_left: null, photos_per_minute: null },
    photos: new Map(), // id -> Photo (what a list shows), in the order of arrival; replaced photos are new objects
    newest: 0, // highest number that any photo has had
    added: 0, // new photos since the answer to `hello`, including those that it had no room for
    filter: EVERYTHING, // which photos are shown
    order: 'added', // how they are sorted
    shown: [], // ids of the photos shown, in order; `shown.js` keeps it
    selected: null, // id of the photo to show large
    whole: null, // WholePhoto: the one that is shown large; it follows `selected`, see `whole.js`
    unshown: null, // id of the photo to show large, if its picture cannot be loaded
    zoom: 1, // of the large view; 1 shows the whole photo
    gridColumns: 1, // photos in a row of the grid
    gridRows: 1, // whole rows in sight
    hoveredFace: null, // index into its report's faces
    pickedFace: null,
    why: null, // {id, box, state: 'working' | 'done' | 'failed', done, total, map, message}: the face that is explained
    drawing: null, // {id, box, busy}: the box that the user draws around a face that was missed
    panel: null, // 'export' | 'settings' | 'help' | 'about'
    notices: [], // {id, text, kind, offer}; what is offered: null, or see `notify`
  };
  #listeners = [];
  #changed = new Set();

  get state() {
    return this.#state;
  }

  /** Change some keys. Listeners are called once per turn of the event loop, however many changes it brings. */
  set(changes) {
    for (const [key, value] of Object.entries(changes)) {
      const same = this.#state[key] === value;
      if (same && key !== 'photos') continue; // the map of photos may be changed in place
      this.#state[key] = value;
      if (this.#changed.size === 0) queueMicrotask(() => this.#tell());
      this.#changed.add(key);
    }
  }

  /** Call `listener(state)` now and whenever one of `keys` has changed. */
  listen(keys, listener) {
    this.#listeners.push({ keys, listener });
    listener(this.#state);
  }

  #tell() {
    const changed = this.#changed;
    this.#changed = new Set();
    for (const { keys, listener } of this.#listeners) {
      if (keys.some((key) => changed.has(key))) listener(this.#state);
    }
  }
}

export const store = new Store();

export function selectedPhoto(state) {
  return state.photos.get(state.selected) ?? null;
}

/** The face to highlight: the one under the pointer, else the one picked. */
export function activeFace(state) {
  return state.hoveredFace ?? state.pickedFace;
}

/** The box being drawn on the photo shown, with the photo's size; null when none is, or the photo is not ready for it. */
export function drawnBox({ drawing, whole }) {
  if (drawing === null || drawing.id !== whole?.id || !isCorrectable(whole)) return null;
  return { box: drawing.box, size: [whole.report.width, whole.report.height] };
}

/** Whether faces of a photo can be added and removed. */
export function isCorrectable(photo) {
  return photo.state === 'done' && photo.summary.status !== 'error';
}

/** Whether two faces are the same one: a face is identified by its box. */
export function isSameBox(one, other) {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

export function waitingCount(state) {
  let number = 0;
  for (const photo of state.photos.values()) if (photo.state === 'waiting') number += 1;
  return number;
}

/** Whether there is anything to export, or an export that goes on, which can be canceled. */
export function isExportOffered({ photos, export: { state } }) {
  return photos.size > 0 || state !== 'idle';
}

export function isRunning(state) {
  return state.run.state !== 'idle';
}
