// What to export, and of which photos; during an export, its progress.

import { cancelExport, copyText, exportPhotos } from '../actions.js';
import { button, h, say, set } from '../dom.js';
import { legible } from '../photos.js';
import { ProgressBar } from '../progress-bar.js';
import { texts } from '../texts.js';
import { Panel } from './panel.js';

const KINDS = ['report', 'copies', 'csv', 'json'];
const CHOICES = ['all', 'shown', 'this'];

class ExportPanel extends Panel {
  static panel = 'export';

  static light = true;

  static watches = ['panel', 'export', 'shown', 'selected', 'photos'];

  heading = texts.export;

  build() {
    super.build();
    this.kinds = radios('export-kind', texts.exportKind, KINDS, (kind) => texts.exportKinds[kind], (kind) => texts.exportHints[kind]);
    this.choices = radios('export-photos', texts.exportWhich, CHOICES, (choice) => texts.exportChoices[choice]);
    this.start = button({ label: texts.exportStart, look: 'primary', click: () => exportPhotos(this.kinds.value(), this.choices.value()) });
    this.copy = button({ label: texts.copyText, hint: texts.copyTextHint, click: copyText });
    this.result = h('p', { class: 'result quiet selectable' });
    this.form = h('div', {}, this.result, this.kinds.element, this.choices.element, h('div', { class: 'ways' }, this.start, this.copy));
    this.count = h('p', {});
    this.bar = new ProgressBar(texts.exporting);
    this.stop = button({ label: texts.cancel, click: cancelExport });
    this.progress = h('div', {}, this.count, this.bar.element, this.stop);
    this.append(h('h2', {}, this.heading), this.form, this.progress);
  }

  draw(state) {
    const { export: going, shown, selected, photos } = state;
    const running = going.state !== 'idle';
    const switched = running === this.progress.hidden && this.contains(document.activeElement);
    this.form.hidden = running;
    this.progress.hidden = !running;
    super.draw(state);
    if (switched) this.first().focus(); // the focused element is gone
    const counts = { all: photos.size, shown: shown.length, this: 1 };
    const offered = { all: true, shown: shown.length > 0 && shown.length < photos.size, this: photos.size > 1 && selected !== null };
    for (const choice of CHOICES) this.choices.offer(choice, offered[choice], choice === 'this' ? '' : texts.photosCount(counts[choice]));
    this.choices.element.hidden = !offered.shown && !offered.this; // there is nothing to choose
    set(this.copy, 'aria-disabled', photos.get(selected)?.state === 'done' ? null : 'true');
    say(this.result, legible(going.result ?? '', 400));
    this.result.hidden = going.result === null;
    if (!running) return;
    say(this.count, going.state === 'cancelling' ? texts.cancelling : texts.exportProgress(going.done, going.total));
    set(this.stop, 'aria-disabled', going.state === 'cancelling' ? 'true' : null);
    this.bar.show(going.done, going.total);
  }

  first() {
    return this.progress.hidden ? this.kinds.element.querySelector('input:checked') : this.stop;
  }
}

/** A choice among several words, at first the first one; each may have a sentence and a number beside it. */
function radios(name, legend, values, word, hint = () => null) {
  const rows = values.map((value, index) => {
    const id = `${name}-${value}`;
    const text = hint(value);
    const input = h('input', { type: 'radio', name, id, value, checked: index === 0, 'aria-describedby': text === null ? null : `${id}-hint` });
    const number = h('span', { class: 'quiet' });
    const label = h('label', { for: id }, word(value), ' ', number);
    const below = text === null ? null : h('p', { id: `${id}-hint`, class: 'quiet' }, text);
    return { value, input, number, element: h('div', { class: 'choice' }, input, h('div', {}, label, below)) };
  });
  return {
    element: h('fieldset', {}, h('legend', {}, legend), ...rows.map(({ element }) => element)),
    value: () => rows.find(({ input }) => input.checked).value,
    /** Show or hide one of them; a hidden one is no longer chosen. */
    offer(value, shown, text) {
      const row = rows.find((one) => one.value === value);
      const held = row.input === document.activeElement;
      row.element.hidden = !shown;
      if (held && !shown) rows[0].input.focus();
      say(row.number, text);
      if (!shown && row.input.checked) rows[0].input.checked = true;
    },
  };
}

customElements.define('export-panel', ExportPanel);
