"""How the report looks, on a screen and on paper."""

STYLE = """
:root { color-scheme: light; }

* { box-sizing: border-box; }

body {
  max-width: 960px;
  margin: 0 auto;
  padding: 32px 24px;
  background: #fff;
  color: #1c1c1e;
  font: 14px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
}

h1, h2, h3, p, ul { margin: 0; padding: 0; font-size: inherit; }
h1 { font-size: 24px; }
main { margin-top: 20px; }

.quiet { color: #616166; font-size: 12px; }

.caution {
  margin-top: 8px;
  padding: 8px 12px;
  border: 1px solid #cfcfca;
  border-radius: 6px;
  font-weight: 600;
}

.caution + p { margin-top: 8px; }

.photo {
  display: grid;
  grid-template-columns: 300px minmax(0, 1fr);
  gap: 16px;
  padding: 20px 0;
  border-top: 1px solid #cfcfca;
}

.photo h2 { font-size: 15px; }
.photo h2, .photo h3, .path, .error { overflow-wrap: anywhere; }
.taken { margin-top: 4px; font-weight: 600; }
.error { margin-top: 12px; }

.shot { display: block; width: 100%; height: auto; max-height: 300px; }
.shot rect { fill: none; stroke: #fff; }
.shot .edge { stroke: #1b1b1d; }

.shot text {
  fill: #fff;
  stroke: #1b1b1d;
  stroke-linejoin: round;
  paint-order: stroke;
  font-weight: 700;
  text-anchor: middle;
}

.none {
  display: grid;
  place-items: center;
  min-height: 80px;
  padding: 12px;
  border: 1px solid #cfcfca;
  border-radius: 4px;
  text-align: center;
}

.faces {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(240px, 1fr));
  gap: 12px;
  margin-top: 12px;
  list-style: none;
}

.face { display: grid; grid-template-columns: 72px minmax(0, 1fr); gap: 12px; align-items: start; }
.face img { display: block; width: 72px; height: 72px; border-radius: 4px; }
.age { font-size: 24px; font-weight: 600; line-height: 1.1; }
.warning { color: #8f5200; font-size: 12px; }

footer { padding-top: 16px; border-top: 1px solid #cfcfca; }

/* Of thousands of photos only those in sight are laid out. */
@media screen {
  .photo { content-visibility: auto; contain-intrinsic-height: auto 260px; }
}

@media (max-width: 699px) {
  .photo { grid-template-columns: minmax(0, 1fr); }
}

@media print {
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .photo { grid-template-columns: 62mm minmax(0, 1fr); }
  .faces { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .shot { max-height: 62mm; }
  .face { break-inside: avoid; }
  header, h2, h3 { break-after: avoid; }
  .shot, .face img { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
"""
