// For screen readers: progress, now and then rather than at every photo, and what else would only be visible.

import { describePhoto } from '../arrangement.js';
import { say, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { store } from '../store.js';
import { texts } from '../texts.js';
import { describeWhy } from '../why.js';

const SOON = 5000; // milliseconds between two announcements of a run's progress, in its first minute
const MINUTE = 60_000; // the same after that: a run may take hours
const MOMENT = 1000; // milliseconds before photos are counted: they come in portions, and a name letter by letter
const SETTLED = 300; // milliseconds; a user who goes from photo to photo wants to hear about the last one
const AGAIN = 150; // milliseconds without text after which the same text is read out again

class LiveRegion extends StoreElement {
  static watches = ['run', 'added', 'connected', 'filter', 'selected', 'why'];

  #before = { run: store.state.run, filter: null, selected: null, why: null }; // what was drawn last
  #added = 0; // photos added that need no announcement any more
  #adding = null; // the timer that waits for more photos
  #typing = null; // the timer that waits for more of a name
  #settling = null; // the timer that waits until the user stays at a photo
  #began = 0; // time when the run began
  #said = 0; // time when its progress was last announced
  #told = '';
  #timer = null;

  build() {
    this.className = 'sr-only';
    set(this, 'role', 'status');
    set(this, 'aria-live', 'polite');
  }

  draw({ connected, run, photos, added, filter, selected, why }) {
    const before = this.#before;
    // The first filter and photo were not chosen by the user.
    this.#before = { run, filter: connected ? filter : null, selected, why };
    if (run !== before.run) this.follow(run, before.run);
    if (run.state !== 'idle') this.#added = added; // the run's progress counts them
    else if (added > this.#added) this.collect();
    if (before.filter !== null && filter !== before.filter && photos.size > 1) {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.count(), filter.text === before.filter.text ? 0 : MOMENT);
    }
    if (before.selected !== null && selected !== before.selected) {
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => this.tellPhoto(), SETTLED);
    }
    if (why !== before.why && ['done', 'failed'].includes(why?.state)) this.tell(describeWhy(why).join(' '));
  }

  /** Announce the run's progress when it is time to. */
  follow(run, before) {
    const now = Date.now();
    if (run.state === 'idle' && before.state !== 'idle') {
      // What a canceled run had queued no longer counts, so at its end everything is done.
      const finished = before.state !== 'cancelling' && run.total > 0 && run.done === run.total;
      this.tell(finished ? texts.saysDone(run.done) : texts.saysCancelled);
    } else if (run.state === 'paused') {
      this.keep(texts.saysPaused(run.done, run.total));
    } else if (run.state === 'running') {
      if (before.state === 'idle') this.#began = now;
      const rest = now - this.#began < MINUTE ? SOON : MINUTE;
      if (before.state === 'running' && now - this.#said < rest) return; // starting and resuming are announced at once
      this.keep(texts.saysRunning(run.done, run.total));
      this.#said = now;
    }
  }

  /** Say which photo is shown, unless the focus is in the grid: there it moves along, and the cell is read out. */
  tellPhoto() {
    const { photos, shown, selected, filter, order } = store.state;
    if (!photos.has(selected) || document.activeElement.closest('.cell') !== null) return;
    const place = shown.indexOf(selected);
    const where = place < 0 ? texts.positionNone : texts.outOf(place + 1, shown.length);
    this.tell(`${describePhoto(photos.get(selected), filter, order)}, ${where}`);
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

  /** Announce an event, perhaps the same as before: a text that does not change would not be read out again. */
  tell(text) {
    const same = text === this.#told;
    this.keep(same ? '' : text);
    this.#told = text;
    if (same) this.#timer = setTimeout(() => say(this, text), AGAIN);
  }

  /** Announce a state. */
  keep(text) {
    clearTimeout(this.#timer);
    this.#told = text;
    say(this, text);
  }
}

customElements.define('live-region', LiveRegion);
