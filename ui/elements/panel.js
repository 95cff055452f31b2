// Panels that float below the tool bar, one at a time; each is opened by the button that has its name as `data-panel`.

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

  static #before = null; // what had the focus before a panel was opened

  build() {
    this.classList.add('panel');
    set(this, 'role', 'dialog');
    set(this, 'aria-label', this.heading);
    this.hidden = true;
    const leave = ({ target }) => {
      const opener = target.closest?.('[data-panel]');
      if (!this.hidden && opener === null && !this.contains(target)) closePanel();
    };
    // Else it would cover what the Tab key has led to.
    document.addEventListener('keyup', (event) => event.key === 'Tab' && leave(event));
    if (this.constructor.light) document.addEventListener('pointerdown', leave);
  }

  draw({ panel }) {
    const name = this.constructor.panel;
    const open = panel === name;
    if (open && this.hidden) {
      const { activeElement } = document;
      if (activeElement.closest('.panel') === null) Panel.#before = activeElement; // else this one replaces another
      this.opened();
      this.hidden = false;
      this.first().focus();
    } else if (!open && !this.hidden) {
      const focused = this.contains(document.activeElement);
      this.hidden = true;
      this.closed();
      if (!focused) return;
      document.querySelector(`[data-panel="${name}"]`).focus();
      Panel.#before.focus(); // does nothing if it is gone or out of sight
    }
  }

  /** Called before it is shown. */
  opened() {}

  /** Called after it is hidden. */
  closed() {}

  /** What gets the focus first. */
  first() {
    return this.querySelector('button, input, select');
  }
}
