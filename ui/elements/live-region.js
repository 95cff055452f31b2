// Progress for screen readers: said now and then, not at every photo.

import { say, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { isRunning } from '../store.js';
import { texts } from '../texts.js';

const SECONDS = 5;

class LiveRegion extends StoreElement {
  static watches = ['run', 'ids', 'connected', 'filter'];

  #photos = 0;
  #running = false;
  #said = 0;
  #filter = null;

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
      say(this, filter.kind === 'all' ? texts.photosCount(ids.length) : texts.saysShown(shown.length, ids.length));
    } else if (this.#running && !running) {
      say(this, run.total > 0 && run.done === run.total ? texts.saysDone(run.done) : texts.saysCancelled);
    } else if (run.state === 'paused') {
      say(this, texts.saysPaused(run.done, run.total));
      this.#said = 0; // going on is said at once
    } else if (running && (!this.#running || Date.now() - this.#said >= SECONDS * 1000)) {
      say(this, texts.saysRunning(run.done, run.total));
      this.#said = Date.now();
    } else if (!running && ids.length > this.#photos) {
      say(this, texts.saysAdded(ids.length - this.#photos));
    }
    this.#running = running;
    this.#photos = ids.length;
    this.#filter = filter;
  }
}

customElements.define('live-region', LiveRegion);
