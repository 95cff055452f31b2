// The texts of the page in the current language. Each language has a file in texts/; all have the same shape.

import { german } from './texts/de.js';
import { english } from './texts/en.js';

export const LANGUAGES = { en: english, de: german };

export const MAC = navigator.platform.startsWith('Mac');

const MAC_KEYS = { Control: '⌘', Shift: '⇧', Delete: '⌫' };

const root = document.documentElement;

/** The language that the user chose, else the first of the system's languages for which there are texts. */
function chooseLanguage() {
  const wanted = [root.dataset.language, ...navigator.languages].map((language) => language.split('-')[0]);
  return wanted.find((language) => Object.hasOwn(LANGUAGES, language)) ?? 'en';
}

/** The texts with the keys of a Mac, as they are written there, instead of those that they name. */
function forMac({ keys, ...others }) {
  const signs = [
    [`${keys.Control}+${keys.Shift}+`, MAC_KEYS.Shift + MAC_KEYS.Control],
    [`${keys.Control}+`, MAC_KEYS.Control],
    [`(${keys.Delete})`, `(${MAC_KEYS.Delete})`],
  ];
  const rewrite = (value) => {
    if (typeof value === 'string') return signs.reduce((text, [words, sign]) => text.replaceAll(words, sign), value);
    if (typeof value !== 'object') return value;
    return Object.freeze(Object.fromEntries(Object.entries(value).map(([name, text]) => [name, rewrite(text)])));
  };
  return Object.freeze({ ...rewrite(others), keys: Object.freeze({ ...keys, ...MAC_KEYS }) });
}

root.lang = chooseLanguage();

export const texts = MAC ? forMac(LANGUAGES[root.lang]) : LANGUAGES[root.lang];
