// The few settings, below their button.

import { changeSetting, closePanel } from '../actions.js';
import { h, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { texts } from '../texts.js';

class SettingsPanel extends StoreElement {
  static watches = ['panel', 'settings'];

  build() {
    this.className = 'panel';
    set(this, 'role', 'dialog');
    set(this, 'aria-label', texts.settings);
    this.check = h('input', {
      type: 'checkbox',
      id: 'analyze-on-drop',
      'aria-describedby': 'analyze-on-drop-hint',
      on: { change: () => changeSetting('analyze_on_drop', this.check.checked) },
    });
    this.append(
      h(
        'div',
        { class: 'choice' },
        this.check,
        h(
          'div',
          {},
          h('label', { for: 'analyze-on-drop' }, texts.analyzeOnDrop),
          h('p', { id: 'analyze-on-drop-hint', class: 'quiet' }, texts.analyzeOnDropHint),
        ),
      ),
    );
    document.addEventListener('pointerdown', (event) => {
      const opener = event.target.closest?.('[data-panel]');
      if (!this.hidden && opener === null && !this.contains(event.target)) closePanel();
    });
  }

  draw({ panel, settings }) {
    const open = panel === 'settings';
    const opened = open && this.hidden;
    const closed = !open && !this.hidden && this.contains(document.activeElement);
    this.hidden = !open;
    this.check.checked = settings.analyze_on_drop;
    if (opened) this.check.focus();
    if (closed) document.querySelector('[data-panel="settings"]').focus();
  }
}

customElements.define('settings-panel', SettingsPanel);
