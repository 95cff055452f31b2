// The texts of the page in the language in use. Each language has a file in texts/; all are of one shape.

import { german } from './texts/de.js';
import { english } from './texts/en.js';

const LANGUAGES = { en: english, de: german };

const root = document.documentElement;

/** What the user chose, else the first of the system's languages that there are texts in. */
function chooseLanguage() {
  const wanted = [root.dataset.language, ...navigator.languages].map((language) => language.split('-')[0]);
  return wanted.find((language) => Object.hasOwn(LANGUAGES, language)) ?? 'en';
}

root.lang = chooseLanguage();

export const texts = LANGUAGES[root.lang];
