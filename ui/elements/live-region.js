// Progress for screen readers: said now and then, not at every photo.

import { say, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { isRunning, store } from '../store.js';
import { texts } from '../texts.js';

const SECONDS = 5;
const MOMENT = 1000; // milliseconds after which photos are counted: they come in portions, and a name letter by letter
const AGAIN = 150; // milliseconds without a text, after which the same one is news

class LiveRegion extends StoreElement {
  static watches = ['run', 'added', 'connected', 'filter'];

  #added = 0; // of which nothing is to be said any more
  #adding = null; // the timer that waits for others
  #typing = null; // the timer that waits for more of a name
  #running = false;
  #cancelling = false;
  #said = 0;
  #filter = null;
  #told = '';
  #timer = null;

  build() {
    this.className = 'sr-only';
    set(this, 'role', 'status');
    set(this, 'aria-live', 'polite');
  }

  draw(state) {
    const { connected, run, photos, added, filter } = state;
    const running = isRunning(state);
    const filtered = this.#filter !== null && filter !== this.#filter && photos.size > 1;
    if (filtered) {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.count(), filter.text === this.#filter.text ? 0 : MOMENT);
    } else if (this.#running && !running) {
      // What a cancelled run had queued counts no more, so at its end all is done.
      const finished = !this.#cancelling && run.total > 0 && run.done === run.total;
      this.tell(finished ? texts.saysDone(run.done) : texts.saysCancelled);
    } else if (run.state === 'paused') {
      this.keep(texts.saysPaused(run.done, run.total));
      this.#said = 0; // going on is said at once
    } else if (running && (!this.#running || Date.now() - this.#said >= SECONDS * 1000)) {
      this.keep(texts.saysRunning(run.done, run.total));
      this.#said = Date.now();
    }
    if (running) this.#added = added; // its progress counts them
    else if (added > this.#added) this.collect();
    this.#running = running;
    this.#cancelling = run.state === 'cancelling';
    this.#filter = connected ? filter : null; // the first one is not the user's
  }

  /** Say how many photos the filter shows. */
  count() {
    const { photos, filter, shown } = store.state;
    this.tell(filter.kind === 'all' ? texts.photosCount(photos.size) : texts.saysShown(shown.length, photos.size));
  }

  /** Photos have been added: say how many when no more come. */
  collect() {
    clearTimeout(this.#adding);
    this.#adding = setTimeout(() => {
      const { added } = store.state;
      if (added > this.#added) this.tell(texts.saysAdded(added - this.#added));
      this.#added = added;
    }, MOMENT);
  }

  /** Something has happened, perhaps the same as before: a text that stays as it is would not be read out again. */
  tell(text) {
    const same = text === this.#told;
    this.keep(same ? '' : text);
    this.#told = text;
    if (same) this.#timer = setTimeout(() => say(this, text), AGAIN);
  }

  /** Something is so. */
  keep(text) {
    clearTimeout(this.#timer);
    this.#told = text;
    say(this, text);
  }
}

customElements.define('live-region', LiveRegion);
