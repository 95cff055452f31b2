// A field whose text is saved when the field is left, Enter is pressed or the window is closed. A refused text stays in
// it, with the reason below; Enter tries it again, Escape brings back what was there.

import { call } from '../bridge.js';
import { h, isComposed, keepDigits, say, set } from '../dom.js';
import { notify } from '../notices.js';

const YEAR = { inputmode: 'numeric', maxlength: 4 };

let last = 0;
// Number of the last note to Python about unsaved text. It begins with the time, so that a reloaded page goes on from a
// higher one.
let drafts = Date.now();

export class EditField {
  #known = ''; // the text as Python has it
  #told = 0; // how often Python has sent it
  #saving = Promise.resolve();
  #sent = null; // the text that is being saved
  #draft = null; // number of the note to Python about this field's unsaved text; null when that is over

  /**
   * @param save called with the text and the one that Python has; promises null, or a sentence on why it is refused
   * @param means called with the text; returns the call to Python that saves it, as name and values, or null
   * @param entered called after Enter, while the text may still be being saved
   * @param year whether it is for a year
   * @param attributes of the input
   */
  constructor({ save, means, entered = () => {}, year = false, ...attributes }) {
    const id = `field-${(last += 1)}`;
    this.save = save;
    this.means = means;
    this.entered = entered;
    this.refusal = h('p', { class: 'refusal', id: `${id}-refusal`, role: 'alert' });
    this.refusal.hidden = true;
    this.input = h('input', { type: 'text', id, autocomplete: 'off', spellcheck: 'false', ...(year ? YEAR : {}), ...attributes });
    if (year) this.takeDates();
    this.input.addEventListener('input', () => {
      this.refuse(null);
      this.tell(this.text === this.#saved ? null : this.text);
    });
    // While another window is in front, the field stays the focused one in this window. Some browsers also tell of a field
    // removed from the page, which nobody has left.
    this.input.addEventListener('blur', () =>
      queueMicrotask(() => document.activeElement !== this.input && this.input.isConnected && this.commit()),
    );
    this.input.addEventListener('keydown', (event) => this.press(event));
  }

  get text() {
    return this.input.value;
  }

  /** Whether the text here was refused. */
  get refused() {
    return !this.refusal.hidden;
  }

  /** The text as Python has it, or is about to have it. */
  get #saved() {
    return this.#sent ?? this.#known;
  }

  /** Resolves when nothing is being saved. */
  get settled() {
    return this.#saving;
  }

  /** Show the text that Python has. What the user is typing, or what was refused, stays. */
  show(text) {
    if (this.#sent === null && this.input.value === this.#known) this.input.value = text;
    this.#known = text;
    this.#told += 1;
  }

  /** Save this text, which the user has chosen. */
  choose(text) {
    this.input.value = text;
    this.input.dispatchEvent(new Event('input'));
    this.commit();
  }

  /** Of a date, keep the year: typed, what follows the day and the month; pasted, the number of four digits. */
  takeDates() {
    keepDigits(this.input, { meant: (text) => text.split(/[\s\p{P}]/u).at(-1) });
    this.input.addEventListener('paste', (event) => {
      const text = event.clipboardData.getData('text').normalize('NFKC');
      if (/^\d{0,3}$/.test(text)) return; // part of a year
      event.preventDefault(); // it would be cut to the first four characters
      const year = text.match(/\d+/g)?.find((digits) => digits.length === 4);
      if (year === undefined) return;
      this.input.select();
      document.execCommand('insertText', false, year); // unlike a new value, it can be undone
    });
  }

  press(event) {
    if (isComposed(event)) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      this.again();
      this.entered();
    } else if (event.key === 'Escape' && (this.text !== this.#saved || this.refused)) {
      event.preventDefault();
      this.input.value = this.#saved;
      this.refuse(null);
      this.input.dispatchEvent(new Event('input'));
    }
  }

  /** Save the text here. */
  commit() {
    const { text } = this;
    if (text === this.#saved || this.refused) return;
    this.#sent = text;
    this.#saving = this.#saving.then(async () => {
      const told = this.#told;
      const refusal = await this.save(text, this.#known);
      if (this.#sent === text) this.#sent = null;
      if (this.text === text && this.#draft === drafts) this.tell(null);
      // Python may have tidied the name; what it has sent meanwhile is the truth.
      if (refusal === null && this.#told === told) this.#known = text;
      if (this.text !== text) return; // it has changed meanwhile
      this.refuse(refusal);
      if (refusal === null) this.input.value = this.#known;
    });
  }

  /** Tell Python the text here, null for nothing new: once the window is closing, the page can no longer send it. */
  tell(text) {
    drafts += 1;
    this.#draft = text === null ? null : drafts;
    call('typed', drafts, text === null ? null : this.means(text)).catch(() => {});
  }

  /** Save the text here even if it was refused: the reason may be gone. */
  again() {
    this.refuse(null);
    this.commit();
  }

  /** The field disappears, and a refused text with it: a notice has to say so. */
  async leave() {
    this.commit();
    await this.settled;
    if (this.refused) notify(this.refusal.textContent, 'warning');
  }

  refuse(sentence) {
    say(this.refusal, sentence ?? '');
    this.refusal.hidden = sentence === null;
    if (sentence !== null) this.refusal.scrollIntoView({ block: 'nearest' });
    set(this.input, 'aria-invalid', sentence === null ? null : 'true');
    set(this.input, 'aria-describedby', sentence === null ? null : this.refusal.id);
  }
}
