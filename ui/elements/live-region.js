// Progress for screen readers: said now and then, not at every photo.

import { say, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { isRunning } from '../store.js';
import { texts } from '../texts.js';

const SECONDS = 5;
const AGAIN = 150; // milliseconds without a text, after which the same one is news

class LiveRegion extends StoreElement {
  static watches = ['run', 'ids', 'connected', 'filter'];

  #photos = 0;
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
    const { run, ids, filter, shown } = state;
    const running = isRunning(state);
    const filtered = this.#filter !== null && filter !== this.#filter && ids.length > 1;
    if (filtered) {
      this.tell(filter.kind === 'all' ? texts.photosCount(ids.length) : texts.saysShown(shown.length, ids.length));
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
    } else if (!running && ids.length > this.#photos) {
      this.tell(texts.saysAdded(ids.length - this.#photos));
    }
    this.#running = running;
    this.#cancelling = run.state === 'cancelling';
    this.#photos = ids.length;
    this.#filter = filter;
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
