// Every text of the page, in one place. A second language is a second object of this shape.

const plural = new Intl.PluralRules('en');

const date = new Intl.DateTimeFormat('en', { dateStyle: 'long' });

function count(number, one, other) {
  return `${number.toLocaleString('en')} ${plural.select(number) === 'one' ? one : other}`;
}

/** "8 of 10" for 0.8; never a percent sign for certainty. */
function cases(level) {
  for (const parts of [10, 20, 100]) {
    const share = level * parts;
    if (Math.abs(share - Math.round(share)) < 1e-6) return `${Math.round(share)} of ${parts}`;
  }
  return `${Math.round(level * 1000)} of 1,000`;
}

export const texts = Object.freeze({
  name: 'Agelens',

  toolbar: 'Tools',
  addPhotos: 'Add photos',
  addPhotosHint: 'Add photos (Ctrl+O)',
  analyze: 'Analyze',
  analyzeMany: (number) => `Analyze ${count(number, 'photo', 'photos')}`,
  pause: 'Pause',
  resume: 'Resume',
  paused: 'paused',
  cancel: 'Cancel',
  cancelling: 'Stopping…',
  settings: 'Settings',
  about: 'About Agelens',
  close: 'Close',

  progress: 'Progress',
  progressOf: (done, total) => `${done.toLocaleString('en')} of ${total.toLocaleString('en')}`,
  speed: (perMinute) => `${count(perMinute < 10 ? Math.round(perMinute * 10) / 10 : Math.round(perMinute), 'photo', 'photos')} a minute`,
  secondsLeft(seconds) {
    if (seconds < 5) return 'almost done';
    if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} s left`;
    if (seconds < 5400) return `about ${Math.ceil(seconds / 60)} min left`;
    return `about ${Math.round(seconds / 3600)} h left`;
  },
  engineLoading: 'Getting ready…',
  engineLoadingHint: 'The models are being loaded. You can add photos already.',
  engineFailed: 'Agelens cannot analyze photos at the moment.',
  tryAgain: 'Try again',

  welcome: 'Drop photos here to see how old the people in them look',
  privacy: 'Photos never leave this computer.',
  dropHere: 'Drop to add',
  continueAlbum: 'Continue with the last album',
  lastAlbum: (photos, opened) => `${count(photos, 'photo', 'photos')}${opened === null ? '' : `, opened on ${date.format(opened)}`}`,

  photos: 'Photos',
  photosCount: (number) => count(number, 'photo', 'photos'),
  shownCount: (number, total) => `${number.toLocaleString('en')} of ${count(total, 'photo', 'photos')}`,
  filterAndOrder: 'Filter and order',
  filter: 'Which photos to show',
  filters: Object.freeze({
    all: 'All photos',
    no_face: 'No face found',
    warnings: 'With a warning',
    error: 'Could not be read',
    ages: 'Of an age',
  }),
  fromAge: 'From this age',
  toAge: 'To this age',
  rangeTo: 'to',
  noMatch: 'No photo fits this filter.',
  showAll: 'Show all photos',
  order: 'Order of the photos',
  orders: Object.freeze({
    added: 'As added',
    name: 'By name',
    date: 'By file date',
    youngest: 'Youngest first',
    oldest: 'Oldest first',
  }),
  orderHints: Object.freeze({
    date: 'By the date when the file was last changed, the earliest first',
    youngest: 'By the youngest face in the photo',
    oldest: 'By the oldest face in the photo',
  }),
  removeAll: 'Remove all',
  removeAllHint: 'Remove all photos from this window. The files stay where they are.',
  removeShown: 'Remove these',
  removeShownHint: 'Remove the photos that the filter shows from this window. The files stay where they are.',
  remove: 'Remove photo',
  removeHint: 'Remove this photo from the window (Delete). The file stays where it is.',
  previous: 'Previous photo (←)',
  next: 'Next photo (→)',
  position: (number, total) => `${number.toLocaleString('en')} of ${total.toLocaleString('en')}`,
  zoom: 'Zoom',
  zoomIn: 'Zoom in (+)',
  zoomOut: 'Zoom out (−)',
  zoomWhole: 'Show the whole photo (0)',
  zoomedPhoto: 'Photo, enlarged: the arrow keys move it',
  positionNone: 'not in the filter',
  unnamed: 'Photo without a name',
  photoAlt: (name) => `Photo ${name}`,
  cell: (name, state) => `${name}, ${state}`,
  cellAges: (ages) => `looks ${ages.join(', ')}`,
  moreFaces: (number) => `+${number}`,
  states: Object.freeze({
    waiting: 'not analyzed yet',
    queued: 'in line',
    working: 'being analyzed',
    no_face: 'no face found',
    error: 'could not be read',
  }),

  readingPhoto: 'Reading the photo…',
  working: 'Looking for faces…',
  queued: 'In line',
  previewFailed: 'This photo cannot be shown at the moment.',

  faces: 'Faces',
  facesCount: (number) => count(number, 'face', 'faces'),
  apparentAge: 'How old they look, not how old they are.',
  apparentAgeOne: 'How old the person looks, not how old they are.',
  turned: 'The photo lay on its side. It is shown upright here; the file is unchanged.',
  waitingTitle: 'Ready when you are',
  waitingText: 'Press Analyze to see how old the people in this photo look.',
  analyzeThis: 'Analyze this photo',
  queuedTitle: 'In line',
  queuedText: 'This photo’s turn comes soon. You can look at others meanwhile.',
  queuedPaused: 'The analysis is paused. Press Resume to go on.',
  workingTitle: 'Looking for faces…',
  workingText: 'The ages appear here in a moment.',
  noFaceTitle: 'No face found',
  noFaceText: 'Agelens looks for faces that are turned towards the camera at least a little and not tiny.',
  noFaceHint: 'If there is a face, try a larger copy of the photo, or one cut closer around the person.',
  errorAside: 'There are no ages for this photo.',

  faceName: (number, total) => (total === 1 ? 'Face' : `Face ${number} of ${total} from the left`),
  looks: (age) => `looks ${age}`,
  between: (low, high) => `${low} to ${high}`,
  inCases: (level) => `in ${cases(level)} cases`,
  chart: (age, low, high) => `Likely ages: around ${age}, mostly between ${low} and ${high}`,
  warnings: Object.freeze({
    small: 'Small in the photo. A larger copy or a closer scan tells more.',
    blurred: 'Blurred. A sharper copy of the photo tells more.',
    turned: 'Turned away. A photo from the front tells more.',
    low_score: 'May not be a face. Look at the photo to be sure.',
  }),
  warningUnknown: 'The picture of this face is poor. Take the age with care.',
  uncertain: 'uncertain',

  corrections: 'Correct the faces',
  addFace: 'Add a face…',
  addFaceHint: 'Draw a box around a face that was missed',
  removeFace: 'Remove',
  removeFaceName: (number, total) => (total === 1 ? 'Remove this face' : `Remove face ${number} of ${total} from the left`),
  removeFaceHint: 'Take this face out of the result. The photo stays as it is.',
  undo: 'Undo',
  undoHint: 'Take the last change of the faces back (Ctrl+Z)',
  analyzeAgain: 'Analyze again',
  analyzeAgainHint: 'Look for the faces anew. Removed faces come back, added ones go.',
  faceAdded: 'Face added.',
  faceRemoved: 'Face removed.',
  faceKnown: 'This face is in the list already.',
  undone: 'Change taken back.',
  drawing: 'Add a face',
  drawingHint: 'Draw a box around the face, or use the arrow keys, with Shift for the size.',
  drawingBusy: 'Looking at the face…',
  drawnAdd: 'Add this face',
  drawnBox: 'Box around the face. Arrow keys move it, with Shift they change its size. Enter adds the face, Escape leaves.',
  drawnPlace: (left, top, width, height) => `${left} from the left, ${top} from the top, ${width} wide, ${height} high, in hundredths of the photo`,

  why: 'Why?',
  whyName: (number, total) => (total === 1 ? 'Why? The parts that make this face look its age' : `Why? Face ${number} of ${total} from the left`),
  whyButtonHint: 'Show which parts of the face make it look older or younger',
  whyWorking: 'Finding out why',
  whyWaiting: 'Waiting for its turn…',
  whyProgress: (done, total) => `Blurring one part after the other: ${done} of ${total}`,
  whyFailed: 'This face cannot be explained at the moment.',
  whyPicture: 'Heat map of the face.',
  whyHint: 'Each part was blurred in turn to see how the age changes. The map shows what the estimate goes by, not how people age.',
  whyParts: Object.freeze({
    older: (zones, years) => `Looks older because of: ${zones.join(', ')} (up to ${count(years, 'year', 'years')})`,
    younger: (zones, years) => `Looks younger because of: ${zones.join(', ')} (up to ${count(years, 'year', 'years')})`,
  }),
  whyNothing: Object.freeze({
    older: 'No part makes the face look older.',
    younger: 'No part makes the face look younger.',
  }),
  zones: Object.freeze({
    forehead: 'forehead',
    eyes: 'eyes',
    nose: 'nose',
    cheeks: 'cheeks',
    mouth: 'mouth',
    chin: 'chin',
    around: 'hair and what is around the face',
  }),

  errors: Object.freeze({
    unsupported_format: 'Not a photo that Agelens can read',
    too_large: 'This photo is too large',
    corrupt: 'This photo is damaged',
    not_found: 'This photo is no longer there',
    unreadable: 'This photo may not be opened',
    crashed: 'This photo could not be analyzed',
  }),
  errorUnknown: 'This photo could not be read',

  analyzeOnDrop: 'Analyze dropped photos at once',
  analyzeOnDropHint: 'Photos from the file dialog always wait for Analyze.',

  keepAlbum: 'Keep the album for the next time',
  keepAlbumHint: 
    'Kept on this computer alone: where the photos are and the ages found, never the photos. Switched off, nothing more is kept.',
  keepAlbumElsewhere: 'Another Agelens window is open and keeps its album. What you do in this one is not kept.',
  keepAlbumFailed: 'At the moment the album cannot be kept.',
  deleteKept: 'Delete what is kept',
  deleteKeptSure: 'Press again to delete',
  deleteKeptHint: 'The next start then offers no album. Your photos stay, and so does what this window shows.',
  keptDeleted: 'What was kept has been deleted.',

  aboutTagline: 'Estimates how old the people in a photo look. Offline, private.',
  aboutAccuracy: 'How accurate it is',
  aboutMae: 'years off on average',
  aboutWithinFive: 'of 100 faces within five years',
  aboutCoverage: 'true ages inside the range',
  aboutFiguresNote: 'Measured on test photos of UTKFace that the model has never seen. On poor photos expect more.',
  aboutNoFigures: 'No measured figures come with this model.',
  aboutNotes: 'Use it with care',
  aboutDetails: 'Details',
  aboutVersion: (version) => `Version ${version}`,
  aboutModel: 'Age model',
  aboutProvider: 'Runs on',
  aboutPlatform: 'System',
  aboutPython: 'Python',
  aboutLicenceCode: 'Licence of the code',
  aboutLicenceWeights: 'Licence of the model',
  aboutFailed: 'These details cannot be shown at the moment.',
  notVerification: 'Apparent age: not for age verification.',

  dismiss: 'Dismiss',
  callFailed: Object.freeze({
    pick_photos: 'The file dialog could not be opened.',
    analyze: 'The analysis could not be started.',
    pause: 'The analysis could not be paused.',
    resume: 'The analysis could not go on.',
    cancel: 'The analysis could not be stopped.',
    remove: 'The photo could not be removed.',
    add_face: 'The face could not be added.',
    remove_face: 'The face could not be removed.',
    undo: 'The change could not be taken back.',
    continue_album: 'The last album could not be opened.',
    delete_kept: 'What is kept could not be deleted.',
    set_setting: 'The setting could not be saved.',
  }),

  saysRunning: (done, total) => `${done} of ${total} photos analyzed`,
  saysDone: (number) => `${count(number, 'photo', 'photos')} analyzed`,
  saysCancelled: 'Stopped',
  saysPaused: (done, total) => `Paused, ${done} of ${total} photos analyzed`,
  saysShown: (number, total) => `${number.toLocaleString('en')} of ${count(total, 'photo', 'photos')} shown`,
  saysAdded: (number) => `${count(number, 'photo', 'photos')} added`,
});
