// The list of records: only the rows in sight are in the document, however many there are.

import { $, at, clock, el, flatten, group, text } from './dom.js';
import { columns, set, state } from './state.js';

const list = $('rows');
const space = el('div', { class: 'space' });
const narrow = matchMedia('(max-width: 800px)');
const rowHeight = () => (narrow.matches ? 44 : 26);
const most = 10_000; // rows kept

let rows = [], ids = new Set(), selected = -1, onEnd = () => {}, onSelect = () => {};
let drawn = false;

export const count = () => rows.length;
export const row = (i) => rows[i];
export const selection = () => rows[selected];

export function events(end, select) { onEnd = end; onSelect = select; }

// show replaces all rows.
export function show(next, emptyText) {
  rows = next;
  ids = new Set(rows.map((r) => r.id));
  selected = rows.findIndex((r) => r.id === state.id);
  list.replaceChildren(rows.length ? space : el('p', { class: 'empty' }, emptyText ?? ''));
  list.scrollTop = selected > 0 ? (selected - 3) * rowHeight() : 0;
  head();
  redraw();
}

// append adds older rows below.
export function append(next) {
  for (const r of next) if (!ids.has(r.id)) { ids.add(r.id); rows.push(r); }
  redraw();
}

// prepend adds newer rows above. Whoever has scrolled down goes on seeing what he sees.
export function prepend(next) {
  const fresh = next.filter((r) => !ids.has(r.id));
  if (!fresh.length) return 0;
  if (!rows.length) list.replaceChildren(space);
  const top = list.scrollTop;
  for (const r of fresh) ids.add(r.id);
  rows = fresh.concat(rows);
  if (rows.length > most) for (const r of rows.splice(most)) ids.delete(r.id);
  if (selected >= 0) selected += fresh.length;
  resize();
  if (top > 0) list.scrollTop = top + fresh.length * rowHeight();
  redraw();
  return fresh.length;
}

export const atTop = () => list.scrollTop < rowHeight();
export const toTop = () => { list.scrollTop = 0; };

const resize = () => { space.style.height = rows.length * rowHeight() + 'px'; };

function redraw() {
  if (drawn) return;
  drawn = true;
  requestAnimationFrame(() => { drawn = false; draw(); });
}

function draw() {
  const h = rowHeight();
  resize();
  const from = Math.max(0, Math.floor(list.scrollTop / h) - 8);
  const to = Math.min(rows.length, from + Math.ceil(list.clientHeight / h) + 16);
  const lines = [];
  for (let i = from; i < to; i++) lines.push(line(i, h));
  space.replaceChildren(...lines);
  list.setAttribute('aria-activedescendant', selected >= from && selected < to ? 'row-' + selected : '');
  if (to === rows.length && rows.length) onEnd();
}

// shownElsewhere are the attributes that a row does not repeat behind its message.
const shownElsewhere = new Set(['time', 'level', 'msg', '@version', 'trace_id', 'span_id', 'trace_flags', 'request_id', 'transaction_id', 'session_id', 'host', 'environment', 'service_version']);

function line(i, h) {
  const r = rows[i], rec = r.record ?? {};
  const level = text(rec.level);
  const e = el('div', { class: 'row', role: 'option', id: 'row-' + i, 'aria-selected': String(i === selected), 'data-row': i },
    el('span', { class: 'time', title: text(rec.time) || r.time }, clock(r.time ?? rec.time, narrow.matches)),
    el('span', { class: 'level ' + group(level) }, level));
  const cols = columns();
  for (const c of cols) e.append(el('span', { class: 'col' }, text(at(rec, c))));
  const msg = el('span', { class: 'msg' });
  msg.append(...highlighted(r, r.text ?? text(rec.msg)));
  const rest = r.record ? flatten(rec).filter(([k, v]) => k && v !== null && !shownElsewhere.has(k) && !cols.includes(k)).slice(0, 12) : [];
  if (rest.length) msg.append(el('span', { class: 'rest' }, rest.map(([k, v]) => k + '=' + text(v)).join(' ').slice(0, 400)));
  e.append(msg);
  e.style.top = i * h + 'px';
  return e;
}

const encoder = new TextEncoder(), decoder = new TextDecoder();

// highlighted returns the message with what the query matched marked. Places are counted in bytes.
function highlighted(r, message) {
  const marks = (r.highlights ?? []).filter((x) => x.Field === 'msg' || (x.Field === '' && r.text !== undefined)).sort((a, b) => a.Start - b.Start);
  if (!marks.length) return [message];
  const bytes = encoder.encode(message), out = [];
  let done = 0;
  for (const m of marks) {
    if (m.Start < done || m.End > bytes.length) continue;
    out.push(decoder.decode(bytes.subarray(done, m.Start)), el('mark', {}, decoder.decode(bytes.subarray(m.Start, m.End))));
    done = m.End;
  }
  out.push(decoder.decode(bytes.subarray(done)));
  return out;
}

function head() {
  const h = $('columns');
  h.replaceChildren(el('span', { class: 'time' }, 'Time'), el('span', { class: 'level' }, 'Level'));
  for (const c of columns()) {
    h.append(el('span', { class: 'col' }, c, el('button', { type: 'button', 'aria-label': 'Remove column ' + c,
      onclick: () => set({ cols: columns().filter((x) => x !== c).join(',') }, true) }, '×')));
  }
  h.append(el('span', { class: 'msg' }, 'Message'));
}

export function refresh() { head(); redraw(); }

export function select(i, open = true) {
  if (i < 0 || i >= rows.length) return;
  selected = i;
  const h = rowHeight(), y = i * h;
  if (y < list.scrollTop) list.scrollTop = y;
  else if (y + h > list.scrollTop + list.clientHeight) list.scrollTop = y + h - list.clientHeight;
  redraw();
  if (open) onSelect(rows[i]);
}

export const move = (way, open) => select(selected < 0 ? 0 : selected + way, open);

export function deselect() { selected = -1; redraw(); }

list.addEventListener('scroll', redraw, { passive: true });
new ResizeObserver(redraw).observe(list);
narrow.addEventListener('change', redraw);
list.addEventListener('click', (e) => {
  const r = e.target.closest('[data-row]');
  if (r && !String(getSelection())) select(Number(r.dataset.row));
});
