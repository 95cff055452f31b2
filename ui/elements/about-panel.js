// What Agelens is, how accurate it is, and its licenses. Stays beside the photo; nothing waits for it.

import { call } from '../bridge.js';
import { h } from '../dom.js';
import { texts } from '../texts.js';
import { accuracyCharts } from './accuracy-chart.js';
import { SideSheet } from './side-sheet.js';

class AboutPanel extends SideSheet {
  static panel = 'about';

  heading = texts.about;

  opened() {
    this.load();
  }

  /** Asks Python each time, as the provider is known only once the models are loaded. */
  async load() {
    try {
      this.content.replaceChildren(...page(await call('about')));
    } catch {
      this.content.replaceChildren(h('p', { class: 'quiet' }, texts.aboutFailed));
    }
  }
}

function page(details) {
  const { model, licences } = details;
  return [
    h('p', {}, texts.aboutTagline),
    h('p', { class: 'quiet' }, texts.aboutVersion(details.version, details.commit)),
    h('h3', {}, texts.aboutAccuracy),
    ...accuracy(model.figures ?? {}, model.calibration?.level),
    h('h3', {}, texts.aboutNotes),
    h('p', { class: 'caution' }, texts.notVerification),
    h('ul', { class: 'notes' }, ...details.notes.map((note) => h('li', {}, note))),
    h('h3', {}, texts.aboutDetails),
    list([
      [texts.aboutModel, [model.name, model.version].filter(Boolean).join(' ')],
      [texts.aboutProvider, details.provider],
      [texts.aboutFolders, details.folders.join(', ')],
      [texts.aboutLicenceCode, licences.code],
      [texts.aboutLicenceWeights, licences.weights],
      [texts.aboutLicenceQt, licences.qt],
      [texts.aboutLicenceOthers, licences.others],
      [texts.aboutPlatform, details.platform],
      [texts.aboutPython, details.python],
      ...Object.entries(details.packages),
    ]),
  ];
}

/** Those figures that age.json has: mean absolute error, share within five years, coverage; and the charts. */
function accuracy(figures, level) {
  const tiles = [];
  const { mae, cs5, coverage } = figures.utkface?.all ?? {};
  if (Number.isFinite(mae)) tiles.push(tile(texts.decimal(mae), texts.aboutMae));
  if (Number.isFinite(cs5)) tiles.push(tile(Math.round(cs5 * 100), texts.aboutWithinFive));
  if (Number.isFinite(coverage)) tiles.push(tile(Math.round(coverage * 100), texts.aboutCoverage));
  if (tiles.length === 0) return [h('p', { class: 'quiet' }, texts.aboutNoFigures)];
  const charts = accuracyCharts(figures, level);
  const explanation = charts.length > 0 ? h('p', { class: 'quiet' }, texts.aboutChartsNote) : null;
  return [h('div', { class: 'tiles' }, ...tiles), h('p', { class: 'quiet' }, texts.aboutFiguresNote), ...charts, explanation].filter(Boolean);
}

function tile(figure, meaning) {
  return h('figure', {}, h('div', { class: 'figure' }, String(figure)), h('figcaption', { class: 'quiet' }, meaning));
}

function list(rows) {
  const shown = rows.filter(([, value]) => value);
  return h('dl', {}, ...shown.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, String(value))]));
}

customElements.define('about-panel', AboutPanel);
