// How far off the model is by age, group and kind of photo: tables whose figures are also drawn as bars.

import { h } from '../dom.js';
import { texts } from '../texts.js';

const FEWEST = 30; // photos; the error on fewer means little
const FAR_BELOW = 0.05; // below the level; a range that holds that much more rarely is reported; also in training/card.py
const LARGE = 2; // years to one side; less means little compared with the range

/**
 * A table for each way to divide the test photos, all with bars of one scale. Below the one by kind of photo, sentences
 * on where the range does not hold: the error may be small there, as for children.
 *
 * @param figures `figures` of age.json: collection -> {all, band, sex, label}; missing ones are left out
 * @param level the share of cases in which the range is meant to hold; undefined if unknown
 */
export function accuracyCharts(figures, level) {
  const { utkface = {} } = figures;
  const whole = collections(figures);
  const tables = [
    [texts.aboutByAge, rows(utkface.band, (name) => name.replace('-', '–'))],
    [texts.aboutByPhotos, rows(whole, (name) => texts.collections[name]), uncovered(figures, level)],
    [texts.aboutBySex, rows(utkface.sex, (name) => texts.groups[name] ?? name)],
    [texts.aboutByGroup, rows(utkface.label, (name) => texts.groups[name] ?? name)],
  ].filter(([, list]) => list.length > 1);
  const most = Math.max(...tables.flatMap(([, list]) => list.map(({ mae }) => mae)));
  return tables.flatMap(([title, list, notes = []]) => [table(title, list, most), ...notes]);
}

function collections(figures) {
  return Object.fromEntries(Object.keys(texts.collections).map((name) => [name, figures[name]?.all]));
}

function rows(parts, name) {
  return Object.entries(parts ?? {})
    .filter(([, part]) => part?.photos >= FEWEST && Number.isFinite(part.mae))
    .map(([key, { mae }]) => ({ name: name(key), mae }));
}

/** A sentence for each collection in which the range holds far more rarely than it says. */
function uncovered(figures, level) {
  return Object.entries(collections(figures))
    .filter(([, all]) => all?.photos >= FEWEST && all.coverage < level - FAR_BELOW)
    .map(([key, { coverage }]) => {
      const inside = Math.round(coverage * 100);
      return h('p', { class: 'warned' }, texts.aboutUncovered(texts.collections[key], inside, level, ...lean(figures[key])));
    });
}

/** The ages that are least and most overestimated, or underestimated, as { name, bias }; none if the side is not clear. */
function lean({ all: { bias, bias_range: [low, high] = [0, 0] }, band = {} }) {
  const ages = Object.entries(band)
    .filter(([, part]) => part.photos >= FEWEST)
    .map(([key, part]) => ({ name: key.replace('-', '–'), bias: part.bias }))
    .sort((one, other) => Math.abs(one.bias) - Math.abs(other.bias));
  const clear = (low >= LARGE || high <= -LARGE) && ages.every((one) => one.bias * bias > 0);
  return clear && ages.length > 1 ? [ages[0], ages.at(-1)] : [];
}

function table(title, list, most) {
  return h(
    'table',
    { class: 'accuracy' },
    h('caption', {}, title),
    h('thead', { class: 'sr-only' }, h('tr', {}, h('th', { scope: 'col' }, title), h('th', { scope: 'col' }, texts.aboutMae))),
    h('tbody', {}, ...list.map(({ name, mae }) => row(name, mae, most))),
  );
}

function row(name, mae, most) {
  const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
  bar.style.width = `${(mae / most) * 100}%`;
  const figure = h('span', { class: 'value' }, texts.decimal(mae));
  return h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, h('div', {}, h('span', { class: 'track' }, bar), figure)));
}
