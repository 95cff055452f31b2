// A photo's name, ages and states, as they are shown. Pure functions.

import { texts } from './texts.js';

const LONGEST_NAME = 160;
const DOUBTFUL = 1 / 3; // as in engine/dating.py
const NONE = Object.freeze([]);

// Control characters, line breaks, and the bidi controls that can make a name read as another ("photo<RLO>gpj.exe").
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const UNPAIRED = /\p{Surrogate}/gu; // in this mode a pair is one character, so only unpaired halves match

/** Hostile text made fit to show: one line, not too long, in one reading direction; the end (.jpg) is kept. */
export function legible(text, longest = LONGEST_NAME) {
  const start = text.length > 4 * longest ? `${text.slice(0, 2 * longest)}${text.slice(-2 * longest)}` : text;
  const clean = start.replace(UNSEEN, '\ufffd').replace(UNPAIRED, '\ufffd');
  const characters = [...clean];
  if (characters.length <= longest) return clean;
  const tail = 24;
  return `${characters.slice(0, longest - tail - 1).join('')}…${characters.slice(-tail).join('')}`;
}

export function nameOf(photo) {
  const name = legible(photo.name);
  return name.trim() === '' ? texts.unnamed : name;
}

/** "waiting", "queued", "working", "ok", "no_face" or "error". */
export function stateOf(photo) {
  return photo.state === 'done' ? photo.summary.status : photo.state;
}

/** Expected ages of the faces of any photo, from left to right, in years. */
export function meansOf(photo) {
  return stateOf(photo) === 'ok' ? photo.summary.ages : NONE;
}

/** The same as they are shown: {age, mean, uncertain}. */
export function agesOf(photo) {
  return meansOf(photo).map((mean, place) => {
    return { age: Math.round(mean), mean, uncertain: photo.summary.uncertain[place] };
  });
}

/** Faces of a whole photo: the report's, with crop and place in the report, from left to right. */
export function facesOf(photo) {
  if (stateOf(photo) !== 'ok') return [];
  return photo.report.faces
    .map((face, index) => ({
      index,
      box: face.box,
      crop: photo.faces[index] ?? null,
      warnings: face.warnings,
      age: Math.round(face.age.mean),
      low: Math.round(face.age.interval[0]),
      high: Math.round(face.age.interval[1]),
      level: face.age.level,
      mean: face.age.mean,
      interval: face.age.interval,
      distribution: face.age.distribution,
      person: face.person ?? null, // {name, born, doubt}; the two are there only when something is known of the photo
      born: face.born ?? null, // the estimate of a birth year
      misfit: misfitOf(face, photo),
    }))
    .sort((a, b) => a.box[0] + a.box[2] / 2 - (b.box[0] + b.box[2] / 2));
}

/** What does not fit in a face's name and years, as the name of a text; null when all is well. */
function misfitOf({ person }, { report }) {
  const [born, taken] = [person?.born ?? null, report.taken?.year ?? null];
  if (born !== null && taken !== null && born > taken) return 'unborn';
  if ((person?.doubt ?? 0) <= DOUBTFUL) return null;
  return taken === null ? 'doubtful' : 'doubtfulYear';
}

/** What a face is called: its person's name, else its place. */
export function titleOf(face, place) {
  return face.person === null ? place : legible(face.person.name);
}

/** A face in words: "Face 2 of 6 from the left, looks 34, uncertain, 28 to 41". */
export function describe(face, place, total) {
  const parts = [titleOf(face, texts.faceName(place + 1, total)), texts.looks(face.age)];
  if (face.warnings.length > 0) parts.push(texts.uncertain);
  return [...parts, texts.range(face.low, face.high)].join(', ');
}

/** What the faces of a whole photo tell of its year: {mean, low, high, level}; null when they tell nothing. */
export function yearByFaces(photo) {
  return rounded(photo.report?.taken?.estimate);
}

/** An estimate of a year as it is shown. */
export function rounded(estimate) {
  if (!estimate) return null;
  const [low, high] = estimate.interval.map(Math.round);
  return { mean: Math.round(estimate.mean), low, high, level: estimate.level };
}

/** The year by which photos are sorted: the one that the user gave, else the estimate; infinite without. */
export function yearOf(photo) {
  return photo.taken ?? photo.summary?.year ?? Infinity;
}
