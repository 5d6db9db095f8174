// The histogram over the list: drag over bars, or choose them by the arrow keys, to zoom in.

import { $, clock, group, number, svg } from './dom.js';
import { set, state } from './state.js';

const chart = $('histogram').querySelector('svg');
const height = 84;
let data, first = -1, last = -1;
let dragging = false, waiting; // what came while somebody drags is drawn afterwards

export function draw(histogram) {
  if (dragging) {
    waiting = histogram;
    return;
  }
  data = histogram;
  first = last = -1;
  const { bars } = data;
  const from = Date.parse(data.from), to = Date.parse(data.to);
  chart.replaceChildren();
  $('out').hidden = state.from === '' && state.to === '';
  if (!bars.length) {
    $('span').textContent = '';
    chart.setAttribute('aria-label', 'No records over time');
    return;
  }
  const step = data.step_ms;
  const start = Math.floor(from / step) * step;
  const slots = Math.max(1, Math.ceil((to - start) / step));
  chart.setAttribute('viewBox', `0 0 ${slots} ${height}`);
  const most = Math.max(1, ...bars.map((b) => b.total));
  for (const b of bars) {
    const x = Math.round((Date.parse(b.time) - start) / step);
    const parts = { error: 0, warn: 0, info: 0, debug: 0 };
    let known = 0;
    for (const level in b.levels) {
      const g = group(level);
      parts[g === 'critical' ? 'error' : g] += b.levels[level];
      known += b.levels[level];
    }
    const scale = known ? b.total / known : 0;
    if (!known) parts.info = b.total;
    let y = height;
    for (const g of ['error', 'warn', 'info', 'debug']) {
      const share = parts[g] * (scale || 1) / most * (height - 4);
      if (!share) continue;
      const h = Math.max(share, 1); // one error among thousands is still seen
      y -= h;
      chart.append(svg('rect', { x: x + .06, y, width: .88, height: h, class: g }));
    }
  }
  $('span').textContent = clock(new Date(from).toISOString()) + ' to ' + clock(new Date(to).toISOString());
  const total = bars.reduce((n, b) => n + b.total, 0);
  chart.setAttribute('aria-label', `${number(total)} records from ${$('span').textContent}, at most ${number(most)} in a bar`);
}

const slots = () => chart.viewBox.baseVal.width || 1;
const slot = (x) => {
  const box = chart.getBoundingClientRect();
  return Math.min(slots() - 1, Math.max(0, Math.floor((x - box.left) / box.width * slots())));
};

function brush() {
  chart.querySelector('.brush')?.remove();
  if (first < 0) return;
  const [a, b] = [Math.min(first, last), Math.max(first, last)];
  chart.append(svg('rect', { x: a, y: 0, width: b - a + 1, height, class: 'brush' }));
  const t = (i) => clock(new Date(startOf(i)).toISOString());
  $('span').textContent = t(a) + ' to ' + t(b + 1);
}

const startOf = (i) => Math.floor(Date.parse(data.from) / data.step_ms) * data.step_ms + i * data.step_ms;

function zoom() {
  if (first < 0) return;
  const [a, b] = [Math.min(first, last), Math.max(first, last)];
  set({ from: new Date(startOf(a)).toISOString(), to: new Date(startOf(b + 1)).toISOString(), id: '' });
}

chart.addEventListener('pointerdown', (e) => {
  if (!data?.bars.length) return;
  dragging = true;
  chart.setPointerCapture(e.pointerId);
  first = last = slot(e.clientX);
  brush();
});
chart.addEventListener('pointermove', (e) => {
  if (!dragging) return;
  last = slot(e.clientX);
  brush();
});
chart.addEventListener('pointerup', () => {
  if (!dragging) return;
  dragging = false;
  zoom();
  if (waiting) draw(waiting);
  waiting = undefined;
});
chart.addEventListener('keydown', (e) => {
  if (!data?.bars.length) return;
  const way = e.key === 'ArrowLeft' ? -1 : e.key === 'ArrowRight' ? 1 : 0;
  if (way) {
    last = first < 0 ? (way > 0 ? 0 : slots() - 1) : Math.min(slots() - 1, Math.max(0, last + way));
    if (!e.shiftKey || first < 0) first = last;
    brush();
    e.preventDefault();
  } else if (e.key === 'Enter') zoom();
});
$('out').addEventListener('click', () => {
  if (!data?.from) return set({ from: '', to: '' });
  const from = Date.parse(data.from), length = Date.parse(data.to) - from;
  set({ from: new Date(from - length).toISOString(), to: new Date(from + 2 * length).toISOString() });
});
