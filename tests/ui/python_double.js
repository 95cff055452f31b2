// Stands in for Python in the page: answers the calls of docs/bridge.md, and records them and what goes wrong.
// Runs before the page's own scripts, with the object `start` that conftest.py puts before it.

(() => {
  const double = {
    wholes: new Map(start.photos.map((photo) => [photo.id, photo])),
    shown: null, // id of the photo about which the page wants all
    snapshot: { ...start.snapshot, photos: start.photos.map(listed) },
    calls: [], // [name, ...values], in order
    refused: [], // names of calls that fail
    back: null, // photos that the call bring_back brings back
    naming: 'named', // how the call name_face ends
    undoing: {}, // how the call undo ends, by the photo's id, unless it is 'undone'
    violations: [], // of the content security policy
    rejections: [],
  };

  document.addEventListener('securitypolicyviolation', (event) => {
    double.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
  });
  window.addEventListener('unhandledrejection', (event) => double.rejections.push(String(event.reason)));

  const answers = {
    hello: () => double.snapshot,
    pick_photos: () => 0,
    pick_folder: () => 0,
    paste: () => 0,
    show: (id) => {
      double.shown = id;
      tellWhole();
      return true;
    },
    analyze: (ids) => (ids === null ? double.snapshot.photos.length : ids.length),
    pause: () => true,
    resume: () => true,
    cancel: () => true,
    remove: (ids) => (ids === null ? double.snapshot.photos.length : ids.length),
    explain: () => new Promise((resolve) => {
      double.explained = resolve; // the test answers
    }),
    add_face: () => new Promise((resolve) => {
      double.added = resolve; // the test answers
    }),
    bring_back: () => double.back,
    remove_face: () => true,
    undo: (id) => ({ state: double.undoing[id] ?? 'undone' }),
    name_face: () => ({ state: double.naming }),
    rename: (name, to, ids) => ids,
    set_born: () => true,
    set_taken: () => true,
    typed: () => true,
    continue_album: (id) => double.snapshot.kept.albums.find((album) => album.id === id)?.photos ?? 0,
    delete_kept: () => true,
    export: (kind, ids) => (ids === null ? double.snapshot.photos.length : ids.length),
    cancel_export: () => true,
    copy_text: () => true,
    set_setting: (name, value) => ({ ...double.snapshot.settings, [name]: value }),
    about: () => start.about,
    fault: () => true,
  };

  /** The part of a photo that a list shows. */
  function listed({ preview, faces, report, undoable, camera, ...photo }) {
    return photo;
  }

  function tellWhole() {
    const photo = double.wholes.get(double.shown);
    if (photo !== undefined) window.agelens.receive({ event: 'whole', photo });
  }

  double.tell = (photos) => {
    for (const photo of photos) double.wholes.set(photo.id, photo);
    window.agelens.receive({ event: 'photos', photos: photos.map(listed) });
    if (photos.some((photo) => photo.id === double.shown)) tellWhole();
  };

  const api = {};
  for (const [name, answer] of Object.entries(answers)) {
    api[name] = async (...values) => {
      double.calls.push([name, ...values]);
      if (double.refused.includes(name)) throw new Error(`${name} is refused`);
      return structuredClone(await answer(...values));
    };
  }

  window.double = double;
  window.pywebview = { api: start.connected ? api : {} };
  double.connect = () => {
    window.pywebview.api = api;
    window.dispatchEvent(new CustomEvent('pywebviewready'));
  };
})();
