// Makes elements. Text only becomes text nodes and attribute values; nothing here turns a string into markup.

const SVG = 'http://www.w3.org/2000/svg';

/** An element. `on` holds listeners, `class` and all other names are attributes; null and false leave one out. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Set an attribute, or remove it for null and false. Does nothing if it has the value already. */
export function set(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value === true ? '' : value);
}

/** Set the text unless it is the same already: a live region would read it out again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Put a warning into a live region, which stays empty without one. */
export function warn(element, text) {
  if (element.textContent !== text) element.replaceChildren(...(text === '' ? [] : [icon('warning'), h('span', {}, text)]));
}

/**
 * Let only digits into a field, those of what `meant` leaves of the text, and call `heard` with them. Input methods write
 * full-width digits; while one composes, the text is left alone.
 */
export function keepDigits(input, { meant = (text) => text, heard = () => {} }) {
  const digitsOf = (text) => meant(text.normalize('NFKC')).replace(/\D/g, '');
  const tidy = () => {
    const digits = digitsOf(input.value);
    if (digits !== input.value) {
      const place = digitsOf(input.value.slice(0, input.selectionStart)).length;
      input.value = digits; // the cursor would go to the end
      input.setSelectionRange(place, place);
    }
    heard(digits);
  };
  input.addEventListener('input', ({ isComposing }) => isComposing || tidy());
  input.addEventListener('compositionend', tidy);
}

/** Whether a key belongs to an input method. For the Enter that ends a composition, WebKit only tells by `keyCode`. */
export function isComposed({ isComposing, keyCode }) {
  return isComposing || keyCode === 229;
}

/** Make these the children. Those that stay are not touched, so that the focus is not lost. */
export function setChildren(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let place = parent.firstChild;
  for (const child of children) {
    if (child === place) place = place.nextSibling;
    else parent.insertBefore(child, place);
  }
}

const ICONS = {
  add: ['M12 5v14', 'M5 12h14'],
  addFolder: ['M3.5 18.5v-12h6l2 2.5h9v9.5z', 'M12 11.5v4.5', 'M9.75 13.75h4.5'],
  close: ['M6 6l12 12', 'M18 6L6 18'],
  previous: ['M15 5l-7 7 7 7'],
  next: ['M9 5l7 7-7 7'],
  pause: ['M9 6v12', 'M15 6v12'],
  resume: ['M8 5.5v13l10.5-6.5z'],
  again: ['M18.8 9A7.5 7.5 0 1 0 19.5 12', 'M19.5 4.5V9H15'],
  smaller: ['M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z', 'M15.3 15.3 20 20', 'M7.5 10.5h6'],
  larger: ['M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z', 'M15.3 15.3 20 20', 'M7.5 10.5h6', 'M10.5 7.5v6'],
  whole: ['M4 9V4h5', 'M20 9V4h-5', 'M4 15v5h5', 'M20 15v5h-5'],
  info: ['M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z', 'M12 11v5', 'M12 7.8v.1'],
  warning: ['M12 4.2 21 19.5H3z', 'M12 10v4.2', 'M12 16.8v.1'],
  remove: ['M5 7h14', 'M10 7V4.5h4V7', 'M7 7l.8 12.5h8.4L17 7'],
  settings: ['M4 8h9', 'M17 8h3', 'M15 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z', 'M4 16h3', 'M11 16h9', 'M9 18a2 2 0 1 0 0-4 2 2 0 0 0 0 4z'],
  keyboard: ['M3.5 7h17v10.5h-17z', 'M7 10.2v.1', 'M10.3 10.2v.1', 'M13.7 10.2v.1', 'M17 10.2v.1', 'M8 14.2h8'],
  export: ['M12 14.5V4', 'M8 7.7 12 3.8l4 3.9', 'M5 12.5v7h14v-7'],
  lens: ['M4 9V7a3 3 0 0 1 3-3h2', 'M15 4h2a3 3 0 0 1 3 3v2', 'M20 15v2a3 3 0 0 1-3 3h-2', 'M9 20H7a3 3 0 0 1-3-3v-2', 'M12 15.6a3.6 3.6 0 1 0 0-7.2 3.6 3.6 0 0 0 0 7.2z'],
  lock: ['M7 11V8a5 5 0 0 1 10 0v3', 'M5.5 11h13v9h-13z'],
  photo: ['M4 5h16v14H4z', 'M4 16l4.5-4.5 4 4 3-3L20 17', 'M9 9.4v.1'],
  person: ['M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z', 'M4.5 20a7.5 7.5 0 0 1 15 0'],
  clock: ['M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z', 'M12 7v5.2l3.2 2'],
};

/** An icon, hidden from screen readers: the element that carries it has its own name. */
export function icon(name) {
  const paths = ICONS[name].map((d) => svg('path', { d }));
  return svg('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, ...paths);
}

export const DRAG = 4; // pixels that the pointer must move before a press is a drag

/**
 * Whether a click is the second half of a double click. `detail` is the click's number in a quick series, 0 for a key: a
 * third click is a new one.
 */
export function isSecond({ detail }) {
  return detail > 0 && detail % 2 === 0;
}

/**
 * A button. `name` is its name for screen readers when it shows only an icon. With `single`, a double click counts as one
 * click: by its second half, something that the user does not mean may have moved below the pointer.
 */
export function button({ label = null, name = null, hint = null, look = '', sign = null, single = false, click, ...rest }) {
  const element = h('button', { type: 'button', class: `button ${look}`, title: hint, 'aria-label': name, ...rest });
  if (sign !== null) element.append(icon(sign));
  if (label !== null) element.append(h('span', {}, label));
  element.addEventListener('click', (event) => {
    if (element.getAttribute('aria-disabled') !== 'true' && !(single && isSecond(event))) click();
  });
  return element;
}
