// What About and Help have in common: a sheet beside the photo, with a title and a button that closes it.

import { closePanel } from '../actions.js';
import { button, h, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { texts } from '../texts.js';

export class SideSheet extends StoreElement {
  static watches = ['panel'];

  /** Name of the panel in the store, and what its opener in the tool bar carries as `data-panel`. */
  static panel = '';

  title = '';

  build() {
    this.className = 'panel side-sheet';
    set(this, 'role', 'dialog');
    set(this, 'aria-label', this.title);
    this.hidden = true;
    this.shut = button({ look: 'plain square', sign: 'close', name: texts.close, hint: texts.close, click: closePanel });
    this.content = h('div', { class: 'content selectable', tabindex: 0 });
    this.append(h('div', { class: 'head' }, h('h2', {}, this.title), this.shut), this.content);
  }

  draw({ panel }) {
    const name = this.constructor.panel;
    const open = panel === name;
    if (open && this.hidden) {
      this.opened();
      this.hidden = false;
      this.shut.focus();
    } else if (!open && !this.hidden) {
      const focused = this.contains(document.activeElement);
      this.hidden = true;
      if (focused) document.querySelector(`[data-panel="${name}"]`).focus();
    }
  }

  /** Called whenever the sheet is about to be shown. */
  opened() {}
}
