// The tool bar: actions on the left; what is running, and the rest, on the right.

import { addFolder, addPhotos, analyze, cancel, pauseOrResume, togglePanel } from '../actions.js';
import { button, h, icon, say, set, warn } from '../dom.js';
import { StoreElement } from '../element.js';
import { ProgressBar } from '../progress-bar.js';
import { isExportOffered, isRunning, waitingCount } from '../store.js';
import { texts } from '../texts.js';

class ToolBar extends StoreElement {
  static watches = ['connected', 'photos', 'run', 'engine', 'panel', 'export', 'kept'];

  build() {
    set(this, 'role', 'group');
    set(this, 'aria-label', texts.toolbar);
    this.add = button({ label: texts.addPhotos, name: texts.addPhotos, hint: texts.addPhotosHint, sign: 'add', look: 'add', click: addPhotos });
    this.folder = button({ sign: 'addFolder', name: texts.addFolder, hint: texts.addFolderHint, look: 'square folder', click: addFolder });
    this.start = button({ label: texts.analyze, look: 'primary', click: () => analyze() });
    this.actions = h('div', { class: 'actions' }, this.add, this.folder, this.start);

    this.loading = h('p', { class: 'loading quiet', title: texts.engineLoadingHint }, h('span', { class: 'spinner' }), h('span', {}, texts.engineLoading));
    this.count = h('span', { class: 'count' });
    this.speed = h('span', { class: 'speed quiet' });
    this.left = h('span', { class: 'left quiet' });
    this.bar = new ProgressBar(texts.progress);
    this.hold = button({ sign: 'pause', label: texts.pause, name: texts.pause, hint: texts.pause, look: 'hold', single: true, click: pauseOrResume });
    this.onward = button({ sign: 'resume', label: texts.resume, name: texts.resume, hint: texts.resume, look: 'primary hold', single: true, click: pauseOrResume });
    this.stop = button({ label: texts.cancel, look: 'stop', click: cancel });
    const numbers = h('div', { class: 'numbers' }, this.count, this.left, this.speed);
    this.progress = h('div', { class: 'progress' }, h('div', { class: 'meter' }, numbers, this.bar.element), this.hold, this.onward, this.stop);

    this.export = opener('export', 'export', texts.export, texts.exportHint);
    this.exporting = h('span', { class: 'spinner' });
    this.export.append(this.exporting);
    const others = [opener('settings', 'settings', texts.settings), opener('help', 'keyboard', texts.help, texts.helpHint), opener('about', 'info', texts.about)];
    this.openers = [this.export, ...others];

    this.failure = h('span', { class: 'selectable' });
    this.again = button({ label: texts.tryAgain, click: () => analyze() });
    this.failed = h('div', { class: 'failed', role: 'alert' }, icon('warning'), h('p', {}, h('strong', {}, texts.engineFailed), ' ', this.failure), this.again);

    this.unkept = h('div', { class: 'unkept', role: 'status' });

    this.append(
      h(
        'div',
        { class: 'row' },
        h('div', { class: 'brand' }, icon('lens'), h('h1', {}, texts.name)),
        this.actions,
        h('div', { class: 'space' }),
        this.loading,
        this.progress,
        h('div', { class: 'rest' }, ...this.openers),
      ),
      this.failed,
      this.unkept,
    );
  }

  draw(state) {
    const { run, engine, panel, photos } = state;
    const waiting = waitingCount(state);
    const running = isRunning(state);
    this.actions.hidden = photos.size === 0;
    this.export.hidden = !isExportOffered(state);
    this.tellExport(state.export);
    say(this.start.firstChild, photos.size > 1 && waiting > 0 ? texts.analyzeMany(waiting) : texts.analyze);
    this.start.classList.toggle('primary', run.state !== 'paused'); // when paused, Resume is the next step
    // Not `disabled`: a button that was just pressed keeps the focus.
    set(this.start, 'aria-disabled', waiting === 0 ? 'true' : null);

    this.loading.hidden = engine.state !== 'loading' || !state.connected;
    const held = this.progress.contains(document.activeElement);
    this.progress.hidden = !running;
    if (held && !running) this.start.focus(); // which begins the next run
    if (running) {
      const going = run.state === 'running' && run.done < run.total;
      const speed = going && run.photos_per_minute !== null ? texts.speed(run.photos_per_minute) : '';
      const left = going && run.seconds_left !== null ? texts.secondsLeft(run.seconds_left) : '';
      const count = run.total > 0 ? texts.outOf(run.done, run.total) : ''; // a run canceled early has nothing left to count
      say(this.count, count);
      say(this.speed, speed);
      say(this.left, run.state === 'paused' ? texts.paused : left);
      set(this.progress, 'title', [speed, left].filter(Boolean).join(', ') || null); // a narrow window shows less
      this.toggle(run.state);
      say(this.stop.firstChild, run.state === 'cancelling' ? texts.cancelling : texts.cancel);
      set(this.stop, 'aria-disabled', run.state === 'cancelling' ? 'true' : null);
      this.bar.show(run.done, run.total);
      set(this.bar.element, 'aria-valuetext', [count, speed, left].filter(Boolean).join(', '));
      set(this.bar.element, 'data-paused', run.state === 'paused');
    }

    for (const one of this.openers) set(one, 'aria-expanded', String(panel === one.dataset.panel));

    const pressed = this.again === document.activeElement;
    this.failed.hidden = engine.state !== 'failed';
    say(this.failure, engine.message ?? '');
    this.again.hidden = waiting === 0;
    if (pressed && (this.failed.hidden || this.again.hidden)) this.start.focus(); // which does the same

    warn(this.unkept, photos.size === 0 ? '' : texts.unkept[state.kept.state] ?? '');
  }

  /** The panel may be closed while an export goes on. */
  tellExport({ state, done, total }) {
    const busy = state !== 'idle';
    this.export.classList.toggle('busy', busy);
    this.exporting.hidden = !busy;
    set(this.export.firstChild, 'hidden', busy);
    set(this.export, 'aria-label', busy ? texts.exportProgress(done, total) : texts.export);
    set(this.export, 'title', busy ? texts.exportProgress(done, total) : texts.exportHint);
  }

  /** Show Pause or Resume; the one takes over the focus from the other. */
  toggle(state) {
    const focused = [this.hold, this.onward].includes(document.activeElement);
    this.hold.hidden = state === 'paused';
    this.onward.hidden = !this.hold.hidden;
    set(this.hold, 'aria-disabled', state === 'cancelling' ? 'true' : null);
    if (focused) (this.hold.hidden ? this.onward : this.hold).focus();
  }
}

/** The button that opens a panel. */
function opener(panel, sign, name, hint = name) {
  return button({ look: 'plain square', sign, name, hint, single: true, click: () => togglePanel(panel), 'aria-haspopup': 'dialog', 'data-panel': panel });
}

customElements.define('tool-bar', ToolBar);
