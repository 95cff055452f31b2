// Who is on a face, in its card: the name, the birth year, and what follows from years.

import { h, say, set, warn } from '../dom.js';
import { bornOf, nameFace, setBorn, yearMeant } from '../people.js';
import { legible, rounded } from '../photos.js';
import { store } from '../store.js';
import { texts } from '../texts.js';
import { EditField } from './edit-field.js';
import { NameList } from './name-list.js';

class FacePerson extends HTMLElement {
  /** For the face with this box, in the photo `id`. `know` must follow. */
  fill(id, box) {
    const { limits } = store.state;
    this.name = new EditField({
      placeholder: texts.who,
      maxlength: limits.name,
      class: 'field name',
      dir: 'auto',
      save: (text, before) => this.saveName(id, box, text, before),
      means: (text) => ['name_face', id, box, text],
      entered: () => this.askBorn(),
    });
    this.born = new EditField({
      year: true,
      class: 'field year',
      title: texts.bornHint,
      save: (text) => this.saveBorn(id, text),
      // A refused name belongs to somebody else.
      means: (text) => (this.name.refused ? null : yearMeant('set_born', this.name.text, text)),
    });
    this.names = new NameList(this.name.input, (text) => this.name.choose(text));
    this.name.input.addEventListener('input', () => this.update());
    this.label = h('label', { class: 'quiet', for: this.born.input.id }, texts.born);
    this.year = h('div', { class: 'birth' }, this.label, this.born.input);
    this.estimate = h('p', { class: 'estimate' });
    this.doubt = h('p', { class: 'warned doubt', role: 'status' });
    this.replaceChildren(h('div', { class: 'who' }, h('div', { class: 'whose' }, this.name.input, this.names.element), this.year), this.name.refusal, this.born.refusal, this.estimate, this.doubt);
  }

  /** Show what is known of the face, as `facesOf` gives it; it is number `place` (from 0) of `total`. */
  know({ person, born, misfit }, place, total) {
    set(this.name.input, 'aria-label', texts.whoName(place + 1, total));
    this.name.show(person === null ? '' : person.name);
    this.born.show(person?.born == null ? '' : String(person.born));
    const birth = rounded(born);
    say(this.estimate, birth === null ? '' : texts.bornAbout(birth));
    this.estimate.hidden = birth === null;
    warn(this.doubt, misfit === null ? '' : texts[misfit]);
    this.update();
  }

  /** The photo is left: save what is in the fields. Without a name, a birth year is nobody's. */
  async leave() {
    await this.name.leave();
    if (!this.name.refused && this.name.text.trim() !== '') await this.born.leave();
  }

  /** The birth year is asked for as soon as there is a name. */
  update() {
    const name = this.name.text.trim();
    this.year.hidden = name === '';
    if (name === '') this.born.refuse(null);
    set(this.born.input, 'aria-label', texts.bornName(legible(name)));
  }

  /** A name has been entered: what is typed next is its birth year, unless that is known. */
  askBorn() {
    const name = this.name.text.trim();
    if (name !== '' && this.born.text === '' && bornOf(name) === null) this.born.input.focus();
  }

  async saveName(id, box, text, before) {
    const refusal = await nameFace(id, box, text, before);
    if (refusal === null && this.born.refused) this.born.again(); // it may have waited for the name
    return refusal;
  }

  async saveBorn(id, text) {
    await this.name.settled; // the name may have been typed just before
    return this.name.refused ? texts.nameFirst : setBorn(id, this.name.text, text);
  }
}

customElements.define('face-person', FacePerson);
