// Sentences that are shown for a while, also when a call has failed.

import { call } from './bridge.js';
import { store } from './store.js';
import { texts } from './texts.js';

export const OFFERED = 30; // seconds to take an offer, as a removal may have been a slip
export const REMOVAL = 'removal'; // the offer to undo the last removal of photos
export const LAST = 'last'; // the offer to undo the last change

const MOST = 3;

let last = 0;

/**
 * Show a sentence for a while, longer with an offer: `REMOVAL`, `LAST`, the id of a kept album to continue with, or {id, box, name,
 * to, ids}, a name corrected in the photo `id` that others have too.
 */
export function notify(text, kind = 'info', offer = null) {
  const notice = { id: (last += 1), text, kind, offer };
  const others = store.state.notices.filter((one) => one.text !== text && !(offer !== null && one.offer === offer));
  // If there are too many, the oldest of the least important go, but none that is more important than this one.
  const lighter = others.filter((one) => weightOf(one) <= weightOf(notice)).sort((one, other) => weightOf(one) - weightOf(other));
  const left = lighter.slice(0, Math.max(0, others.length + 1 - MOST));
  store.set({ notices: [...others.filter((one) => !left.includes(one)), notice] });
}

function weightOf({ kind, offer }) {
  return offer !== null ? 2 : Number(kind === 'warning');
}

export function dismiss(id) {
  withdraw((notice) => notice.id === id);
}

/** Take away the sentences that no longer hold. */
export function withdraw(isOver) {
  store.set({ notices: store.state.notices.filter((notice) => !isOver(notice)) });
}

/** The answer of a call; if it fails, undefined, and a notice is shown. */
export async function tryCall(name, ...values) {
  try {
    return await call(name, ...values);
  } catch {
    notify(texts.callFailed[name] ?? texts.callFailedUnknown, 'warning');
    return undefined;
  }
}
