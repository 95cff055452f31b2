// What to do with the box being drawn: a row below the photo, so that it hides nothing.

import { addDrawn, stopDrawing } from '../actions.js';
import { button, h, say, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { drawnBox } from '../store.js';
import { texts } from '../texts.js';

class DrawingBar extends StoreElement {
  static watches = ['whole', 'drawing'];

  build() {
    set(this, 'role', 'group');
    set(this, 'aria-label', texts.drawing);
    this.spinner = h('span', { class: 'spinner' });
    this.hint = h('span', {});
    this.add = button({ label: texts.drawnAdd, look: 'small primary', click: addDrawn });
    this.leave = button({ label: texts.cancel, look: 'small', click: stopDrawing });
    this.append(h('p', { role: 'status' }, this.spinner, this.hint), h('div', { class: 'ways' }, this.add, this.leave));
  }

  draw(state) {
    this.hidden = drawnBox(state) === null;
    const busy = !this.hidden && state.drawing.busy;
    this.spinner.hidden = !busy;
    say(this.hint, this.hidden ? '' : busy ? texts.drawingBusy : texts.drawingHint);
    set(this.add, 'aria-disabled', busy ? 'true' : null);
  }
}

customElements.define('drawing-bar', DrawingBar);
