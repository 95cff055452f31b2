// Sentences from Python, shown for a while above everything else.

import { dismiss } from '../actions.js';
import { button, h, icon, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { shown } from '../photos.js';
import { texts } from '../texts.js';

class NoticeList extends StoreElement {
  static watches = ['notices'];

  #shown = new Map();

  build() {
    set(this, 'role', 'status');
    set(this, 'aria-live', 'polite');
  }

  draw({ notices }) {
    for (const [id, element] of this.#shown) {
      if (!notices.some((notice) => notice.id === id)) {
        element.remove();
        this.#shown.delete(id);
      }
    }
    for (const { id, text, kind, takeBack } of notices) {
      if (this.#shown.has(id)) continue;
      const act = () => {
        dismiss(id);
        takeBack();
      };
      const element = h(
        'div',
        { class: `notice ${kind === 'warning' ? 'warning' : 'info'}` },
        icon(kind === 'warning' ? 'warning' : 'info'),
        h('p', { class: 'selectable' }, shown(text, 400)),
        takeBack === null ? null : button({ look: 'small', label: texts.undo, hint: texts.bringBackHint, click: act }),
        button({ look: 'plain square', sign: 'close', name: texts.dismiss, click: () => dismiss(id) }),
      );
      this.#shown.set(id, element);
      this.append(element);
    }
  }
}

customElements.define('notice-list', NoticeList);
