// The photos as thumbnails with their ages. Only the cells in sight exist, however many photos there are.

import { removeAll, select } from '../actions.js';
import { button, h, icon, say, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { facesOf, nameOf, stateOf } from '../photos.js';
import { texts } from '../texts.js';

const LEAST_CELL = 96;
const GAP = 8;
const SPARE_ROWS = 2; // drawn beyond the edge, so that scrolling shows no gap
const MOST_AGES = 3; // as many as fit on a thumbnail

class PhotoGrid extends StoreElement {
  static watches = ['ids', 'photos', 'selected'];

  #cells = new Map(); // id -> element
  #state = null;
  #shown = null;

  build() {
    set(this, 'role', 'navigation');
    set(this, 'aria-label', texts.photos);
    this.count = h('h2', { class: 'quiet' });
    this.sheet = h('ul', { class: 'sheet' });
    this.scroller = h('div', { class: 'scroller' }, this.sheet);
    this.append(
      h('header', {}, this.count, button({ look: 'plain', label: texts.removeAll, hint: texts.removeAllHint, click: removeAll })),
      this.scroller,
    );
    this.scroller.addEventListener('scroll', () => this.place());
    new ResizeObserver(() => this.place()).observe(this.scroller);
  }

  draw(state) {
    this.#state = state;
    say(this.count, texts.photosCount(state.ids.length));
    for (const [id, cell] of this.#cells) {
      if (!state.photos.has(id)) {
        cell.remove();
        this.#cells.delete(id);
      }
    }
    if (state.selected !== this.#shown) {
      this.#shown = state.selected;
      this.reveal(state.ids.indexOf(state.selected));
    }
    this.place();
  }

  /** Cells across, side of a cell, and whether the photos run in one row from left to right. */
  layout() {
    const strip = getComputedStyle(this).getPropertyValue('--strip').trim() === '1';
    const { clientWidth, clientHeight } = this.scroller;
    if (strip) return { strip, columns: 1, side: Math.max(48, clientHeight - GAP), length: clientWidth };
    const room = clientWidth - 2 * GAP;
    const columns = Math.max(1, Math.floor((room + GAP) / (LEAST_CELL + GAP)));
    return { strip, columns, side: Math.floor((room - (columns - 1) * GAP) / columns), length: clientHeight };
  }

  reveal(index) {
    const { strip, columns, side, length } = this.layout();
    if (index < 0 || length === 0) return;
    const from = Math.floor(index / columns) * (side + GAP);
    const key = strip ? 'scrollLeft' : 'scrollTop';
    const now = this.scroller[key];
    if (from < now) this.scroller[key] = from;
    else if (from + side + 2 * GAP > now + length) this.scroller[key] = from + side + 2 * GAP - length;
  }

  place() {
    if (this.#state === null || this.scroller.clientWidth === 0) return;
    const { ids, photos, selected } = this.#state;
    const { strip, columns, side, length } = this.layout();
    const pitch = side + GAP;
    const total = Math.ceil(ids.length / columns) * pitch + GAP;
    this.sheet.style.width = strip ? `${total}px` : '';
    this.sheet.style.height = strip ? '' : `${total}px`;
    const offset = strip ? this.scroller.scrollLeft : this.scroller.scrollTop;
    const first = Math.max(0, Math.floor(offset / pitch) - SPARE_ROWS) * columns;
    const last = Math.min(ids.length, (Math.ceil((offset + length) / pitch) + SPARE_ROWS) * columns);
    const wanted = new Set(ids.slice(first, last));
    for (const [id, cell] of this.#cells) {
      if (!wanted.has(id)) {
        cell.remove();
        this.#cells.delete(id);
      }
    }
    for (let place = first; place < last; place += 1) {
      const id = ids[place];
      let cell = this.#cells.get(id);
      if (cell === undefined) {
        cell = new Cell(id);
        this.#cells.set(id, cell);
        this.sheet.append(cell.element);
      }
      const row = GAP + Math.floor(place / columns) * pitch;
      const column = GAP + (place % columns) * pitch;
      cell.show(photos.get(id), id === selected, side, strip ? row : column, strip ? 0 : row);
    }
  }
}

class Cell {
  #photo = null;

  constructor(id) {
    this.picture = h('img', { alt: '', draggable: 'false' });
    this.mark = h('span', { class: 'mark' });
    this.button = h('button', { type: 'button', on: { click: () => select(id) } }, this.picture, this.mark);
    this.element = h('li', { class: 'cell' }, this.button);
  }

  remove() {
    this.element.remove();
  }

  show(photo, selected, side, left, top) {
    const { style } = this.element;
    style.width = `${side}px`;
    style.height = `${side}px`;
    style.transform = `translate(${left}px, ${top}px)`;
    set(this.button, 'aria-current', selected ? 'true' : null);
    if (photo === this.#photo) return;
    this.#photo = photo;
    const state = stateOf(photo);
    const ages = facesOf(photo).map((face) => face.age);
    set(this.element, 'data-state', state);
    set(this.button, 'aria-label', texts.cell(nameOf(photo), state === 'ok' ? texts.cellAges(ages) : texts.states[state]));
    set(this.button, 'title', nameOf(photo));
    if (photo.thumbnail === null) this.picture.removeAttribute('src');
    else set(this.picture, 'src', photo.thumbnail);
    this.picture.hidden = photo.thumbnail === null;
    this.mark.replaceChildren(...marks(state, ages));
    this.mark.hidden = this.mark.childNodes.length === 0;
  }
}

function marks(state, ages) {
  if (state === 'ok') {
    const places = ages.length > MOST_AGES ? MOST_AGES - 1 : MOST_AGES; // the last place goes to the number of the others
    const more = ages.length > places ? ` ${texts.moreFaces(ages.length - places)}` : '';
    return [`${ages.slice(0, places).join(' · ')}${more}`];
  }
  if (state === 'working') return [h('span', { class: 'spinner' })];
  if (state === 'error') return [icon('warning')];
  if (state === 'no_face') return ['–'];
  return state === 'queued' ? [icon('clock')] : [];
}

customElements.define('photo-grid', PhotoGrid);
