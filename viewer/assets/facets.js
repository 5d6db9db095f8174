// Facets: the values that the matching records have, with exact counts; a click filters.

import { $, el, number } from './dom.js';
import { narrow } from './state.js';

const preferred = ['level', 'service', 'logger', 'stage', 'type', 'operation', 'outcome', 'environment', 'host', 'error.type', 'template'];
const most = 12; // fields in the list
const first = 5; // of them open, until a person says otherwise: those that are shut cost nothing
const toggled = new Map(); // whether a person has opened a field, or shut it

// What was chosen on the last page is asked for at once on the next; which fields there are is known a request later.
let chosen = (localStorage.getItem('facets') ?? '').split('\n').filter(Boolean);
let onOpen = () => {};

// onOpen has fn called with a field that a person opens; fill then shows its values.
const opened = (fn) => { onOpen = fn; };
export { opened as onOpen };

export const names = () => chosen.join();
const isOpen = (name) => toggled.get(name) ?? chosen.indexOf(name) < first;

// open lists the fields whose values are wanted.
export const open = () => chosen.filter(isOpen);

// choose picks the fields whose values are worth a list: known ones first, then what many records have.
export function choose(fields) {
  const known = new Set(fields.map((f) => f.name));
  const out = preferred.filter((n) => known.has(n));
  const rest = fields
    .filter((f) => f.kind === 'plain' && !out.includes(f.name) && f.types.includes('string') && !/(^|[._])(id|at|time|path|url|trace|span|file|key|hash|stack|ip|addr|address|agent|etag)([._]|$)|_id$|@version/.test(f.name))
    .sort((a, b) => b.records - a.records);
  for (const f of rest) if (out.length < most) out.push(f.name);
  chosen = out;
  localStorage.setItem('facets', out.join('\n'));
}

function list(f) {
  const items = f.values.map((v) => el('li', {},
    el('button', { type: 'button', class: 'value', title: `Only ${f.field} ${v.value}`, onclick: () => narrow(f.field, v.value) },
      el('span', {}, v.value === '' ? '(empty)' : v.value), el('span', { class: 'quiet' }, number(v.count))),
    el('button', { type: 'button', title: `Without ${f.field} ${v.value}`, 'aria-label': `Without ${f.field} ${v.value}`, onclick: () => narrow(f.field, v.value, true) }, '−')));
  if (f.other) items.push(el('li', { class: 'quiet' }, `${number(f.other)} in further values`));
  if (!items.length) items.push(el('li', { class: 'quiet' }, 'No values'));
  return el('ul', {}, ...items);
}

// fill shows the values of one field.
export function fill(name, [f]) {
  const d = [...$('facets').children].find((d) => d.dataset.field === name);
  if (d && f) d.querySelector('ul').replaceWith(list(f));
}

function toggle(e) {
  const d = e.target, name = d.dataset.field;
  if (d.open === isOpen(name)) return;
  toggled.set(name, d.open);
  if (d.open) onOpen(name);
}

export function draw(facets) {
  const found = new Map(facets.filter((f) => f.values.length).map((f) => [f.field, f]));
  const out = chosen.filter((n) => found.has(n) || !isOpen(n)).map((n) => el('details', { open: isOpen(n), 'data-field': n, ontoggle: toggle },
    el('summary', {}, n), found.has(n) ? list(found.get(n)) : el('ul')));
  $('facets').replaceChildren(...(out.length ? out : [el('p', { class: 'quiet' }, 'No facets')]));
}
