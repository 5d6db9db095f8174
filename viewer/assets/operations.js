// Latency and errors of each operation over the time range.

import { $, el, number, svg } from './dom.js';
import { narrow, set } from './state.js';

const height = 90;
const ms = (n) => (n >= 1000 ? (n / 1000).toFixed(2) + ' s' : n.toFixed(n < 10 ? 2 : 0) + ' ms');

export function draw(operations) {
  $('operations').replaceChildren(...(operations.length ? operations.map(card)
    : [el('p', { class: 'empty' }, 'No record here has an operation: time them with the package perf.')]));
}

function card(o) {
  const points = o.points ?? [];
  const label = `${o.name}: ${number(o.calls)} calls, ${number(o.failed)} failed, 95 % within ${ms(o.p95_ms)}`;
  return el('section', {},
    el('h2', {}, el('span', {}, o.name), el('span', { class: 'quiet' }, 'p95 ' + ms(o.p95_ms))),
    chart(points, label),
    el('p', { class: 'quiet' }, `${number(o.calls)} calls, ${number(o.failed)} failed (${(100 * o.failed / Math.max(1, o.calls)).toFixed(1)} %)`),
    el('button', { type: 'button', onclick: () => { set({ view: '' }, true); narrow('operation', o.name); } }, 'Records'));
}

function chart(points, label) {
  const c = svg('svg', { viewBox: `0 0 ${Math.max(1, points.length)} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label });
  const slowest = Math.max(...points.map((p) => p.p95_ms), 1e-9);
  const most = Math.max(...points.map((p) => p.calls), 1);
  points.forEach((p, i) => {
    if (p.failed) {
      const h = Math.max(2, p.failed / most * height);
      c.append(svg('rect', { x: i + .1, y: height - h, width: .8, height: h, class: 'error' }));
    }
  });
  for (const q of ['p50', 'p95']) {
    const at = points.map((p, i) => (p.calls ? `${i + .5},${(height - 2 - p[q + '_ms'] / slowest * (height - 6)).toFixed(1)}` : '')).filter(Boolean);
    c.append(svg('polyline', { points: at.join(' '), class: q }));
  }
  return c;
}
