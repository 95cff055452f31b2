// A button for what cannot be undone: it takes two presses, and a double click counts as one.

import { button, say } from './dom.js';

const DOUBLE_CLICK = 500; // milliseconds

export class SureButton {
  #asked = null; // time of the first press
  #sure;

  /**
   * @param act called with the second press
   * @param sure what the button says in between
   * @param attributes see `button`
   */
  constructor({ act, sure, ...attributes }) {
    this.act = act;
    this.#sure = sure;
    this.label = attributes.label;
    this.element = button({ ...attributes, click: () => this.press() });
    this.words = this.element.querySelector('span');
    this.element.addEventListener('blur', () => this.calm());
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || this.#asked === null) return;
      event.preventDefault(); // it must have no other effect
      this.calm();
    });
  }

  press() {
    if (this.#asked === null) this.ask(Date.now());
    else if (Date.now() - this.#asked > DOUBLE_CLICK) {
      this.calm();
      this.act();
    }
  }

  /** Forget the first press. */
  calm() {
    this.ask(null);
  }

  ask(when) {
    this.#asked = when;
    if (when !== null) this.element.focus(); // WebKit does not focus a clicked button, and `blur` must come to call `calm`
    say(this.words, when === null ? this.label : this.#sure);
    this.element.classList.toggle('sure', when !== null);
  }

  /** Change what the button says in between. */
  set sure(text) {
    this.#sure = text;
    if (this.#asked !== null) say(this.words, text);
  }
}
