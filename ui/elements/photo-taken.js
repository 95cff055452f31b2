// When the photo was taken: by its faces, by the camera, and by the user.

import { button, h, say } from '../dom.js';
import { setTaken, yearMeant } from '../people.js';
import { yearByFaces } from '../photos.js';
import { texts } from '../texts.js';
import { EditField } from './edit-field.js';

const OLD_PRINTS = 2000; // as in engine/dating.py

class PhotoTaken extends HTMLElement {
  /** `id` is the photo's. */
  fill(id) {
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', texts.whenTaken);
    this.estimate = h('p', { class: 'estimate', role: 'status' });
    this.doubt = h('p', { class: 'quiet' }, texts.oldPrint);
    this.field = new EditField({
      year: true,
      class: 'field year',
      placeholder: texts.yearIfKnown,
      save: (text, before) => setTaken(id, text, before),
      means: (text) => yearMeant('set_taken', id, text),
    });
    this.use = button({ label: '', look: 'small', click: () => this.take() });
    this.camera = h('div', { class: 'camera' }, this.use, h('p', { class: 'quiet' }, texts.scannerHint));
    this.hint = h('p', { class: 'quiet' }, texts.datingHint);
    const given = h('div', { class: 'given' }, h('label', { for: this.field.input.id }, texts.takenYear), this.field.input);
    this.replaceChildren(this.estimate, this.doubt, given, this.field.refusal, this.camera, this.hint);
  }

  /** Show what is known of the photo now. */
  know(photo) {
    const estimate = yearByFaces(photo);
    const words = photo.taken === null ? texts.takenAbout : texts.takenAboutByFaces;
    say(this.estimate, estimate === null ? '' : words(estimate));
    this.doubt.hidden = estimate === null || (photo.taken ?? estimate.low) >= OLD_PRINTS;
    this.field.show(photo.taken === null ? '' : String(photo.taken));
    const offered = photo.taken === null && photo.camera !== null;
    this.year = photo.camera;
    // Who has pressed it with the mouse has not been at the field: the arrow keys lead from photo to photo.
    const heir = this.use.matches(':focus-visible') ? this.field.input : document.querySelector('photo-view');
    if (!offered && this.use === document.activeElement) heir.focus({ preventScroll: heir !== this.field.input });
    this.camera.hidden = !offered;
    if (offered) say(this.use.firstChild, texts.cameraSays(photo.camera));
    this.hint.hidden = photo.taken !== null || estimate !== null || photo.report.faces.length === 0;
  }

  /** Put the camera's year into the field, in place of a refused text. */
  take() {
    this.field.choose(String(this.year));
  }
}

customElements.define('photo-taken', PhotoTaken);
