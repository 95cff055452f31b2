// A page that only records what the shell does: the shell's tests do not depend on the real page.
const seen = { events: [], photos: {}, snapshot: null, violations: [] };
window.seen = seen;

document.addEventListener('securitypolicyviolation', (event) =>
  seen.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
);
document.addEventListener('dragover', (event) => event.preventDefault());

function draw() {
  document.getElementById('photos').textContent = Object.values(seen.photos)
    .map((photo) => `${photo.name}: ${photo.state}`)
    .join('\n');
}

window.agelens = {
  receive(event) {
    seen.events.push(event);
    if (event.event === 'photos') for (const photo of event.photos) seen.photos[photo.id] = photo;
    if (event.event === 'removed') for (const id of event.ids) delete seen.photos[id];
    if (event.event === 'run') document.documentElement.dataset.idle = String(event.run.state === 'idle');
    draw();
  },
};

async function greet() {
  seen.snapshot = await window.pywebview.api.hello("en");
  for (const photo of seen.snapshot.photos) seen.photos[photo.id] = photo;
  document.documentElement.dataset.idle = String(seen.snapshot.run.state === 'idle');
  document.getElementById('state').textContent = 'ready';
  draw();
}

if (window.pywebview?.api?.hello) greet();
window.addEventListener('pywebviewready', greet);
