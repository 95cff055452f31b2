// What About and Help have in common: a panel beside the photo, with a title and a button that closes it.

import { closePanel } from '../actions.js';
import { button, h } from '../dom.js';
import { texts } from '../texts.js';
import { Panel } from './panel.js';

export class SideSheet extends Panel {
  build() {
    super.build();
    this.classList.add('side-sheet');
    const shut = button({ look: 'plain square', sign: 'close', name: texts.close, hint: texts.close, click: closePanel });
    this.content = h('div', { class: 'content selectable', tabindex: 0, role: 'region', 'aria-label': this.heading });
    this.append(h('div', { class: 'head' }, h('h2', {}, this.heading), shut), this.content);
  }
}
