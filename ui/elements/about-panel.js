// What Agelens is, how accurate, under which licences. Stays beside the photo; nothing waits for it.

import { about, closePanel } from '../actions.js';
import { button, h, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { texts } from '../texts.js';

class AboutPanel extends StoreElement {
  static watches = ['panel'];

  build() {
    this.className = 'panel';
    set(this, 'role', 'dialog');
    set(this, 'aria-label', texts.about);
    this.hidden = true;
    this.shut = button({ look: 'plain square', sign: 'close', name: texts.close, hint: texts.close, click: closePanel });
    this.content = h('div', { class: 'content selectable' });
    this.append(h('div', { class: 'head' }, h('h2', {}, texts.about), this.shut), this.content);
  }

  draw({ panel }) {
    const open = panel === 'about';
    if (open && this.hidden) {
      this.load();
      this.hidden = false;
      this.shut.focus();
    } else if (!open && !this.hidden) {
      const focused = this.contains(document.activeElement);
      this.hidden = true;
      if (focused) document.querySelector('[data-panel="about"]').focus();
    }
  }

  /** Asked for anew each time: the provider is known only once the models are loaded. */
  async load() {
    try {
      this.content.replaceChildren(...page(await about()));
    } catch {
      this.content.replaceChildren(h('p', { class: 'quiet' }, texts.aboutFailed));
    }
  }
}

function page(details) {
  const { model, licences } = details;
  return [
    h('p', {}, texts.aboutTagline),
    h('p', { class: 'quiet' }, texts.aboutVersion(details.version)),
    h('h3', {}, texts.aboutAccuracy),
    ...accuracy(model.figures?.utkface?.all ?? {}),
    h('h3', {}, texts.aboutNotes),
    h('p', { class: 'caution' }, texts.notVerification),
    h('ul', { class: 'notes' }, ...details.notes.map((note) => h('li', {}, note))),
    h('h3', {}, texts.aboutDetails),
    list([
      [texts.aboutModel, [model.name, model.version].filter(Boolean).join(' ')],
      [texts.aboutProvider, details.provider],
      [texts.aboutLicenceCode, licences.code],
      [texts.aboutLicenceWeights, licences.weights],
      [texts.aboutPlatform, details.platform],
      [texts.aboutPython, details.python],
      ...Object.entries(details.packages),
    ]),
  ];
}

/** Those of one collection's figures in age.json that are there: mean absolute error, share within five years, coverage. */
function accuracy(figures) {
  const tiles = [];
  const { mae, cs5, coverage } = figures;
  if (Number.isFinite(mae)) tiles.push(tile(mae.toFixed(1), texts.aboutMae));
  if (Number.isFinite(cs5)) tiles.push(tile(Math.round(cs5 * 100), texts.aboutWithinFive));
  if (Number.isFinite(coverage)) tiles.push(tile(texts.progressOf(Math.round(coverage * 100), 100), texts.aboutCoverage));
  if (tiles.length === 0) return [h('p', { class: 'quiet' }, texts.aboutNoFigures)];
  return [h('div', { class: 'tiles' }, ...tiles), h('p', { class: 'quiet' }, texts.aboutFiguresNote)];
}

function tile(figure, meaning) {
  return h('figure', {}, h('div', { class: 'figure' }, String(figure)), h('figcaption', { class: 'quiet' }, meaning));
}

function list(rows) {
  const shown = rows.filter(([, value]) => value);
  return h('dl', {}, ...shown.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, String(value))]));
}

customElements.define('about-panel', AboutPanel);
