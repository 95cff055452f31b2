// The only way to Python and back: docs/bridge.md.

let connected;
const api = new Promise((resolve) => {
  connected = resolve;
});

function look() {
  // `hello` is looked for, not `api` alone: pywebview makes the object before it has the calls.
  if (typeof window.pywebview?.api?.hello === 'function') connected(window.pywebview.api);
}

window.addEventListener('pywebviewready', look);
look();

/** Call Python. Waits until Python is there; fails when Python refuses the call. */
export async function call(name, ...values) {
  return (await api)[name](...values);
}

/** Have `receive(event)` called with every event from Python. */
export function onEvent(receive) {
  window.agelens = Object.freeze({ receive });
}
