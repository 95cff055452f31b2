// One face beside the photo: crop, age, range, distribution, and what makes it uncertain.

import { hoverFace, pickFace, removeFace, toggleWhy } from '../actions.js';
import { button, h, icon, say, set } from '../dom.js';
import { titleOf } from '../photos.js';
import { isSameBox } from '../store.js';
import { texts } from '../texts.js';
import { ageChart } from './age-chart.js';
import './face-person.js';
import './why-map.js';

class FaceCard extends HTMLElement {
  /** Show a face as `facesOf` gives it, of the photo `id`; number `place` (from 0) of `total`. */
  fill(id, face, place, total) {
    this.index = face.index;
    this.which = h('span', { class: 'which quiet' });
    this.titleOf = (face) => titleOf(face, place, total);
    this.button = h(
      'button',
      { type: 'button', class: 'face', on: { click: () => pickFace(face.index) } },
      face.crop === null ? h('span', { class: 'crop' }) : h('img', { class: 'crop', src: face.crop, alt: '', draggable: 'false' }),
      h(
        'span',
        { class: 'words' },
        this.which,
        h('span', { class: 'age' }, String(face.age)),
        h('span', { class: 'range' }, texts.between(face.low, face.high)),
        h('span', { class: 'range quiet' }, texts.inCases(face.level)),
      ),
    );
    const warnings = face.warnings.map((name) => h('li', { class: 'warned' }, icon('warning'), h('span', {}, texts.warnings[name] ?? texts.warningUnknown)));
    this.face = face;
    this.why = button({ label: texts.why, name: texts.whyName(place + 1, total), hint: texts.whyButtonHint, look: 'small', 'aria-expanded': 'false', click: () => toggleWhy(face.box) });
    const remove = button({ label: texts.removeFace, name: texts.removeFaceName(place + 1, total), hint: texts.removeFaceHint, look: 'small plain', click: () => removeFace(face.box) });
    this.actions = h('div', { class: 'actions' }, this.why, remove);
    this.person = h('face-person');
    this.person.fill(id, face, place, total);
    this.replaceChildren(this.button, ageChart(face), ...(warnings.length > 0 ? [h('ul', { class: 'warnings' }, ...warnings)] : []), this.person, this.actions);
    this.know(face);
    this.onmouseenter = () => hoverFace(face.index);
    this.onmouseleave = () => hoverFace(null);
  }

  /** The same face, of whose person something else is known now. */
  know(face) {
    this.face = face;
    say(this.which, this.titleOf(face));
    this.which.classList.toggle('named', face.person !== null);
    this.person.know(face);
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
    if (map.seen === why.state) return;
    map.seen = why.state;
    map.scrollIntoView({ block: 'nearest' });
  }

  mark(active, picked) {
    this.classList.toggle('active', active);
    set(this.button, 'aria-pressed', String(picked));
  }
}

customElements.define('face-card', FaceCard);
