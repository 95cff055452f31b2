// What the page's elements have in common: built once, drawn whenever the store changes in what they watch.

import { store } from './store.js';

export class StoreElement extends HTMLElement {
  /** Keys of the store that `draw` depends on. */
  static watches = [];

  /** None of them ever leaves the page. */
  connectedCallback() {
    this.build();
    store.listen(this.constructor.watches, (state) => this.draw(state));
  }

  /** Make the children. */
  build() {}

  /** Show the state. */
  draw() {}
}
