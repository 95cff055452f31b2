// How far off the model is, on which ages, groups and kinds of photos: tables whose figures are also bars.

import { h } from '../dom.js';
import { texts } from '../texts.js';

const FEWEST = 30; // photos; the error on fewer says little

/**
 * A table for each way to divide the photos that were measured on, all with bars of one scale.
 *
 * @param figures `figures` of age.json: collection -> {all, band, sex, label}; those that are missing are left out
 */
export function accuracyCharts(figures) {
  const { utkface = {} } = figures;
  const tables = [
    [texts.aboutByAge, rows(utkface.band, (name) => name.replace('-', '–'))],
    [texts.aboutByPhotos, rows(collections(figures), (name) => texts.collections[name])],
    [texts.aboutBySex, rows(utkface.sex, (name) => texts.groups[name] ?? name)],
    [texts.aboutByGroup, rows(utkface.label, (name) => texts.groups[name] ?? name)],
  ].filter(([, list]) => list.length > 1);
  const most = Math.max(...tables.flatMap(([, list]) => list.map(({ mae }) => mae)));
  return tables.map(([title, list]) => table(title, list, most));
}

function collections(figures) {
  return Object.fromEntries(Object.keys(texts.collections).map((name) => [name, figures[name]?.all]));
}

function rows(parts, name) {
  return Object.entries(parts ?? {})
    .filter(([, part]) => part?.photos >= FEWEST && Number.isFinite(part.mae))
    .map(([key, { mae }]) => ({ name: name(key), mae }));
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
