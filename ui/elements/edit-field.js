// A field whose text counts once the field is left or Enter is pressed, or when the window is closed. A text that is refused
// stays in it, with the reason below; Enter tries it again, Escape brings back what was there.

import { call } from '../bridge.js';
import { h, isComposed, keepDigits, say, set } from '../dom.js';
import { notify } from '../notices.js';

let last = 0;
// Number of what Python was told last of a text that does not count yet. It rises for good, so that a page which is loaded
// anew goes on from a higher one.
let drafts = Date.now();

export class EditField {
  #known = ''; // the text as Python has it
  #told = 0; // how often Python has told it
  #saving = Promise.resolve();
  #sent = null; // the text that is being saved
  #draft = null; // the number of what Python was told of it, null when that is no longer so

  /**
   * @param save called with the text; a promise of a sentence why it cannot be, or null
   * @param means called with the text; the call to Python, name and values, that saving it comes to, or null
   * @param digits whether only digits can be typed
   * @param attributes of the input
   */
  constructor({ save, means, digits = false, ...attributes }) {
    const id = `field-${(last += 1)}`;
    this.save = save;
    this.means = means;
    this.refusal = h('p', { class: 'refusal', id: `${id}-refusal`, role: 'alert' });
    this.refusal.hidden = true;
    this.input = h('input', { type: 'text', id, autocomplete: 'off', spellcheck: 'false', inputmode: digits ? 'numeric' : null, ...attributes });
    if (digits) keepDigits(this.input);
    this.input.addEventListener('input', () => {
      this.refuse(null);
      this.tell(this.text === this.#saved ? null : this.text);
    });
    // While another window is in front, the field keeps the keyboard in this one.
    this.input.addEventListener('blur', () => queueMicrotask(() => document.activeElement !== this.input && this.loseFocus()));
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
    if (this.#sent === null && this.input.value === this.#known) this.input.value = text;
    this.#known = text;
    this.#told += 1;
  }

  /** Somebody has chosen this text: it counts. */
  choose(text) {
    this.input.value = text;
    this.input.dispatchEvent(new Event('input'));
    this.commit();
  }

  press(event) {
    if (isComposed(event)) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      this.again();
    } else if (event.key === 'Escape' && (this.text !== this.#saved || this.refused)) {
      event.preventDefault();
      this.input.value = this.#saved;
      this.refuse(null);
      this.input.dispatchEvent(new Event('input'));
    }
  }

  /** The keyboard goes elsewhere. A field that was taken out of the page, which some browsers also tell so, nobody has left. */
  loseFocus() {
    if (this.input.isConnected) this.commit();
  }

  /** What stands here counts. */
  commit() {
    const { text } = this;
    if (text === this.#saved || this.refused) return;
    this.#sent = text;
    this.#saving = this.#saving.then(async () => {
      const told = this.#told;
      const refusal = await this.save(text);
      if (this.#sent === text) this.#sent = null;
      if (this.text === text && this.#draft === drafts) this.tell(null);
      // Python may have made the name tidy; what it has told meanwhile is the truth.
      if (refusal === null && this.#told === told) this.#known = text;
      if (this.text !== text) return; // something else by now
      this.refuse(refusal);
      if (refusal === null) this.input.value = this.#known;
    });
  }

  /** Have Python know what stands here, null for nothing new: the page cannot say it any more when its window is closed. */
  tell(text) {
    drafts += 1;
    this.#draft = text === null ? null : drafts;
    call('typed', drafts, text === null ? null : this.means(text)).catch(() => {});
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
