// What the page's elements have in common: built once, drawn whenever the store changes in what they watch.

import { store } from './store.js';

export class StoreElement extends HTMLElement {
  /** Keys of the store that `draw` depends on. */
  static watches = [];

  #stop = null;
  #built = false;

  connectedCallback() {
    if (!this.#built) {
      this.#built = true;
      this.build();
    }
    this.#stop = store.listen(this.constructor.watches, (state) => this.draw(state));
  }

  disconnectedCallback() {
    this.#stop();
  }

  /** Make the children. */
  build() {}

  /** Show the state. */
  draw() {}
}
