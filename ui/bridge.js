// The only link between the page and Python: docs/bridge.md.

let connected;
const connection = new Promise((resolve) => {
  connected = resolve;
});

/**
 * Have `greet` called when Python is there. It may be called again: when the page comes back from another address,
 * pywebview may make its object twice, and calls of the first one are then never answered.
 */
export function onConnection(greet) {
  function look() {
    // Look for `hello`, not only for `api`: pywebview makes the object before it has the calls.
    if (typeof window.pywebview?.api?.hello !== 'function') return;
    connected();
    greet();
  }

  window.addEventListener('pywebviewready', look);
  look();
}

/** Call Python. Waits until Python is there; fails when Python refuses the call. */
export async function call(name, ...values) {
  await connection;
  return window.pywebview.api[name](...values);
}

/** Have `receive(event)` called with every event from Python. */
export function onEvent(receive) {
  window.agelens = Object.freeze({ receive });
}
