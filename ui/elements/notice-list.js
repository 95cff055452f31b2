// Sentences, most of them from Python, shown for a while above everything else.

import { continueAlbum } from '../actions.js';
import { button, h, icon, set } from '../dom.js';
import { StoreElement } from '../element.js';
import { dismiss, LAST, OFFERED, REMOVAL } from '../notices.js';
import { rename } from '../people.js';
import { legible } from '../photos.js';
import { store } from '../store.js';
import { texts } from '../texts.js';
import { undo, undoRemoval } from '../undo.js';

const SECONDS = { info: 6, warning: 14 };

class NoticeList extends StoreElement {
  static watches = ['notices'];

  #shown = new Map();
  #timers = new Map();
  #away = false; // whether another window is in front, so that nobody may see these
  #before = null; // what had the focus before a notice got it

  build() {
    set(this, 'role', 'status');
    set(this, 'aria-live', 'polite');
    set(this, 'aria-atomic', 'false'); // else all are read out again whenever one is added
    this.addEventListener('focusin', ({ relatedTarget }) => {
      if (relatedTarget !== null && !this.contains(relatedTarget)) this.#before = relatedTarget;
    });
    this.addEventListener('focusout', ({ relatedTarget }) => {
      if (relatedTarget !== null && !this.contains(relatedTarget)) this.#before = null;
    });
    // `document.hasFocus()` would not do: a window of Qt that has just been shown may have the keyboard without it. A press or
    // a key tells that the user is here, should the window not say so.
    window.addEventListener('blur', () => this.leave(true));
    for (const name of ['focus', 'pointerdown', 'keydown']) window.addEventListener(name, () => this.leave(false));
    document.addEventListener('visibilitychange', () => this.leave(document.hidden));
  }

  /** Another window comes to the front, or this one again: then all have their whole time, as they may not have been seen. */
  leave(away) {
    const back = this.#away && !away;
    this.#away = away;
    if (back) for (const notice of store.state.notices) this.fade(notice);
  }

  draw({ notices }) {
    const place = [...this.children].findIndex((element) => element.contains(document.activeElement));
    for (const [id, element] of this.#shown) {
      if (!notices.some((notice) => notice.id === id)) {
        element.remove();
        this.#shown.delete(id);
        clearTimeout(this.#timers.get(id));
        this.#timers.delete(id);
      }
    }
    for (const notice of notices) {
      const { id, text, kind, offer } = notice;
      if (this.#shown.has(id)) continue;
      const element = h(
        'div',
        { class: `notice ${kind === 'warning' ? 'warning' : 'info'}` },
        icon(kind === 'warning' ? 'warning' : 'info'),
        h('p', { class: 'selectable' }, legible(text, 400)),
        offer === null ? null : this.accept(id, offer),
        button({ look: 'plain square', sign: 'close', name: texts.dismiss, single: true, click: () => dismiss(id) }),
      );
      this.#shown.set(id, element);
      this.append(element);
      this.fade(notice);
    }
    if (place >= 0 && !this.contains(document.activeElement)) this.handOn(place);
  }

  /** The button that takes the offer of a notice. */
  accept(id, offer) {
    let words = { label: texts.renameThere };
    let act = () => rename(offer);
    if (offer === REMOVAL) [words, act] = [{ label: texts.undo, hint: texts.bringBackHint }, undoRemoval];
    else if (offer === LAST) [words, act] = [{ label: texts.undo }, undo];
    else if (typeof offer === 'number') [words, act] = [{ label: texts.continueWithIt }, () => continueAlbum(offer)];
    const click = () => {
      dismiss(id);
      act();
    };
    return button({ look: 'small', ...words, single: true, click });
  }

  /**
   * Remove a notice after its time, but not while the pointer or the focus is on any of them, nor while another window is
   * in front, nor while all photos are gone that it offers to bring back.
   */
  fade(notice) {
    const { id, kind, offer } = notice;
    const seconds = offer !== null ? OFFERED : (SECONDS[kind] ?? SECONDS.info);
    const end = () => {
      const used = this.matches(':hover') || this.querySelector(':focus-visible') !== null || this.#away;
      if (used || (offer === REMOVAL && store.state.photos.size === 0)) this.fade(notice);
      else dismiss(id);
    };
    clearTimeout(this.#timers.get(id));
    this.#timers.set(id, setTimeout(end, seconds * 1000));
  }

  /** The focused notice is gone from this place: pass the focus to the next one, or to what had it before. */
  handOn(place) {
    const next = (this.children[place] ?? this.lastElementChild)?.lastElementChild;
    for (const heir of [next, this.#before, document.querySelector('welcome-view button')]) {
      heir?.focus({ preventScroll: true }); // does nothing if it is out of sight
      if (heir === document.activeElement) break;
    }
    if (!this.contains(document.activeElement)) this.#before = null;
  }
}

customElements.define('notice-list', NoticeList);
