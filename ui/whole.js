// Has Python tell all about the photo selected. The page holds thousands of photos, but only one of them whole.

import { call } from './bridge.js';
import { store } from './store.js';

let asking = false;
let asked = null; // id of the photo of which Python tells all

export function followSelection() {
  store.listen(['connected', 'selected'], ({ connected, selected }) => {
    if (selected === null) asked = null;
    else if (connected && !asking) ask();
  });
}

/** All about this photo has come while another one was selected, and nobody has it any more. */
export function missed(id) {
  if (id === asked) asked = null;
}

/** One call at a time: each comes to Python in a thread of its own, and the one that came last must be the latest. */
async function ask() {
  asking = true;
  try {
    while (store.state.selected !== null && store.state.selected !== asked) {
      asked = store.state.selected;
      await call('show', asked); // the answer comes as events, also whenever something changes
    }
  } catch {
    asked = null; // the next photo tries again
  }
  asking = false;
}
