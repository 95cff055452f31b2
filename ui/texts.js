// The texts of the page in the language in use: one file for each language in texts/, all of one shape.

import { english } from './texts/en.js';

export const texts = english;
