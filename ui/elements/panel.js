// What floats below the tool bar: one at a time, opened by the button that carries its name as `data-panel`.

import { closePanel } from '../actions.js';
import { set } from '../dom.js';
import { StoreElement } from '../element.js';

export class Panel extends StoreElement {
  static watches = ['panel'];

  /** Its name in the store. */
  static panel = '';

  /** Whether a press elsewhere closes it. */
  static light = false;

  heading = '';

  build() {
    this.classList.add('panel');
    set(this, 'role', 'dialog');
    set(this, 'aria-label', this.heading);
    this.hidden = true;
    if (!this.constructor.light) return;
    document.addEventListener('pointerdown', (event) => {
      const opener = event.target.closest?.('[data-panel]');
      if (!this.hidden && opener === null && !this.contains(event.target)) closePanel();
    });
  }

  draw({ panel }) {
    const name = this.constructor.panel;
    const open = panel === name;
    if (open && this.hidden) {
      this.opened();
      this.hidden = false;
      this.first().focus();
    } else if (!open && !this.hidden) {
      const focused = this.contains(document.activeElement);
      this.hidden = true;
      this.closed();
      if (focused) document.querySelector(`[data-panel="${name}"]`).focus();
    }
  }

  /** Called whenever it is about to be shown. */
  opened() {}

  /** Called whenever it has been put away. */
  closed() {}

  /** What has the keyboard first. */
  first() {
    return this.querySelector('button, input, select');
  }
}
