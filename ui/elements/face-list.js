// The column beside the photo: a card per face, or words on what to expect instead.

import { analyze, startDrawing } from '../actions.js';
import { button, h, icon, setChildren } from '../dom.js';
import { StoreElement } from '../element.js';
import { facesOf, stateOf } from '../photos.js';
import { activeFace } from '../store.js';
import { texts } from '../texts.js';
import { undoFaces } from '../undo.js';
import './face-card.js';
import './photo-taken.js';

class FaceList extends StoreElement {
  static watches = ['whole', 'hoveredFace', 'pickedFace', 'why', 'run', 'engine'];

  #photo = null;
  #seen = null; // what is shown of the photo, except names and years
  #taken = null;
  #queued = null; // what is said of a queued photo
  #cards = [];
  #made = new Map(); // the photo's cards by what they were made from; kept while it is analyzed again
  #picked = null;

  build() {
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', texts.faces);
    this.addEventListener('blur', () => document.hasFocus() && this.removeAttribute('tabindex')); // else another window is in front
  }

  /** Focusable only here: after a click between the cards the keys must mean what they meant before. */
  focus(options) {
    this.setAttribute('tabindex', '-1');
    super.focus(options);
  }

  draw(state) {
    const photo = state.whole;
    const queued = queuedText(state);
    if (photo !== this.#photo || (queued !== this.#queued && photo?.state === 'queued')) {
      const left = this.#photo;
      const other = photo?.id !== left?.id;
      this.#photo = photo;
      this.#queued = queued;
      const seen = JSON.stringify(seenOf(photo, queued));
      const held = this.contains(document.activeElement) ? document.activeElement : null;
      const keyed = held?.matches(':focus-visible'); // while it is there
      if (other) this.leave(left !== null && state.photos.has(left.id));
      if (seen !== this.#seen) this.show(photo);
      this.#seen = seen;
      this.know(photo);
      if (other) this.scrollTop = 0;
      if (held !== null && !held.isConnected) this.hold(held, other, keyed);
    }
    const active = activeFace(state);
    for (const card of this.#cards) {
      card.mark(card.index === active, card.index === state.pickedFace);
      card.explain(state.why);
      if (card.index === state.pickedFace && state.pickedFace !== this.#picked) card.scrollIntoView({ block: 'nearest' });
    }
    this.#picked = state.pickedFace;
  }

  /**
   * The focused element is gone; `keyed`: it had the focus by the keyboard. If it went with its face, the focus goes to
   * Undo, and not to the face that has moved up; otherwise to the same button made anew, or to the photo. In another photo
   * no face has been chosen: the photo gets it. From a field, in which the user may still be typing, and from a face
   * without Undo, it goes to the list itself. Who removes a face with the mouse goes on where it was: the list stays there.
   */
  hold(element, other, keyed) {
    const typing = element.matches('input');
    const inCard = element.closest('face-card') !== null;
    const heirs = inCard ? ['undo'] : [element.dataset.action, 'undo', 'add-face'];
    const names = other || typing ? [] : heirs;
    const found = names.map((name) => this.querySelector(`[data-action="${name}"]`)).find((one) => one !== null);
    const rest = typing || (inCard && !other) ? this : document.querySelector('photo-view');
    (found ?? rest).focus({ preventScroll: found === undefined || (inCard && !keyed) });
  }

  /** Another photo is to be shown. What was being typed about the one before is saved, if that photo is still there. */
  leave(there) {
    if (there) {
      for (const card of this.#made.values()) card.leave();
      this.#taken?.field.leave();
    }
    this.#made.clear();
    this.#taken = null;
  }

  /** Update names, years and places in the existing cards, as the user may be typing in one of them. */
  know(photo) {
    if (this.#cards.length > 0) facesOf(photo).forEach((face, place, faces) => this.#cards[place].know(face, place, faces.length));
    if (this.#taken?.isConnected) this.#taken.know(photo);
  }

  show(photo) {
    this.#cards = [];
    if (photo === null) {
      this.replaceChildren();
      return;
    }
    const state = stateOf(photo);
    const dated = state === 'ok' || state === 'no_face' ? [this.takenOf(photo)] : [];
    if (state !== 'ok') {
      setChildren(this, [...dated, ...words(photo, state, this.#queued)]);
      return;
    }
    const faces = facesOf(photo);
    this.#cards = this.cardsOf(photo, faces);
    setChildren(this, [
      h('header', {}, h('h2', {}, texts.facesCount(faces.length)), h('p', { class: 'quiet' }, faces.length === 1 ? texts.apparentAgeOne : texts.apparentAge)),
      ...(photo.report.rotated === 0 ? [] : [h('p', { class: 'quiet' }, texts.rotated)]),
      ...dated,
      ...this.#cards,
      corrections(photo),
    ]);
  }

  takenOf(photo) {
    if (this.#taken === null) {
      this.#taken = h('photo-taken');
      this.#taken.fill(photo.id);
    }
    return this.#taken;
  }

  /** A face that has a card keeps it, with what is being typed there. What was typed in a card that goes is saved. */
  cardsOf(photo, faces) {
    const before = this.#made;
    this.#made = new Map();
    const cards = faces.map((face) => {
      const key = JSON.stringify(lastingOf(face));
      const card = before.get(key) ?? h('face-card');
      if (!before.delete(key)) card.fill(photo.id, face);
      this.#made.set(key, card);
      return card;
    });
    for (const card of before.values()) card.leave();
    return cards;
  }
}

/** What a face's card is made from; all else is updated by `know`. */
function lastingOf({ index, person, born, misfit, ...face }) {
  return face;
}

/** What is shown of a photo, except names and years. */
function seenOf(photo, queued) {
  if (photo === null) return null;
  const state = stateOf(photo);
  const faces = facesOf(photo).map((face) => [face.index, lastingOf(face)]);
  return [photo.id, state, state === 'queued' && queued, photo.undoable, photo.corrected, photo.report?.rotated, faces];
}

/** Why a queued photo waits. */
function queuedText({ run, engine }) {
  if (run.state === 'paused') return texts.queuedPaused;
  return engine.state === 'loading' ? texts.queuedLoading : texts.queuedText;
}

/** What to do when faces were missed, or are not faces. */
function corrections(photo) {
  const act = (name, label, hint, click) => button({ label, hint, look: 'small', click, 'data-action': name });
  return h(
    'div',
    { class: 'corrections', role: 'group', 'aria-label': texts.corrections },
    act('add-face', texts.addFace, texts.addFaceHint, startDrawing),
    photo.undoable ? act('undo', texts.undo, texts.undoHint, undoFaces) : null,
    act('again', texts.analyzeAgain, texts.analyzeAgainHint, () => analyze([photo.id])),
  );
}

function words(photo, state, queued) {
  const note = (sign, title, ...lines) => [h('div', { class: 'note' }, icon(sign), h('h2', {}, title), ...lines)];
  const line = (text) => h('p', { class: 'quiet' }, text);
  switch (state) {
    case 'waiting':
      return note(
        'person',
        texts.waitingTitle,
        line(texts.waitingText),
        button({ label: texts.analyzeThis, click: () => analyze([photo.id]) }),
      );
    case 'queued':
      return note('clock', texts.queued, line(queued));
    case 'working':
      return note('person', texts.working, line(texts.workingText));
    case 'no_face':
      // Where the user has removed the faces, none was missed.
      return photo.corrected
        ? note('person', texts.noFaceLeft, corrections(photo))
        : note('person', texts.noFaceTitle, line(texts.noFaceText), line(texts.noFaceHint), corrections(photo));
    default:
      return note('photo', texts.errorAside, button({ label: texts.analyzeAgain, look: 'small', click: () => analyze([photo.id]) }));
  }
}

customElements.define('face-list', FaceList);
