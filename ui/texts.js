// The texts of the page in the current language. Each language has a file in texts/; all have the same shape.

import { german } from './texts/de.js';
import { english } from './texts/en.js';

export const LANGUAGES = { en: english, de: german };

const root = document.documentElement;

/** The language that the user chose, else the first of the system's languages for which there are texts. */
function chooseLanguage() {
  const wanted = [root.dataset.language, ...navigator.languages].map((language) => language.split('-')[0]);
  return wanted.find((language) => Object.hasOwn(LANGUAGES, language)) ?? 'en';
}

root.lang = chooseLanguage();

export const texts = LANGUAGES[root.lang];
