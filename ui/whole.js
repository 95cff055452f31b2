// Has Python send all about the selected photo. The page holds thousands of photos, but only one of them whole.

import { call } from './bridge.js';
import { store } from './store.js';

let asking = false;
let asked = null; // id of the photo about which Python sends all

export function followSelection() {
  store.listen(['connected', 'selected'], ({ connected, selected }) => {
    if (selected === null) asked = null;
    else if (connected && !asking) ask();
  });
}

/** All about this photo came while another one was selected, and was not kept. */
export function missed(id) {
  if (id === asked) asked = null;
}

/** One call at a time: Python runs each in its own thread, and the last one to arrive must be the latest. */
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
