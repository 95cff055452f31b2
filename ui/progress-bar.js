// A progress bar.

import { h, set } from './dom.js';

export class ProgressBar {
  /** `label` is its name for screen readers. */
  constructor(label) {
    this.fill = h('div', { class: 'fill' });
    this.element = h('div', { class: 'bar', role: 'progressbar', 'aria-label': label, 'aria-valuemin': 0 }, this.fill);
  }

  show(done, total) {
    set(this.element, 'aria-valuemax', total);
    set(this.element, 'aria-valuenow', done);
    this.fill.style.transform = `scaleX(${total > 0 ? done / total : 0})`;
  }
}
