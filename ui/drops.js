// Files held over the window. Python alone handles what is dropped, because only Python is told the real paths; so the
// `drop` event goes on its way, and is only kept from making the browser open the file.

import { expectPhotos } from './actions.js';

export function takeDrags() {
  let innermost = null; // entering an element comes before leaving the one around it

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
    if (holdsFiles(event)) expectPhotos();
  });
}
