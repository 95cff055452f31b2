// Why a face looks its age: a heat map over its crop, with a legend in words; before that, the progress.

import { h } from '../dom.js';
import { ProgressBar } from '../progress-bar.js';
import { texts } from '../texts.js';
import { centre, describeWhy } from '../why.js';

const SIDE = 96; // pixels of the map; the browser enlarges it smoothly
const LEAST_SCALE = 2; // least years for the full color, so that small effects look small
const STRONGEST = 0.8; // opacity; the face stays visible below
const BEND = 0.75; // below 1, so that parts much weaker than the strongest can be seen too

class WhyMap extends HTMLElement {
  #shown = null;

  /** Show `why` of the store for a face as `facesOf` gives it. */
  fill(why, face) {
    if (why === this.#shown) return;
    const changed = why.state !== this.#shown?.state;
    const wanted = why.state === 'working' || this.isFollowed();
    this.#shown = why;
    if (why.state === 'working') this.wait(why);
    else if (why.state === 'failed') this.replaceChildren(h('p', { class: 'warned failure' }, describeWhy(why).join(' ')));
    else this.draw(why, face);
    if (changed && wanted) this.scrollIntoView({ block: 'nearest' });
  }

  /** Whether it is in sight, or the focus is on nothing else in the column, such as a field, that scrolling would take away. */
  isFollowed() {
    const column = this.closest('face-list');
    const { activeElement } = document;
    if (!column.contains(activeElement) || this.closest('face-card').contains(activeElement)) return true;
    const own = this.getBoundingClientRect();
    // In a small window all of `main` scrolls, and else the column.
    const around = [column, column.closest('main')].map((one) => one.getBoundingClientRect());
    return around.every(({ top, bottom }) => own.bottom > top && own.top < bottom);
  }

  wait({ done, total }) {
    if (!this.bar) {
      this.text = h('span', {});
      this.bar = new ProgressBar(texts.whyWorking);
      this.replaceChildren(h('p', { class: 'wait quiet' }, this.text), this.bar.element);
    }
    const share = total > 0 ? Math.round((100 * done) / total) : 0;
    this.text.textContent = total > 0 ? texts.whyProgress(done, total) : texts.whyWaiting;
    this.bar.show(share, 100);
  }

  draw(why, face) {
    const lines = describeWhy(why);
    const canvas = h('canvas', { width: SIDE, height: SIDE, 'aria-hidden': 'true' });
    const crop = face.crop === null ? null : h('img', { src: face.crop, alt: '', draggable: 'false' });
    this.replaceChildren(
      h('div', { class: 'picture', role: 'img', 'aria-label': `${texts.whyPicture} ${lines.join(' ')}` }, crop, canvas),
      h(
        'ul',
        { class: 'legend' },
        h('li', {}, h('span', { class: 'swatch older' }), h('span', {}, lines[0])),
        h('li', {}, h('span', { class: 'swatch younger' }), h('span', {}, lines[1])),
      ),
      h('p', { class: 'quiet' }, texts.whyHint),
    );
    const style = getComputedStyle(this);
    paint(canvas, why.map, [colour(style, '--older'), colour(style, '--younger')]);
  }
}

/** Each pixel's color tells older or younger, its opacity how much. */
function paint(canvas, map, [older, younger]) {
  const context = canvas.getContext('2d');
  const image = context.createImageData(SIDE, SIDE);
  const scale = Math.max(LEAST_SCALE, ...map.flat().map(Math.abs));
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      const years = between(map, (x + 0.5) / SIDE, (y + 0.5) / SIDE);
      const pixel = [...(years > 0 ? older : younger), (Math.abs(years) / scale) ** BEND * STRONGEST * 255];
      image.data.set(pixel, 4 * (y * SIDE + x));
    }
  }
  context.putImageData(image, 0, 0);
}

/** The map at a place in shares of the crop, interpolated between the patches' centers and constant beyond them. */
function between(map, x, y) {
  const [column, right, across] = step(x, map[0].length);
  const [row, below, down] = step(y, map.length);
  const upper = map[row][column] * (1 - across) + map[row][right] * across;
  const lower = map[below][column] * (1 - across) + map[below][right] * across;
  return upper * (1 - down) + lower * down;
}

function step(share, places) {
  const spacing = centre(1, places) - centre(0, places);
  const place = Math.min(Math.max((share - centre(0, places)) / spacing, 0), places - 1);
  const low = Math.min(Math.floor(place), places - 2);
  const part = place - low;
  return [low, low + 1, part * part * (3 - 2 * part)]; // smooth at the centers
}

/** Red, green and blue of a token like "#e06000". */
function colour(style, name) {
  const digits = style.getPropertyValue(name).trim().slice(1);
  return [0, 2, 4].map((start) => parseInt(digits.slice(start, start + 2), 16));
}

customElements.define('why-map', WhyMap);
