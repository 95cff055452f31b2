// The keys that work in the window.

import { h } from '../dom.js';
import { texts } from '../texts.js';
import { SideSheet } from './side-sheet.js';

/** Topic -> [what it does, its keys]; key names are in `texts.keys`, what they do in `texts.shortcuts`. */
const SHORTCUTS = {
  photos: [
    ['open', ['Control', 'O']],
    ['openFolder', ['Control', 'Shift', 'O']],
    ['paste', ['Control', 'V']],
    ['remove', ['Delete']],
    ['bringBack', ['Control', 'Z']],
    ['export', ['Control', 'E']],
    ['copyText', ['Control', 'C']],
  ],
  moving: [
    ['step', ['ArrowLeft'], ['ArrowRight']],
    ['row', ['ArrowUp'], ['ArrowDown']],
    ['page', ['PageUp'], ['PageDown']],
    ['ends', ['Home'], ['End']],
    ['part', ['F6']],
  ],
  zoom: [
    ['zoom', ['+'], ['−']],
    ['whole', ['0']],
  ],
  faces: [
    ['removeFace', ['Delete']],
    ['undo', ['Control', 'Z']],
    ['escape', ['Escape']],
  ],
  help: [['help', ['?'], ['F1']]],
};

class HelpPanel extends SideSheet {
  static panel = 'help';

  heading = texts.help;

  build() {
    super.build();
    for (const [topic, shortcuts] of Object.entries(SHORTCUTS)) {
      const rows = shortcuts.flatMap(([what, ...ways]) => [h('dt', {}, ...keys(ways)), h('dd', {}, texts.shortcuts[what])]);
      this.content.append(h('h3', {}, texts.topics[topic]), h('dl', { class: 'keys' }, ...rows));
    }
  }
}

/** One combination after the other, the keys of each kept together. */
function keys(ways) {
  return ways.flatMap((way, index) => [
    index > 0 ? ' ' : null,
    h('span', { class: 'way' }, ...way.flatMap((key, place) => [place > 0 ? '+' : null, h('kbd', {}, texts.keys[key] ?? key)])),
  ]);
}

customElements.define('help-panel', HelpPanel);
