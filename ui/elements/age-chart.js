// The age distribution as a small curve: the range filled and labeled, the expectation marked.

import { h, svg } from '../dom.js';
import { texts } from '../texts.js';

const WIDTH = 200;
const HEIGHT = 36;
const LEAST_SPAN = 30; // years; a very sure estimate must still look sure

/** A chart for a face as `facesOf` gives it. */
export function ageChart(face) {
  const [from, to] = span(face);
  const x = (age) => ((age - from) / (to - from)) * WIDTH;
  const peak = Math.max(...face.distribution);
  const y = (share) => HEIGHT - 2 - (share / peak) * (HEIGHT - 6);
  const at = (age) => {
    const low = Math.min(Math.max(Math.floor(age), 0), 99);
    const part = Math.min(Math.max(age - low, 0), 1);
    return face.distribution[low] * (1 - part) + face.distribution[low + 1] * part;
  };
  const curve = (start, end) => {
    const years = [start];
    for (let age = Math.ceil(start); age <= Math.floor(end); age += 1) if (age > start && age < end) years.push(age);
    years.push(end);
    return years.map((age) => `${x(age).toFixed(1)},${y(at(age)).toFixed(1)}`).join(' ');
  };
  const [low, high] = face.interval;
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true' },
    svg('polygon', { class: 'all', points: `0,${HEIGHT - 2} ${curve(from, to)} ${WIDTH},${HEIGHT - 2}` }),
    svg('polygon', { class: 'likely', points: `${x(low)},${HEIGHT - 2} ${curve(low, high)} ${x(high)},${HEIGHT - 2}` }),
    svg('line', { class: 'mean', x1: x(face.mean), x2: x(face.mean), y1: 2, y2: HEIGHT - 2 }),
  );
  // Where there is no room outside the range, or between its ends, the numbers make way for each other.
  const numbers = [face.low, face.low === face.high ? '' : face.high];
  const ends = h('div', { class: 'ends quiet', 'aria-hidden': 'true' }, ...numbers.map((age) => h('span', {}, String(age))));
  const share = (length) => `minmax(max-content, ${(length / WIDTH) * 100}%)`;
  ends.style.gridTemplateColumns = `${share(x(low))} 1fr ${share(WIDTH - x(high))}`;
  const name = texts.chart(face.age, face.low, face.high);
  return h('div', { class: 'age-chart', role: 'img', 'aria-label': name }, picture, ends);
}

/** The ages to show: where the probability is, with some margin, within 0 to 100. */
function span({ interval: [low, high], mean }) {
  const half = Math.max(LEAST_SPAN / 2, (high - low) * 0.9, mean - low + 6, high - mean + 6);
  const from = Math.max(0, Math.round(mean - half));
  const to = Math.min(100, Math.round(from === 0 ? Math.max(LEAST_SPAN, mean + half) : mean + half));
  return [Math.min(from, Math.max(0, to - LEAST_SPAN)), to];
}
