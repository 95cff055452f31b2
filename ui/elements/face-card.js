// One face beside the photo: crop, age, range, distribution, and what makes it uncertain.

import { hoverFace, pickFace, removeFace, toggleWhy } from '../actions.js';
import { button, h, icon, isSecond, say, set } from '../dom.js';
import { describe, titleOf } from '../photos.js';
import { isSameBox } from '../store.js';
import { texts } from '../texts.js';
import { ageChart } from './age-chart.js';
import './face-person.js';
import './why-map.js';

/** A face is not pointed at any more; one whose card has the keyboard, or the pointer, is again. */
export function leaveFace() {
  hoverFace(document.querySelector('face-card:is(:hover, :focus-within)')?.index ?? null);
}

class FaceCard extends HTMLElement {
  unwanted = false; // whether the user has removed the face

  /** Show a face as `facesOf` gives it, of the photo `id`. `know` must follow. */
  fill(id, face) {
    this.face = face;
    this.which = h('span', { class: 'which quiet', dir: 'auto' });
    this.button = h(
      'button',
      { type: 'button', class: 'face' },
      h('span', { class: 'crop' }, face.crop === null ? null : h('img', { src: face.crop, alt: '', draggable: 'false' })),
      h(
        'span',
        { class: 'words' },
        this.which,
        h('span', { class: 'age' }, String(face.age)),
        h('span', { class: 'range' }, texts.range(face.low, face.high)),
        h('span', { class: 'range quiet' }, texts.inCases(face.level)),
      ),
    );
    const warnings = face.warnings.map((name) => h('li', { class: 'warned' }, icon('warning'), h('span', {}, texts.warnings[name] ?? texts.warningUnknown)));
    this.why = button({ label: texts.why, hint: texts.whyButtonHint, look: 'small', single: true, 'aria-expanded': 'false', click: () => toggleWhy(face.box) });
    this.removal = button({ label: texts.removeFace, hint: texts.removeFaceHint, look: 'small plain', single: true, click: () => this.takeOut() });
    this.actions = h('div', { class: 'actions' }, this.why, this.removal);
    this.person = h('face-person');
    this.person.fill(id, face.box);
    this.replaceChildren(this.button, ageChart(face), ...(warnings.length > 0 ? [h('ul', { class: 'warnings' }, ...warnings)] : []), this.person, this.actions);
    this.onclick = (event) => event.target.closest('input, label, .names, .actions') === null && this.pick(event);
    this.onmouseenter = () => hoverFace(this.index);
    this.onmouseleave = leaveFace;
    this.addEventListener('focusin', this.onmouseenter);
    this.addEventListener('focusout', this.onmouseleave);
  }

  /** Update what is known of the face's person, and that it is number `place` (from 0) of `total`. */
  know(face, place, total) {
    this.face = face;
    this.index = face.index;
    say(this.which, titleOf(face, texts.facePlace(place + 1, total)));
    this.which.classList.toggle('named', face.person !== null);
    set(this.which, 'title', face.person === null ? null : this.which.textContent); // a long name is cut off
    set(this.button, 'aria-label', `${describe(face, place, total)} ${texts.inCases(face.level)}`);
    set(this.why, 'aria-label', texts.whyName(place + 1, total));
    set(this.removal, 'aria-label', texts.removeFaceName(place + 1, total));
    this.person.know(face, place, total);
  }

  /** Show what the store's `why` says about this face, if it does. */
  explain(why) {
    const open = why !== null && isSameBox(why.box, this.face.box);
    set(this.why, 'aria-expanded', String(open));
    if (!open) {
      this.querySelector('why-map')?.remove();
      return;
    }
    const map = this.querySelector('why-map') ?? this.appendChild(h('why-map'));
    map.fill(why, this.face);
  }

  pick(event) {
    this.button.focus(); // WebKit does not focus a clicked button
    if (!isSecond(event)) pickFace(this.index);
  }

  async takeOut() {
    this.removal.focus(); // also when removed in the photo: from here the focus goes on to Undo
    this.unwanted = true; // at once, as the card may go before Python answers
    this.unwanted = await removeFace(this.face.box);
  }

  /** The card goes. What was being typed in it is saved, unless the face was removed: then it is about nobody. */
  leave() {
    if (!this.unwanted) this.person.leave();
  }

  mark(active, picked) {
    this.classList.toggle('active', active);
    set(this.button, 'aria-pressed', String(picked));
  }
}

customElements.define('face-card', FaceCard);
