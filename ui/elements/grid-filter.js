// Above the grid: which photos to show, and in which order.

import { FILTERS, ORDERS } from '../arrangement.js';
import { h, isComposed, keepDigits, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { filterBy, narrow, orderBy, selectShown, stayHere } from '../selection.js';
import { texts } from '../texts.js';

const OLDEST = 100;

class GridFilter extends StoreElement {
  static watches = ['filter', 'order'];

  build() {
    set(this, 'role', 'group');
    set(this, 'aria-label', texts.filterAndOrder);
    this.kind = choice(texts.filter, FILTERS, texts.filters, (kind, byMouse) => {
      filterBy({ kind });
      if (kind !== 'named' || !byMouse) return; // with the arrow keys this kind may only be passed
      this.name.hidden = false; // before `draw` shows it
      this.name.focus();
      this.name.select(); // typing begins a new search
    });
    this.kind.addEventListener('focus', stayHere);
    this.order = choice(texts.order, ORDERS, texts.orders, orderBy);
    this.from = years(texts.fromAge, 0, (from) => narrow({ from }));
    this.to = years(texts.toAge, OLDEST, (to) => narrow({ to }));
    this.range = h('div', { class: 'range' }, this.from, h('span', { class: 'quiet', 'aria-hidden': 'true' }, texts.rangeTo), this.to);
    this.name = h('input', {
      type: 'text',
      class: 'field',
      'aria-label': texts.wantedName,
      placeholder: texts.wantedNameShort,
      spellcheck: 'false',
      autocomplete: 'off',
    });
    this.name.addEventListener('input', () => narrow({ text: this.name.value }));
    this.name.addEventListener('keydown', shownByKey);
    this.append(this.kind, this.range, this.name, this.order);
  }

  draw({ filter, order }) {
    this.kind.value = filter.kind;
    this.order.value = order;
    set(this.kind, 'title', texts.filters[filter.kind]); // it may be cut off
    set(this.order, 'title', texts.orderHints[order] ?? texts.orders[order]);
    const held = [this.range, this.name].find((one) => one.contains(document.activeElement));
    this.range.hidden = filter.kind !== 'ages';
    this.name.hidden = filter.kind !== 'named';
    if (held?.hidden) this.kind.focus(); // further typing is not meant for a photo
    for (const [field, value] of [[this.from, filter.from], [this.to, filter.to], [this.name, filter.text]]) {
      // Not while the user types: "4" may become "40".
      if (field !== document.activeElement) field.value = value ?? '';
    }
  }
}

/** A list to choose from. A choice by mouse takes the focus off it, so that the arrow keys move through the photos. */
function choice(name, values, labels, choose) {
  const options = values.map((value) => h('option', { value }, labels[value]));
  const select = h('select', { class: 'field select', 'aria-label': name }, ...options);
  let byMouse = false;
  select.addEventListener('pointerdown', () => (byMouse = true));
  select.addEventListener('keydown', () => (byMouse = false));
  select.addEventListener('change', () => {
    if (byMouse) select.blur();
    choose(select.value, byMouse);
  });
  return select;
}

/** A field for an age; empty means no bound. */
function years(name, placeholder, choose) {
  const field = h('input', { type: 'text', inputmode: 'numeric', maxlength: 3, class: 'field years', 'aria-label': name, placeholder });
  keepDigits(field, { heard: (digits) => choose(digits === '' ? null : Number(digits)) });
  field.addEventListener('keydown', shownByKey);
  return field;
}

/** Not whenever a field is left: a press elsewhere is meant for the photo there, which must not change under it. */
function shownByKey(event) {
  if (['Enter', 'Tab'].includes(event.key) && !isComposed(event)) selectShown();
}

customElements.define('grid-filter', GridFilter);
