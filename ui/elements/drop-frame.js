// The frame around the window while files are dragged over it. Shown by the root's class "dragging".

import { h, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { texts } from '../texts.js';

class DropFrame extends StoreElement {
  build() {
    set(this, 'aria-hidden', 'true');
    this.append(h('p', {}, texts.dropHere));
  }
}

customElements.define('drop-frame', DropFrame);
