// Boxes and ages on the photo. `photo-view` tells the scale at which the photo is shown.

import { hoverFace, pickFace } from '../actions.js';
import { h, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { describe, facesOf } from '../photos.js';
import { placePills } from '../pills.js';
import { activeFace } from '../store.js';
import { leaveFace } from './face-card.js';

class FaceOverlay extends StoreElement {
  static watches = ['whole', 'hoveredFace', 'pickedFace', 'drawing'];

  #photo = null;
  #seen = ''; // what is shown of the photo and its faces
  #marks = []; // {face, box, pill}
  #scale = 0;

  draw(state) {
    const photo = state.whole;
    if (photo !== this.#photo) {
      this.#photo = photo;
      this.know(photo === null ? [] : facesOf(photo), photo?.id);
    }
    set(this, 'inert', state.drawing !== null); // the pointer and the Tab key are for the box being drawn
    const active = activeFace(state);
    for (const { face, box, pill } of this.#marks) {
      const on = face.index === active;
      box.classList.toggle('active', on);
      pill.classList.toggle('active', on);
      set(box, 'aria-pressed', String(face.index === state.pickedFace));
    }
  }

  /** Boxes that show the same stay: one may just be pressed while a typed name is being saved. */
  know(faces, id) {
    const seen = JSON.stringify([id, faces.map(({ index, box, age, warnings }) => [index, box, age, warnings.length > 0])]);
    if (seen !== this.#seen) this.fill(faces);
    else faces.forEach((face, place) => set(this.#marks[place].box, 'aria-label', describe(face, place, faces.length)));
    this.#seen = seen;
  }

  fill(faces) {
    this.#marks = faces.map((face, place) => {
      const on = {
        mouseenter: () => hoverFace(face.index),
        mouseleave: leaveFace,
        focus: () => hoverFace(face.index),
        blur: leaveFace,
        click: () => {
          box.focus({ preventScroll: true }); // WebKit does not focus a clicked button, and no browser does for its pill
          pickFace(face.index);
        },
      };
      const uncertain = face.warnings.length > 0 ? 'uncertain' : '';
      const box = h('button', { type: 'button', class: 'face-box', 'aria-label': describe(face, place, faces.length), on });
      // The box has the name for screen readers; the pill is only visual.
      const pill = h('span', { class: `pill age-pill ${uncertain}`, 'aria-hidden': 'true', on }, String(face.age));
      return { face, box, pill };
    });
    // A face within the box of another one, as a child's before its mother, lies above it: each can be pressed.
    const bySize = [...this.#marks].sort((one, other) => areaOf(one.face) - areaOf(other.face));
    bySize.forEach(({ box }, place) => (box.style.zIndex = -1 - place)); // below the pills
    if (this.contains(document.activeElement)) this.closest('photo-view').focus({ preventScroll: true });
    // All pills lie above all boxes: a click on a pill must not hit another face's box.
    this.replaceChildren(...this.#marks.map(({ box }) => box), ...this.#marks.map(({ pill }) => pill));
    if (this.#scale > 0) this.place(this.#scale);
  }

  /** Put everything in its place for a photo shown at `scale`. */
  place(scale) {
    this.#scale = scale;
    const boxes = this.#marks.map(({ face, box }) => {
      const [x, y, width, height] = face.box.map((value) => value * scale);
      Object.assign(box.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
      return { x, y, width, height };
    });
    const sizes = this.#marks.map(({ pill }) => ({ width: pill.offsetWidth, height: pill.offsetHeight }));
    const bounds = { width: this.clientWidth, height: this.clientHeight };
    placePills(boxes, sizes, bounds).forEach(({ x, y }, index) => {
      this.#marks[index].pill.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    });
  }
}

function areaOf({ box: [, , width, height] }) {
  return width * height;
}

customElements.define('face-overlay', FaceOverlay);
