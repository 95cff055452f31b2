// One face beside the photo: crop, age, range, distribution, and what makes it uncertain.

import { hoverFace, pickFace } from '../actions.js';
import { h, icon, set } from '../dom.js';
import { texts } from '../texts.js';
import { ageChart } from './age-chart.js';

class FaceCard extends HTMLElement {
  /** Show a face as `facesOf` gives it, number `place` (from 0) of `total`. */
  fill(face, place, total) {
    this.index = face.index;
    this.button = h(
      'button',
      { type: 'button', class: 'face', on: { click: () => pickFace(face.index) } },
      face.crop === null ? h('span', { class: 'crop' }) : h('img', { class: 'crop', src: face.crop, alt: '', draggable: 'false' }),
      h(
        'span',
        { class: 'words' },
        h('span', { class: 'which quiet' }, texts.faceName(place + 1, total)),
        h('span', { class: 'age' }, String(face.age)),
        h('span', { class: 'range' }, texts.between(face.low, face.high)),
        h('span', { class: 'range quiet' }, texts.inCases(face.level)),
      ),
    );
    const warnings = face.warnings.map((name) => h('li', {}, icon('warning'), h('span', {}, texts.warnings[name] ?? texts.warningUnknown)));
    this.replaceChildren(this.button, ageChart(face), ...(warnings.length > 0 ? [h('ul', { class: 'warnings' }, ...warnings)] : []));
    this.onmouseenter = () => hoverFace(face.index);
    this.onmouseleave = () => hoverFace(null);
  }

  mark(active, picked) {
    this.classList.toggle('active', active);
    set(this.button, 'aria-pressed', String(picked));
  }
}

customElements.define('face-card', FaceCard);
