// The photos as thumbnails with their ages. Only the cells in view exist, however many photos there are.

import { analyzeShown, tellGrid } from '../actions.js';
import { describePhoto, EVERYTHING, foremostAges, yearInOrder } from '../arrangement.js';
import { button, h, icon, say, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { nameOf, stateOf } from '../photos.js';
import { filterBy, select } from '../selection.js';
import { analyzedShown } from '../shown.js';
import { isRunning } from '../store.js';
import { SureButton } from '../sure-button.js';
import { texts } from '../texts.js';
import { removeShown } from '../undo.js';
import './grid-filter.js';

const LEAST_CELL = 97; // where three ages fit
const GAP = 8;
const SPARE_ROWS = 2; // drawn beyond the edges, so that scrolling shows no gap
const CALM = 100; // milliseconds without scrolling after which the grid stands still
const SEEN = 300; // milliseconds after which a cell counts as seen even while scrolling
const RING = 6; // around the focused cell

// A cell that is moved among its siblings keeps its focus and transition where the browser supports that.
const MOVE = 'moveBefore' in Element.prototype ? 'moveBefore' : 'insertBefore';

const loaded = new Set(); // addresses of thumbnails that the browser has loaded

class PhotoGrid extends StoreElement {
  static watches = ['shown', 'photos', 'selected', 'filter', 'order', 'run'];

  #cells = new Map(); // id -> Cell
  #state = null;
  #scrolling = null; // the timer that ends the scrolling
  #layout = null; // the latest one, null while the grid is hidden
  #held = null; // {id, from}: the photo that stays in view when the layout changes, and its distance from the edge; null: selected
  #drawn = { shown: [], selected: null, filter: null, order: null };

  build() {
    set(this, 'role', 'navigation');
    set(this, 'aria-label', texts.photos);
    this.count = h('h2', { class: 'quiet' });
    this.asking = new SureButton({
      look: 'plain again',
      sign: 'again',
      label: texts.analyzeShown,
      hint: texts.analyzeShownHint,
      act: analyzeShown,
    });
    this.again = this.asking.element;
    this.removal = button({ look: 'plain', sign: 'remove', label: texts.removeAll, click: removeShown });
    // In a "listbox", screen readers leave the arrow keys to the page.
    this.sheet = h('ul', { class: 'sheet', role: 'listbox', 'aria-label': texts.photos });
    this.scroller = h('div', { class: 'scroller' }, this.sheet);
    this.all = button({ label: texts.showAll, click: () => this.showAll() });
    this.nothing = h('div', { class: 'nothing' }, h('p', {}, texts.noMatch), this.all);
    this.append(h('header', {}, this.count, this.again, this.removal), h('grid-filter'), this.nothing, this.scroller);
    this.scroller.addEventListener('scroll', () => this.scrolled());
    new ResizeObserver(() => this.still(() => this.resized())).observe(this.scroller);
  }

  draw(state) {
    const { shown, photos, selected, filter, order } = state;
    const before = this.#drawn;
    const focused = this.sheet.contains(document.activeElement);
    this.#state = state;
    this.#drawn = { shown, selected, filter, order };
    const all = filter.kind === 'all';
    say(this.count, all ? texts.photosCount(photos.size) : texts.outOf(shown.length, photos.size));
    say(this.removal.querySelector('span'), all ? texts.removeAll : texts.removeShown);
    set(this.removal, 'title', all ? texts.removeAllHint : texts.removeShownHint);
    const held = [this.again, this.removal, this.all].find((one) => one === document.activeElement);
    this.removal.hidden = shown.length === 0;
    const again = analyzedShown(state).again.length;
    this.asking.sure = texts.analyzeShownSure(again);
    this.again.hidden = isRunning(state) || again === 0;
    this.nothing.hidden = shown.length > 0 || photos.size === 0;
    if (held?.closest('[hidden]')) this.querySelector('grid-filter select').focus(); // which can show others
    this.scroller.hidden = !this.nothing.hidden;
    // Who asked for another photo or filter wants to see that photo, who asked for another order its beginning; otherwise
    // what is in view stays.
    const chosen = selected !== before.selected || filter !== before.filter;
    if (chosen || order !== before.order) {
      this.size();
      if (chosen) this.reveal(shown.indexOf(selected));
      else this.scroller[this.layout().key] = 0;
      this.#held = null;
    } else if (shown !== before.shown) {
      this.hold(before.shown, shown);
    }
    this.place();
    // The focus follows the selection; a cell that is gone cannot keep it. Where the filter leaves the selected photo out, the
    // large view still shows it.
    if (focused && (selected !== before.selected || !this.sheet.contains(document.activeElement))) {
      const heir = this.#cells.get(selected)?.button ?? document.querySelector('photo-view');
      heir.focus({ preventScroll: true });
    }
  }

  /** Focus the selected photo, or one at the top of the view; if none is shown, the filter, which can show others. */
  focus() {
    this.reveal(this.#state.shown.indexOf(this.#state.selected));
    this.place(); // the grid may have just become visible
    this.querySelector(this.scroller.hidden ? 'select' : '.cell [tabindex="0"]')?.focus();
  }

  showAll() {
    this.querySelector('select').focus(); // the focused button is about to go
    filterBy(EVERYTHING);
  }

  /**
   * Whether the photos run in one row from left to right (`strip`), the number of columns, the side of a cell, how many
   * ages fit on it, the distance from row to row, the length in view, and the property that scrolls it.
   */
  layout() {
    const strip = getComputedStyle(this).getPropertyValue('--strip').trim() === '1';
    const { clientWidth, clientHeight } = this.scroller;
    const room = clientWidth - 2 * GAP;
    const columns = strip ? 1 : Math.max(1, Math.floor((room + GAP) / (LEAST_CELL + GAP)));
    const side = strip ? Math.max(48, clientHeight - 2 * RING) : Math.floor((room - (columns - 1) * GAP) / columns);
    const length = strip ? clientWidth : clientHeight;
    const most = side < LEAST_CELL ? 1 : 3;
    return { strip, columns, side, most, pitch: side + GAP, length, key: strip ? 'scrollLeft' : 'scrollTop' };
  }

  reveal(index) {
    const { columns, pitch, length, key } = this.layout();
    if (index < 0 || length === 0) return;
    const from = Math.floor(index / columns) * pitch;
    const to = from + pitch + GAP;
    const now = this.scroller[key];
    if (from < now) this.scroller[key] = from;
    else if (to > now + length) this.scroller[key] = to - length;
  }

  /** Photos have come before those in view, or moved: scroll along, so that what the user looks at stays in place. */
  hold(before, after) {
    const { strip, columns, pitch, length, key } = this.layout();
    const offset = this.scroller[key];
    this.size();
    if (offset === 0) return; // the beginning stays the beginning
    const first = Math.ceil(offset / pitch) * columns;
    const inSight = before.slice(first, Math.ceil((offset + length) / pitch) * columns);
    const held = [this.#state.selected, ...inSight].find((id) => inSight.includes(id) && after.includes(id));
    if (held === undefined) return;
    const by = (Math.floor(after.indexOf(held) / columns) - Math.floor(before.indexOf(held) / columns)) * pitch;
    if (by === 0) return;
    // The cells first move along without a transition: only those that change places among their neighbors seem to move.
    this.still(() => {
      for (const cell of this.#cells.values()) cell.move(cell.left + (strip ? by : 0), cell.top + (strip ? 0 : by));
    });
    this.scroller[key] = offset + by;
  }

  /** Change cells without a transition. */
  still(change) {
    this.sheet.classList.add('still');
    change();
    void this.sheet.offsetHeight; // makes the browser apply the change now
    this.sheet.classList.remove('still');
  }

  /** The layout has changed: what was looked at, at first the selected photo, stays in view. */
  resized() {
    const before = this.#layout;
    const now = this.layout();
    this.#layout = this.scroller.clientWidth === 0 ? null : now;
    if (this.#state !== null && this.#layout !== null) {
      const { shown, selected } = this.#state;
      const held = before === null ? null : this.#held;
      const index = shown.indexOf(held === null ? selected : held.id);
      const from = Math.floor(index / now.columns) * now.pitch;
      this.size();
      if (held !== null && index >= 0) this.scroller[now.key] = from - held.from;
      this.reveal(index);
    }
    this.place();
  }

  size() {
    const { strip, columns, pitch } = this.layout();
    const total = Math.ceil(this.#state.shown.length / columns) * pitch + GAP;
    this.sheet.style.width = strip ? `${total}px` : '';
    this.sheet.style.height = strip ? '' : `${total}px`;
  }

  scrolled() {
    clearTimeout(this.#scrolling);
    this.#scrolling = setTimeout(() => {
      this.#scrolling = null;
      this.place();
    }, CALM);
    this.place();
  }

  place() {
    if (this.#state === null) return;
    const { shown, selected } = this.#state;
    if (this.scroller.clientWidth === 0 && shown.length > 0) return; // not visible
    const layout = this.layout();
    const { columns, pitch, length } = layout;
    const offset = this.scroller[layout.key];
    this.size();
    tellGrid(columns, Math.max(1, Math.floor((length - GAP) / pitch)));
    this.keep(layout, offset);
    const first = Math.max(0, Math.floor(offset / pitch) - SPARE_ROWS) * columns;
    const last = Math.min(shown.length, (Math.ceil((offset + length) / pitch) + SPARE_ROWS) * columns);
    const places = [];
    for (let place = first; place < last; place += 1) places.push(place);
    // The focused photo keeps its cell, however far away it is.
    const focused = [...this.#cells].find(([, cell]) => cell.button === document.activeElement)?.[0];
    const kept = focused === undefined ? -1 : shown.indexOf(focused);
    if (kept >= 0 && kept < first) places.unshift(kept);
    if (kept >= last) places.push(kept);
    const wanted = new Set(places.map((place) => shown[place]));
    this.drop(wanted);
    const stop = wanted.has(selected) ? selected : shown[first]; // the one cell that the Tab key reaches
    places.forEach((place, number) => this.put(place, number, layout, stop));
    if (kept >= 0) this.#cells.get(focused).button.focus({ preventScroll: true });
  }

  /** Remember what is to stay in view in another layout. */
  keep(layout, offset) {
    // Until the observer has reported a new layout, the offset is still that of the one before.
    if (!['strip', 'columns', 'side', 'length'].every((one) => layout[one] === this.#layout?.[one])) return;
    const { columns, pitch, length } = layout;
    const { shown, selected } = this.#state;
    const from = (id) => Math.floor(shown.indexOf(id) / columns) * pitch - offset;
    const held = [selected, this.#held?.id, shown[Math.ceil(offset / pitch) * columns]].find((id) => from(id) >= 0 && from(id) < length);
    this.#held = { id: held, from: from(held) };
  }

  /** Remove all cells but those of these photos. */
  drop(wanted) {
    for (const [id, cell] of this.#cells) {
      if (wanted.has(id)) continue;
      cell.remove();
      this.#cells.delete(id);
    }
  }

  /** Show the photo at this place as the sheet's child of this number. */
  put(place, number, { strip, columns, side, most, pitch }, stop) {
    const { shown, photos, selected, filter, order } = this.#state;
    const id = shown[place];
    const cell = this.#cells.get(id) ?? new Cell(id);
    const next = this.sheet.children[number] ?? null;
    if (!this.#cells.has(id)) this.sheet.insertBefore(cell.element, next);
    else if (cell.element !== next) this.sheet[MOVE](cell.element, next);
    this.#cells.set(id, cell);
    const row = GAP + Math.floor(place / columns) * pitch;
    const column = GAP + (place % columns) * pitch;
    cell.resize(side);
    cell.move(strip ? row : column, strip ? RING : row);
    cell.point(id === selected, id === stop);
    cell.show(photos.get(id), filter, order, most);
    cell.load(this.#scrolling === null);
    set(cell.button, 'aria-posinset', place + 1);
    set(cell.button, 'aria-setsize', shown.length);
  }
}

class Cell {
  #shown = []; // what `show` was called with
  #side = null;
  #since = performance.now();

  constructor(id) {
    this.left = this.top = null;
    this.picture = h('img', { alt: '', draggable: 'false', on: { load: () => loaded.add(this.picture.getAttribute('src')) } });
    this.mark = h('span', { class: 'pill mark' });
    this.button = h('button', { type: 'button', role: 'option', on: { click: () => select(id) } }, this.picture, this.mark);
    this.element = h('li', { class: 'cell', role: 'none' }, this.button);
  }

  resize(side) {
    if (side === this.#side) return;
    this.#side = side;
    this.element.style.width = this.element.style.height = `${side}px`;
  }

  move(left, top) {
    if (left === this.left && top === this.top) return;
    this.left = left;
    this.top = top;
    this.element.style.transform = `translate(${left}px, ${top}px)`;
  }

  /** `stop`: whether the Tab key reaches this cell. */
  point(selected, stop) {
    set(this.button, 'aria-selected', String(selected));
    set(this.button, 'tabindex', stop ? 0 : -1);
  }

  /** `most`: how many ages fit. */
  show(photo, filter, order, most) {
    const shown = [photo, filter, order, most];
    if (shown.every((one, place) => one === this.#shown[place])) return;
    this.#shown = shown;
    const state = stateOf(photo);
    const ages = foremostAges(photo, filter, order);
    const year = yearInOrder(photo, order);
    set(this.element, 'data-state', state);
    set(this.button, 'aria-label', describePhoto(photo, filter, order));
    set(this.element, 'title', nameOf(photo)); // on the button it would be read out twice
    this.picture.hidden = photo.thumbnail === null;
    // Show what the order goes by.
    this.mark.replaceChildren(...(year === null ? marks(state, ages, most) : [photo.taken === null ? `≈ ${year}` : year]));
    set(this.mark, 'title', year === null ? texts.states[state] : null);
    this.mark.hidden = this.mark.childNodes.length === 0;
  }

  /** Load the picture, but not while the cell rushes past, as Python may have to make it. `still`: nothing scrolls. */
  load(still) {
    const [{ thumbnail }] = this.#shown;
    if (still || loaded.has(thumbnail) || performance.now() - this.#since > SEEN) set(this.picture, 'src', thumbnail);
  }

  /** Remove the cell, and stop loading its picture. */
  remove() {
    this.picture.removeAttribute('src');
    this.element.remove();
  }
}

function marks(state, ages, most) {
  if (state === 'ok') {
    const places = ages.length > most ? Math.max(1, most - 1) : most; // the last place is for the number of the others
    const shown = ages.slice(0, places).flatMap(({ age, uncertain }) => {
      return [' · ', h('span', { class: uncertain && 'uncertain' }, String(age))];
    });
    return [...shown.slice(1), ages.length > places ? ` ${texts.moreFaces(ages.length - places)}` : ''];
  }
  if (state === 'working') return [h('span', { class: 'spinner' })];
  if (state === 'error') return [icon('warning')];
  if (state === 'no_face') return ['–'];
  return state === 'queued' ? [icon('clock')] : [];
}

customElements.define('photo-grid', PhotoGrid);
