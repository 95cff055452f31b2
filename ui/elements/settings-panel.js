// The few settings, below their button.

import { changeSetting, deleteKept } from '../actions.js';
import { h, say } from '../dom.js';
import { SureButton } from '../sure-button.js';
import { texts } from '../texts.js';
import { Panel } from './panel.js';

class SettingsPanel extends Panel {
  static panel = 'settings';

  static light = true;

  static watches = ['panel', 'settings', 'kept'];

  heading = texts.settings;

  build() {
    super.build();
    this.drop = new Choice('analyze_on_drop', texts.analyzeOnDrop, texts.analyzeOnDropHint);
    this.keep = new Choice('keep_album', texts.keepAlbum, texts.keepAlbumHint);
    this.theme = new OneOf('theme', texts.theme, texts.themes);
    this.language = new OneOf('language', texts.language, texts.languages);
    this.trouble = h('p', { class: 'warned trouble', role: 'status' });
    this.delete = new SureButton({ label: texts.deleteKept, sure: texts.deleteKeptSure, act: deleteKept, 'aria-describedby': 'delete-kept-hint' });
    const hint = h('p', { id: 'delete-kept-hint', class: 'quiet' }, texts.deleteKeptHint);
    const kept = h('div', { class: 'kept' }, this.trouble, this.delete.element, hint);
    this.append(h('h2', {}, this.heading), this.drop.element, this.keep.element, kept, this.theme.element, this.language.element);
  }

  draw(state) {
    const { settings, kept } = state;
    for (const one of [this.drop, this.keep, this.theme, this.language]) one.draw(settings);
    say(this.trouble, texts.unkept[kept.state] ?? '');
    super.draw(state);
  }

  closed() {
    this.delete.calm();
  }
}

/** A setting that is on or off, with a sentence below it. */
class Choice {
  constructor(name, label, hint) {
    this.name = name;
    const id = name.replaceAll('_', '-');
    this.check = h('input', {
      type: 'checkbox',
      id,
      'aria-describedby': `${id}-hint`,
      on: { change: () => changeSetting(name, this.check.checked) },
    });
    const words = h('div', {}, h('label', { for: id }, label), h('p', { id: `${id}-hint`, class: 'quiet' }, hint));
    this.element = h('div', { class: 'choice' }, this.check, words);
  }

  draw(settings) {
    this.check.checked = settings[this.name];
  }
}

/** A setting with a few choices. */
class OneOf {
  constructor(name, label, words) {
    this.name = name;
    const options = Object.entries(words).map(([value, word]) => h('option', { value }, word));
    this.select = h('select', { class: 'field', id: name, on: { change: () => changeSetting(name, this.select.value) } }, ...options);
    this.element = h('div', { class: 'one-of' }, h('label', { for: name }, label), this.select);
  }

  draw(settings) {
    this.select.value = settings[this.name];
  }
}

customElements.define('settings-panel', SettingsPanel);
