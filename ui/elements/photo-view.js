// The selected photo, as large as there is room, with a box and an age on each face; or what happens instead.

import { removeSelected, step } from '../actions.js';
import { button, h, icon, say, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { nameOf, shown, stateOf } from '../photos.js';
import { selectedPhoto } from '../store.js';
import { texts } from '../texts.js';
import './drawing-bar.js';
import './face-drawer.js';
import './face-overlay.js';

class PhotoView extends StoreElement {
  static watches = ['photos', 'selected', 'shown'];

  #photo = null;
  #size = null; // of the photo, in its own pixels

  build() {
    this.image = h('img', { class: 'photo', draggable: 'false' });
    this.overlay = h('face-overlay');
    this.drawer = h('face-drawer');
    this.frame = h('div', { class: 'frame' }, this.image, this.overlay, this.drawer);
    this.message = h('div', { class: 'message', role: 'status' });
    this.badge = h('p', { class: 'badge' });
    this.stage = h('div', { class: 'stage' }, this.frame, this.message, this.badge);
    this.name = h('p', { class: 'name selectable' });
    this.position = h('p', { class: 'position quiet' });
    this.back = button({ look: 'plain square', sign: 'previous', name: texts.previous, hint: texts.previous, click: () => step(-1) });
    this.onward = button({ look: 'plain square', sign: 'next', name: texts.next, hint: texts.next, click: () => step(1) });
    const remove = button({ look: 'plain square', sign: 'remove', name: texts.remove, hint: texts.removeHint, click: removeSelected });
    this.append(this.stage, h('drawing-bar'), h('footer', {}, this.back, this.position, this.onward, this.name, remove));
    this.image.addEventListener('load', () => {
      // Until a report tells the size, the preview's own proportions do.
      this.#size ??= [this.image.naturalWidth, this.image.naturalHeight];
      this.fit();
    });
    this.image.addEventListener('error', () => {
      if (this.image.hasAttribute('src')) this.explain('photo', texts.previewFailed);
    });
    new ResizeObserver(() => this.fit()).observe(this.stage);
  }

  draw(state) {
    const photo = selectedPhoto(state);
    if (photo === null) return;
    const name = nameOf(photo);
    const number = state.shown.length;
    const place = state.shown.indexOf(photo.id); // -1: the filter leaves it out
    say(this.name, name);
    set(this.name, 'title', shown(photo.folder));
    say(this.position, place < 0 ? texts.positionNone : texts.position(place + 1, number));
    for (const element of [this.position, this.back, this.onward]) element.hidden = number === 0 || (number === 1 && place === 0);
    set(this.back, 'aria-disabled', place === 0 ? 'true' : null);
    set(this.onward, 'aria-disabled', place === number - 1 ? 'true' : null);
    if (photo === this.#photo) return; // another one has changed
    this.#photo = photo;
    this.show(photo, name);
  }

  show(photo, name) {
    const state = stateOf(photo);
    const { report, preview } = photo;
    set(this.stage, 'data-state', state);
    set(this.image, 'alt', texts.photoAlt(name));
    const changed = this.image.getAttribute('src') !== preview;
    if (report !== null && report.width > 0) this.#size = [report.width, report.height];
    else if (changed) this.#size = null;
    const broken = !changed && preview !== null && this.image.complete && this.image.naturalWidth === 0;
    // A browser goes on showing the old picture until it has the new one: here that would be another photo with these ages.
    if (changed) this.image.removeAttribute('src');
    if (preview !== null) set(this.image, 'src', preview);
    this.frame.hidden = preview === null || state === 'error' || broken;
    this.badge.hidden = this.frame.hidden || !['working', 'queued'].includes(state);
    if (!this.badge.hidden) {
      this.badge.replaceChildren(state === 'working' ? h('span', { class: 'spinner' }) : icon('clock'), texts[state]);
    }
    if (state === 'error') this.explain('warning', texts.errors[report.error.code] ?? texts.errorUnknown, shown(report.error.message, 400));
    else if (preview === null) this.explain(null, texts.readingPhoto);
    else if (broken) this.explain('photo', texts.previewFailed);
    else this.message.hidden = true;
    this.fit();
  }

  /** What stands where the photo would be. */
  explain(sign, title, text = null) {
    this.message.replaceChildren(
      sign === null ? h('span', { class: 'spinner' }) : icon(sign),
      h('p', { class: 'title' }, title),
      text === null ? '' : h('p', { class: 'text selectable' }, text),
    );
    this.message.hidden = false;
    if (sign !== null) this.frame.hidden = true;
  }

  /** Give the frame the photo's proportions, as large as the stage allows; small photos are enlarged a little only. */
  fit() {
    if (this.#size === null || this.frame.hidden) return;
    const room = getComputedStyle(this.stage);
    const width = this.stage.clientWidth - parseFloat(room.paddingLeft) - parseFloat(room.paddingRight);
    const height = this.stage.clientHeight - parseFloat(room.paddingTop) - parseFloat(room.paddingBottom);
    const scale = Math.min(width / this.#size[0], height / this.#size[1], 3);
    if (!(scale > 0)) return;
    this.frame.style.width = `${this.#size[0] * scale}px`;
    this.frame.style.height = `${this.#size[1] * scale}px`;
    this.overlay.place(scale);
    this.drawer.place(scale);
  }
}

customElements.define('photo-view', PhotoView);
