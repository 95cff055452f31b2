// The empty window: one sentence, two buttons, one line on privacy; below, the kept albums or, if there are none, what
// Agelens does.

import { addFolder, addPhotos, continueAlbum } from '../actions.js';
import { button, h, icon, setChildren, svg } from '../dom.js';
import { StoreElement } from '../element.js';
import { legible } from '../photos.js';
import { texts } from '../texts.js';

class WelcomeView extends StoreElement {
  static watches = ['kept'];

  #items = new Map(); // of the list of earlier albums, by what they are made from

  build() {
    this.album = h('p', { class: 'quiet', id: 'last-album' });
    this.last = h(
      'div',
      { class: 'last' },
      button({
        label: texts.continueAlbum,
        sign: 'clock',
        click: () => continueAlbum(this.lastId),
        'aria-describedby': 'last-album',
      }),
      this.album,
    );
    this.list = h('ul', { 'aria-labelledby': 'earlier-albums' });
    this.earlier = h('div', { class: 'earlier quiet' }, h('p', { id: 'earlier-albums' }, texts.earlierAlbums), this.list);
    const steps = Object.entries(texts.firstSteps).map(([sign, text]) => h('li', {}, icon(sign), text));
    this.steps = h('div', { class: 'steps' }, h('ul', {}, ...steps), h('p', { class: 'quiet' }, texts.apparentAgeOnly));
    this.append(
      h(
        'div',
        { class: 'middle' },
        drawing(),
        h('h2', {}, texts.welcome),
        h(
          'div',
          { class: 'ways' },
          button({ label: texts.addPhotos, hint: texts.addPhotosHint, look: 'primary large', click: addPhotos }),
          button({ label: texts.addFolder, hint: texts.addFolderHint, look: 'large', click: addFolder }),
        ),
        h('p', { class: 'privacy quiet' }, icon('lock'), texts.privacy),
        this.last,
        this.earlier,
        this.steps,
      ),
    );
  }

  draw({ kept: { albums } }) {
    const [last, ...earlier] = albums;
    const held = this.contains(document.activeElement) ? document.activeElement : null;
    this.last.hidden = last === undefined;
    this.earlier.hidden = earlier.length === 0;
    this.steps.hidden = last !== undefined; // a user with an album knows
    const keys = earlier.map((album) => JSON.stringify(album));
    this.#items = new Map(keys.map((key, place) => [key, this.#items.get(key) ?? earlierAlbum(earlier[place])]));
    setChildren(this.list, [...this.#items.values()]); // the focused one stays in place
    if (held !== null && (!held.isConnected || held.closest('[hidden]'))) this.querySelector('button').focus();
    if (last === undefined) return;
    this.lastId = last.id;
    this.album.replaceChildren(...told(last, texts.lastAlbum));
  }
}

function earlierAlbum(album) {
  const label = h('span', {}, ...told(album, texts.earlierAlbum));
  return h('li', {}, button({ label, hint: texts.earlierAlbumHint, look: 'plain small', click: () => continueAlbum(album.id) }));
}

/** What tells an album from others: a folder, and a sentence on its photos and names, and the day when it was opened. */
function told({ folder, photos, names, opened }, sentence) {
  const text = sentence(photos, names, day(opened));
  const name = legible(folder);
  return name.trim() === '' ? [text] : [h('bdi', { title: name }, name), `: ${text}`];
}

/** The day when an album was opened; null if it is not a valid date. */
function day(opened) {
  const date = new Date(opened);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** Two photos, a face, an age: what the app does, without words. */
function drawing() {
  return svg(
    'svg',
    { class: 'drawing', viewBox: '0 0 220 160', 'aria-hidden': 'true' },
    svg('rect', { class: 'back', x: 34, y: 20, width: 148, height: 112, rx: 12, transform: 'rotate(-6 108 76)' }),
    svg('rect', { class: 'front', x: 36, y: 24, width: 148, height: 112, rx: 12 }),
    svg('path', { class: 'body', d: 'M70 136c2-24 18-37 40-37s38 13 40 37z' }),
    svg('circle', { class: 'head', cx: 110, cy: 74, r: 21 }),
    svg('rect', { class: 'box', x: 80, y: 45, width: 60, height: 62, rx: 9 }),
    svg('rect', { class: 'pill', x: 148, y: 62, width: 44, height: 27, rx: 13.5 }),
    svg('text', { class: 'age', x: 170, y: 81 }, '34'),
  );
}

customElements.define('welcome-view', WelcomeView);
