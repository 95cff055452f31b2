// A field whose text counts once the field is left or Enter is pressed. A text that is refused stays in it, with the
// reason below; Enter tries it again, Escape brings back what was there. After a pause the text is saved as well, if it
// can be, while it goes on being typed: closing the window ends the page without leaving the field.

import { notify } from '../actions.js';
import { h, keepDigits, say, set } from '../dom.js';

const PAUSE = 2000; // milliseconds

let last = 0;
let edited = null; // the field that somebody typed in last

document.addEventListener('visibilitychange', () => document.hidden && edited?.keep());
window.addEventListener('pagehide', () => edited?.keep());

export class EditField {
  #known = ''; // the text as Python has it
  #told = 0; // how often Python has told it
  #saving = Promise.resolve();
  #sent = null; // the text that is being saved
  #before = null; // the text that was there before what has been saved while it is being typed
  #pause = null; // the timer that ends with it

  /**
   * @param save called with the text; a promise of a sentence why it cannot be, or null
   * @param digits whether only digits can be typed
   * @param attributes of the input
   */
  constructor({ save, digits = false, ...attributes }) {
    const id = `field-${(last += 1)}`;
    this.save = save;
    this.refusal = h('p', { class: 'refusal', id: `${id}-refusal`, role: 'alert' });
    this.refusal.hidden = true;
    this.input = h('input', { type: 'text', id, autocomplete: 'off', spellcheck: 'false', inputmode: digits ? 'numeric' : null, ...attributes });
    if (digits) keepDigits(this.input);
    this.input.addEventListener('input', () => {
      this.refuse(null);
      edited = this;
      clearTimeout(this.#pause);
      // An empty field is not an answer, it is going to be one.
      this.#pause = setTimeout(() => this.text.trim() !== '' && this.keep(), PAUSE);
    });
    // Some browsers also let go of a field that is taken out of the page: nobody has left that one.
    this.input.addEventListener('blur', () => queueMicrotask(() => this.input.isConnected && this.commit()));
    this.input.addEventListener('keydown', (event) => this.press(event));
  }

  get text() {
    return this.input.value;
  }

  /** Whether what stands here was refused. */
  get refused() {
    return !this.refusal.hidden;
  }

  /** The text as Python has it, or is about to. */
  get #saved() {
    return this.#sent ?? this.#known;
  }

  /** Resolves when nothing is being saved. */
  get settled() {
    return this.#saving;
  }

  /** Python has this text. What somebody is typing, or what was refused, stays. */
  show(text) {
    if (this.input.value === this.#known && this.#before === null) this.input.value = text;
    this.#known = text;
    this.#told += 1;
  }

  press(event) {
    if (event.isComposing) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      this.again();
    } else if (event.key === 'Escape') {
      const before = this.#before ?? this.#saved;
      if (this.text === before && !this.refused) return;
      event.preventDefault();
      this.input.value = before;
      this.refuse(null);
      this.input.dispatchEvent(new Event('input'));
      if (this.#before !== null) this.commit();
    }
  }

  /** What stands here counts. */
  commit() {
    clearTimeout(this.#pause);
    this.#before = null;
    this.#save();
  }

  /** Save what has been typed so far. It stays as it is, and nothing is said of a text that is refused: it is not complete. */
  keep() {
    if (!this.input.isConnected || this.text === this.#saved) return;
    this.#before ??= this.#saved;
    this.#save();
  }

  #save() {
    const { text } = this;
    if (text === this.#saved || this.refused) return;
    this.#sent = text;
    this.#saving = this.#saving.then(async () => {
      const told = this.#told;
      const refusal = await this.save(text);
      if (this.#sent === text) this.#sent = null;
      // Python may have made the name tidy; what it has told meanwhile is the truth.
      if (refusal === null && this.#told === told) this.#known = text;
      if (this.text !== text || this.#before !== null) return; // something else by now, or soon
      this.refuse(refusal);
      if (refusal === null) this.input.value = this.#known;
    });
  }

  /** Also a text that was refused: the reason may be gone. */
  again() {
    this.refuse(null);
    this.commit();
  }

  /** The field goes out of sight, and with it a text that is refused: that has to be told elsewhere. */
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
