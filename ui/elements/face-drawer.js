// A box that the user draws around a face that was missed: dragged with the mouse, or moved and sized with the arrow keys.

import { addDrawn, drawBox } from '../actions.js';
import { boxBetween, moved, resized } from '../boxes.js';
import { DRAG, h, say, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { drawnBox, store } from '../store.js';
import { texts } from '../texts.js';

const STEP = 4; // pixels of the window per key press
const CORNERS = ['top-left', 'top-right', 'bottom-left', 'bottom-right'];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class FaceDrawer extends StoreElement {
  static watches = ['whole', 'drawing'];

  #scale = 0;
  #size = [0, 0]; // of the photo
  #box = null;
  #drag = null; // the box that the moving pointer makes: (x, y) -> box, in pixels of the photo
  #pointer = null; // the id of that pointer

  build() {
    this.hidden = true;
    // "application": screen readers, too, leave the arrow keys to the box.
    this.frame = h(
      'div',
      { class: 'drawn', tabindex: 0, role: 'application', 'aria-label': texts.drawnBox, on: { keydown: (event) => this.press(event) } },
      ...CORNERS.map((corner) => h('span', { class: `corner ${corner}`, 'data-corner': corner })),
    );
    this.said = h('p', { class: 'sr-only', role: 'status' });
    this.append(this.frame, this.said);
    this.addEventListener('pointerdown', (event) => this.begin(event));
    this.addEventListener('pointermove', (event) => this.isDragged(event) && drawBox(this.#drag(...this.at(event))));
    for (const end of ['pointerup', 'pointercancel']) this.addEventListener(end, (event) => this.isDragged(event) && (this.#drag = null));
  }

  draw(state) {
    const { box, size } = drawnBox(state) ?? { box: null, size: null };
    const opened = box !== null && this.hidden;
    const left = box === null && Boolean(document.activeElement?.closest('face-drawer, drawing-bar'));
    this.hidden = box === null;
    if (left) document.querySelector('[data-action="add-face"]')?.focus();
    if (box === null) {
      this.#box = this.#drag = null;
      say(this.said, '');
      return;
    }
    this.#box = box;
    this.#size = size;
    set(this, 'aria-busy', state.drawing.busy ? 'true' : null);
    this.lay();
    if (!opened) return;
    this.frame.focus({ preventScroll: true }); // the user has scrolled the photo to the face
    this.closest('photo-view').scrollIntoView(); // in a small window, the button that opens this is far below the photo
  }

  /** Place the box in a photo shown at `scale`. */
  place(scale) {
    this.#scale = scale;
    this.lay();
  }

  lay() {
    if (this.#box === null) return;
    const [left, top, width, height] = this.#box.map((value) => `${value * this.#scale}px`);
    Object.assign(this.frame.style, { left, top, width, height });
  }

  isDragged({ pointerId }) {
    return this.#drag !== null && pointerId === this.#pointer;
  }

  begin(event) {
    if (event.button !== 0) return;
    event.preventDefault(); // select no text, and leave the focus to the code below
    if (this.#drag !== null && !this.isDragged(event)) return; // a second finger, or a palm
    this.#pointer = event.pointerId;
    this.setPointerCapture(event.pointerId);
    const [x, y] = this.at(event);
    const [left, top, width, height] = this.#box;
    const corner = event.target.dataset?.corner;
    if (corner) {
      const fixed = [corner.endsWith('left') ? left + width : left, corner.startsWith('top') ? top + height : top];
      this.#drag = (toX, toY) => boxBetween(fixed, [toX, toY], this.#size);
    } else if (event.target === this.frame) {
      this.#drag = (toX, toY) => moved([left, top, width, height], toX - x, toY - y, this.#size);
    } else {
      let begun = false; // a click leaves the box as it is, even if the hand is not quite still
      this.#drag = (toX, toY) => {
        begun ||= Math.hypot(toX - x, toY - y) * this.#scale >= DRAG;
        return begun ? boxBetween([x, y], [toX, toY], this.#size) : this.#box;
      };
    }
    this.frame.focus({ focusVisible: false, preventScroll: true }); // nothing moves under the pointer
  }

  press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      addDrawn();
    }
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    if (store.state.drawing.busy) return; // it stays where it is being analyzed
    const [across, down] = ARROWS[event.key].map((direction) => (direction * STEP) / this.#scale);
    const box = (event.shiftKey ? resized : moved)(this.#box, across, down, this.#size);
    drawBox(box);
    requestAnimationFrame(() => this.frame.scrollIntoView({ block: 'nearest', inline: 'nearest' }));
    const share = (value, axis) => Math.round((100 * value) / this.#size[axis]);
    say(this.said, texts.drawnPlace(share(box[0], 0), share(box[1], 1), share(box[2], 0), share(box[3], 1)));
  }

  /** Where the pointer is, in pixels of the photo. */
  at(event) {
    const { left, top } = this.getBoundingClientRect();
    return [(event.clientX - left) / this.#scale, (event.clientY - top) / this.#scale];
  }
}

customElements.define('face-drawer', FaceDrawer);
