// The base of the page's elements: each is built once, and drawn whenever what it watches in the store changes.

import { store } from './store.js';

export class StoreElement extends HTMLElement {
  /** Keys of the store that `draw` depends on. */
  static watches = [];

  /** The listener is never removed, as none of these elements ever leaves the page. */
  connectedCallback() {
    this.build();
    store.listen(this.constructor.watches, (state) => this.draw(state));
  }

  /** Make the children. */
  build() {}

  /** Show the state. */
  draw() {}
}
