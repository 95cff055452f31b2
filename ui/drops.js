// Files dragged over the window. Only Python handles drops, because only Python is told the real paths: the `drop` event
// is passed on, and is only kept from making the browser open the file.

import { expectDropped } from './selection.js';

export function takeDrags() {
  let innermost = null; // an element is entered before the one around it is left

  const show = (dragging) => document.documentElement.classList.toggle('dragging', dragging);
  const holdsFiles = (event) => event.dataTransfer?.types.includes('Files') ?? false;

  document.addEventListener('dragenter', (event) => {
    event.preventDefault();
    innermost = event.target;
    show(holdsFiles(event));
  });

  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = holdsFiles(event) ? 'copy' : 'none';
  });

  document.addEventListener('dragleave', (event) => {
    if (event.target === innermost) show(false);
  });

  document.addEventListener('drop', (event) => {
    event.preventDefault();
    show(false);
    if (holdsFiles(event)) expectDropped();
  });
}
