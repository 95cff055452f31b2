// The selected photo, as large as there is room for, with a box and an age on each face; or a message in its place.

import { tellUnshown, zoomBy, zoomTo } from '../actions.js';
import { button, DRAG, h, icon, say, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { legible, nameOf, stateOf } from '../photos.js';
import { step } from '../selection.js';
import { store } from '../store.js';
import { texts } from '../texts.js';
import { removeSelected } from '../undo.js';
import { CLOSER, LARGEST, pillSize, wheelZoom, withinZoom } from '../zoom.js';
import './drawing-bar.js';
import './face-drawer.js';
import './face-overlay.js';

const BLURRED = 1.2; // screen pixels per picture pixel; above it, a larger picture is worth the wait
const SETTLED = 300; // milliseconds; a user who goes from photo to photo looks at none closely

class PhotoView extends StoreElement {
  static watches = ['whole', 'shown', 'zoom'];

  #photo = null;
  #size = null; // of the photo, in its own pixels
  #zoom = 1;
  #closer = null; // address of the larger picture that was asked for last
  #missing = false; // whether that one could not be loaded
  #settling = 0; // timer
  #around = null; // {x, y} in the window: the spot that stays in place when the zoom changes; null for the middle

  build() {
    set(this, 'role', 'region');
    set(this, 'aria-label', texts.photo);
    set(this, 'tabindex', -1); // takes over the focus when the grid goes
    this.image = h('img', { class: 'photo', draggable: 'false' });
    this.overlay = h('face-overlay');
    this.drawer = h('face-drawer');
    this.frame = h('div', { class: 'frame' }, this.image, this.overlay, this.drawer);
    this.message = h('div', { class: 'message', role: 'status' });
    this.badge = h('p', { class: 'pill badge' });
    this.stage = h('div', { class: 'stage' }, this.frame, this.message);
    this.room = h('div', { class: 'room' }, this.stage, this.badge);
    this.name = h('p', { class: 'name selectable', dir: 'auto' });
    this.position = h('p', { class: 'position quiet' });
    this.back = button({ look: 'plain square', sign: 'previous', name: texts.previous, hint: texts.previous, click: () => step(-1) });
    this.onward = button({ look: 'plain square', sign: 'next', name: texts.next, hint: texts.next, click: () => step(1) });
    const remove = button({ look: 'plain square', sign: 'remove', name: texts.remove, hint: texts.removeHint, single: true, click: removeSelected });
    this.smaller = button({ look: 'plain square', sign: 'smaller', name: texts.zoomOut, hint: texts.zoomOut, click: () => zoomBy(-1) });
    this.whole = button({ look: 'plain square', sign: 'whole', name: texts.zoomWhole, hint: texts.zoomWhole, click: () => zoomTo(1) });
    this.larger = button({ look: 'plain square', sign: 'larger', name: texts.zoomIn, hint: texts.zoomIn, click: () => zoomBy(1) });
    this.zooms = h('div', { class: 'zooms', role: 'group', 'aria-label': texts.zoom }, this.smaller, this.whole, this.larger);
    const steps = h('div', { class: 'steps' }, this.back, this.position, this.onward);
    const others = h('div', { class: 'others' }, this.zooms, remove);
    this.append(this.room, h('drawing-bar'), h('footer', {}, steps, this.name, others));
    this.takeZoom();
    this.takePan();
    this.image.addEventListener('load', () => {
      // Until a report tells the size, use the preview's.
      this.#size ??= [this.image.naturalWidth, this.image.naturalHeight];
      if (store.state.unshown === this.#photo.id) this.show(this.#photo);
      else this.fit();
      tellUnshown(null);
    });
    this.image.addEventListener('error', () => {
      if (!this.image.hasAttribute('src')) return;
      if (!this.message.hasChildNodes()) this.explainBroken(this.#photo); // else this was a retry
      tellUnshown(this.#photo.id);
    });
    new ResizeObserver(() => this.fit()).observe(this.room);
  }

  draw(state) {
    const photo = state.whole;
    if (photo === null) {
      // Load its picture anew when it comes back: a failed one would be reported as broken.
      this.#photo = null;
      clearTimeout(this.#settling);
      this.image.removeAttribute('src');
      return;
    }
    const name = nameOf(photo);
    const number = state.shown.length;
    const place = state.shown.indexOf(photo.id); // -1 if the filter leaves it out
    say(this.name, name);
    set(this.name, 'title', [name, legible(photo.folder)].join('\n'));
    say(this.position, place < 0 ? texts.positionNone : texts.outOf(place + 1, number));
    for (const element of [this.position, this.back, this.onward]) this.hide(element, number === 0 || (number === 1 && place === 0));
    set(this.back, 'aria-disabled', place === 0 ? 'true' : null);
    set(this.onward, 'aria-disabled', place === number - 1 ? 'true' : null);
    const zoom = photo.id === state.selected ? state.zoom : this.#zoom; // until the photo selected comes, this one stays
    const zoomed = zoom !== this.#zoom;
    this.#zoom = zoom;
    if (photo !== this.#photo) {
      this.#photo = photo;
      this.show(photo);
    } else if (zoomed) {
      this.fit();
    }
  }

  show(photo) {
    const state = stateOf(photo);
    const { report, preview, enlarged } = photo;
    set(this.image, 'alt', texts.photoAlt(nameOf(photo)));
    const changed = ![preview, enlarged].includes(this.image.getAttribute('src'));
    if (report !== null && report.width > 0) this.#size = [report.width, report.height];
    else if (changed) this.#size = null;
    const broken = !changed && preview !== null && this.image.complete && this.image.naturalWidth === 0;
    // Browsers keep showing the old picture until they have the new one: that would be another photo with these ages.
    if (changed) {
      this.image.removeAttribute('src');
      this.#closer = null;
      this.#missing = false;
      if (preview !== null) set(this.image, 'src', preview);
    }
    this.frame.hidden = preview === null || state === 'error' || broken;
    this.badge.hidden = this.frame.hidden || !['working', 'queued'].includes(state);
    if (!this.badge.hidden) {
      this.badge.replaceChildren(state === 'working' ? h('span', { class: 'spinner' }) : icon('clock'), texts[state]);
    }
    if (state === 'error') this.explain('warning', texts.errors[report.error.code] ?? texts.errorUnknown, legible(report.error.message, 400));
    else if (preview === null && state === 'queued') this.explain('clock', texts.queued);
    else if (broken || (preview === null && photo.state === 'done')) this.explainBroken(photo);
    else if (preview === null) this.explain(null, texts.readingPhoto);
    else this.message.replaceChildren();
    this.hide(this.zooms, this.frame.hidden);
    this.fit();
  }

  /** Explain a missing picture: the photo may have been moved, or has changed since somebody corrected its faces. */
  explainBroken({ report, preview }) {
    this.explain('photo', texts.previewFailed, report === null || preview === null ? null : texts.previewFailedWhy);
  }

  /** Show a message in the photo's place. */
  explain(sign, title, text = null) {
    this.message.replaceChildren(
      sign === null ? h('span', { class: 'spinner' }) : icon(sign),
      h('p', { class: 'title' }, title),
      text === null ? '' : h('p', { class: 'text selectable' }, text),
    );
    if (sign !== null) this.frame.hidden = true;
    this.hide(this.zooms, this.frame.hidden);
  }

  /** Hide or show a part, without which the focus, if it has it, stays with the photo. */
  hide(part, hidden) {
    if (hidden && part.contains(document.activeElement)) this.focus({ preventScroll: true });
    part.hidden = hidden;
  }

  /** Give the frame the photo's proportions, as large as the stage allows; small photos are enlarged only a little. */
  fit() {
    clearTimeout(this.#settling);
    if (this.#size === null || this.frame.hidden) return;
    const room = getComputedStyle(this.stage);
    const width = this.room.clientWidth - parseFloat(room.paddingLeft) - parseFloat(room.paddingRight);
    const height = this.room.clientHeight - parseFloat(room.paddingTop) - parseFloat(room.paddingBottom);
    const whole = Math.min(width / this.#size[0], height / this.#size[1], 3);
    if (!(whole > 0)) return;
    const zoom = this.#zoom;
    const scale = whole * zoom;
    const spot = this.spot();
    set(this.stage, 'data-zoomed', zoom > 1);
    // The photo can be focused, to move it by keyboard, only while there is something to move.
    if (zoom === 1 && document.activeElement === this.stage) this.focus({ preventScroll: true });
    for (const [name, value] of [['tabindex', '0'], ['role', 'group'], ['aria-label', texts.zoomedPhoto]]) set(this.stage, name, zoom > 1 ? value : null);
    this.frame.style.width = `${this.#size[0] * scale}px`;
    this.frame.style.height = `${this.#size[1] * scale}px`;
    this.frame.style.setProperty('--pill-size', `${pillSize(zoom)}px`);
    this.overlay.place(scale);
    this.drawer.place(scale);
    this.hold(spot);
    set(this.smaller, 'aria-disabled', zoom === 1 ? 'true' : null);
    set(this.whole, 'aria-disabled', zoom === 1 ? 'true' : null);
    set(this.larger, 'aria-disabled', zoom === LARGEST ? 'true' : null);
    const pixels = this.image.naturalWidth / this.#size[0]; // picture pixels per photo pixel; 0 before it is loaded
    const more = pixels > 0 && pixels < 1 && scale * devicePixelRatio > pixels * BLURRED;
    if (more && this.#closer === null) this.#settling = setTimeout(() => this.lookCloser(this.#photo), SETTLED);
  }

  /** Load a larger picture. The preview stays until it is there, or for good if there is none. */
  async lookCloser({ preview, enlarged }) {
    this.#closer = enlarged;
    const picture = new Image();
    picture.src = enlarged;
    const made = await picture.decode().then(() => true, () => false);
    if (this.#closer !== enlarged) return; // another photo is shown
    this.#missing = !made;
    if (made && this.image.getAttribute('src') === preview) set(this.image, 'src', enlarged);
  }

  /** Try again to load the larger picture, if it could not be loaded. */
  retry() {
    if (!this.#missing) return;
    this.#closer = null;
    this.#missing = false;
    this.fit();
  }

  /** The spot that is to stay in place: where it is in the window, and where in the photo. */
  spot() {
    const frame = this.frame.getBoundingClientRect();
    const room = this.room.getBoundingClientRect();
    const { x, y } = this.#around ?? { x: room.left + room.width / 2, y: room.top + room.height / 2 };
    this.#around = null;
    return { x, y, across: (x - frame.left) / frame.width, down: (y - frame.top) / frame.height };
  }

  hold({ x, y, across, down }) {
    if (!Number.isFinite(across) || !Number.isFinite(down)) return; // there was no photo before
    const frame = this.frame.getBoundingClientRect();
    // The browser scrolls by whole pixels and drops the rest, which would add up over a turn of the wheel.
    this.stage.scrollBy(Math.round(frame.left + across * frame.width - x), Math.round(frame.top + down * frame.height - y));
  }

  /** Zoom around the pointer, by wheel, two fingers or double click. */
  takeZoom() {
    const zoomAt = ({ clientX: x, clientY: y }, zoom) => {
      if (withinZoom(zoom) !== store.state.zoom) this.#around = { x, y }; // else it would be left over for the next zoom
      zoomTo(zoom);
    };
    this.room.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey) return; // pinching on a touchpad also comes as Ctrl and wheel
        event.preventDefault();
        if (!this.frame.hidden) zoomAt(event, wheelZoom(store.state.zoom, event));
      },
      { passive: false },
    );
    let start = 1; // WebKit has its own events for pinching, whose scale is relative to the first
    this.room.addEventListener('gesturestart', (event) => {
      event.preventDefault();
      start = store.state.zoom;
    });
    this.room.addEventListener('gesturechange', (event) => {
      event.preventDefault();
      if (!this.frame.hidden) zoomAt(event, start * event.scale);
    });
    this.frame.addEventListener('dblclick', (event) => {
      if (store.state.drawing === null) zoomAt(event, store.state.zoom > 1 ? 1 : CLOSER); // else a box is being drawn
    });
  }

  /** Pan by dragging while zoomed. Wheel and touch scroll as the browser does. */
  takePan() {
    let from = null;
    const end = () => {
      from = null;
      this.stage.classList.remove('panning');
    };
    this.stage.addEventListener('pointerdown', (event) => {
      if (event.defaultPrevented || event.button !== 0 || event.pointerType === 'touch' || this.#zoom === 1) return;
      from = { id: event.pointerId, x: event.clientX, y: event.clientY, left: this.stage.scrollLeft, top: this.stage.scrollTop };
    });
    // A press does not move the focus: the arrow keys still lead from photo to photo. Only a field is left, which ends
    // what the user was typing, and a list to choose from, which would take these keys.
    this.stage.addEventListener('mousedown', (event) => {
      if (event.target.closest('button, .selectable') !== null) return;
      event.preventDefault();
      if (document.activeElement.matches('input, select')) document.activeElement.blur();
    });
    this.stage.addEventListener('pointermove', (event) => {
      if (from !== null && event.buttons === 0) end(); // released outside the window
      if (from === null) return;
      const [across, down] = [event.clientX - from.x, event.clientY - from.y];
      if (!this.stage.hasPointerCapture(from.id)) {
        if (Math.hypot(across, down) < DRAG) return;
        this.stage.setPointerCapture(from.id); // from now on the press does not pick a face below it
        this.stage.classList.add('panning');
      }
      this.stage.scrollTo(from.left - across, from.top - down);
    });
    for (const name of ['pointerup', 'pointercancel']) this.stage.addEventListener(name, end);
  }
}

customElements.define('photo-view', PhotoView);
