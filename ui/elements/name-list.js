// The names offered below a field: a list to choose from by mouse or with the arrow keys (ARIA's "combobox"). Any other
// name can be typed as well.

import { h, isComposed, set } from '../dom.js';
import { namesLike } from '../people.js';
import { legible } from '../photos.js';
import { store } from '../store.js';
import { texts } from '../texts.js';

const MOST = 50; // names offered at once; with more, the user types a letter

export class NameList {
  #active = -1;
  #offered = [];

  /** `choose(name)` is called with the name chosen for the field `input`. */
  constructor(input, choose) {
    this.input = input;
    this.choose = choose;
    this.element = h('ul', { class: 'names', role: 'listbox', id: `${input.id}-names`, 'aria-label': texts.namesKnown });
    this.element.hidden = true;
    const aria = { role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': this.element.id };
    for (const [name, value] of Object.entries(aria)) set(input, name, value);
    input.addEventListener('input', (event) => event.isTrusted && this.open()); // if typed, not if Escape brought it back
    input.addEventListener('click', () => this.open());
    input.addEventListener('blur', () => this.close());
    // In the capture phase, before the field: Enter is for the name marked here, and Escape for the list while it is open.
    input.addEventListener('keydown', (event) => this.press(event), true);
    this.element.addEventListener('mousedown', (event) => event.preventDefault()); // the field keeps the focus
  }

  open() {
    const text = this.input.value;
    this.#offered = document.activeElement === this.input ? namesLike(store.state.people, text).slice(0, MOST) : [];
    if (this.#offered.length === 1 && this.#offered[0].name === text) this.#offered = []; // there is nothing to choose
    this.element.replaceChildren(
      ...this.#offered.map(({ name, born }, place) =>
        h(
          'li',
          { role: 'option', id: `${this.element.id}-${place}`, 'aria-selected': 'false', on: { click: () => this.take(place) } },
          h('span', { class: 'name', dir: 'auto', title: legible(name) }, legible(name)),
          born === null ? null : h('span', { class: 'quiet' }, texts.bornIn(born)),
        ),
      ),
    );
    this.element.hidden = this.#offered.length === 0;
    set(this.input, 'aria-expanded', String(!this.element.hidden));
    this.activate(-1);
    if (!this.element.hidden) this.element.scrollIntoView({ block: 'nearest' });
  }

  close() {
    this.#offered = [];
    this.element.hidden = true;
    set(this.input, 'aria-expanded', 'false');
    this.activate(-1);
  }

  activate(place) {
    this.#active = place;
    set(this.input, 'aria-activedescendant', place < 0 ? null : this.element.children[place].id);
    [...this.element.children].forEach((option, number) => set(option, 'aria-selected', String(number === place)));
    if (place >= 0) this.element.children[place].scrollIntoView({ block: 'nearest' });
  }

  press(event) {
    if (isComposed(event) || event.altKey || event.ctrlKey || event.metaKey) return;
    const number = this.#offered.length;
    const steps = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (steps !== undefined) {
      event.preventDefault();
      if (number === 0) this.open();
      else this.activate(this.#active < 0 && steps < 0 ? number - 1 : (this.#active + steps + number) % number);
    } else if (['Enter', 'Tab'].includes(event.key) && this.#active >= 0) {
      this.take(this.#active);
    } else if (event.key === 'Enter') {
      this.close();
    } else if (event.key === 'Escape' && number > 0) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.close();
    }
  }

  take(place) {
    const { name } = this.#offered[place];
    this.close();
    this.choose(name);
  }
}
