// Facets: the values that the matching records have, with exact counts; a click filters.

import { $, el, number } from './dom.js';
import { narrow } from './state.js';

const preferred = ['level', 'service', 'logger', 'stage', 'type', 'operation', 'outcome', 'environment', 'host', 'error.type', 'template'];
const most = 12;
const shut = new Set();

// choose picks the fields whose values are worth a list: known ones first, then what many records have.
export function choose(fields) {
  const names = new Set(fields.map((f) => f.name));
  const out = preferred.filter((n) => names.has(n));
  const rest = fields
    .filter((f) => f.kind === 'plain' && !out.includes(f.name) && f.types.includes('string') && !/(^|[._])(id|at|time|path|url|trace|span|file|key|hash|stack)([._]|$)|_id$|@version/.test(f.name))
    .sort((a, b) => b.records - a.records);
  for (const f of rest) if (out.length < most) out.push(f.name);
  return out;
}

export function draw(facets) {
  const out = facets.filter((f) => f.values.length).map((f) => {
    const items = f.values.map((v) => el('li', {},
      el('button', { type: 'button', class: 'value', title: `Only ${f.field} ${v.value}`, onclick: () => narrow(f.field, v.value) },
        el('span', {}, v.value === '' ? '(empty)' : v.value), el('span', { class: 'quiet' }, number(v.count))),
      el('button', { type: 'button', title: `Without ${f.field} ${v.value}`, 'aria-label': `Without ${f.field} ${v.value}`, onclick: () => narrow(f.field, v.value, true) }, '−')));
    if (f.other) items.push(el('li', { class: 'quiet' }, `${number(f.other)} in further values`));
    return el('details', { open: !shut.has(f.field), ontoggle: (e) => shut[e.target.open ? 'delete' : 'add'](f.field) },
      el('summary', {}, f.field), el('ul', {}, ...items));
  });
  $('facets').replaceChildren(...(out.length ? out : [el('p', { class: 'quiet' }, 'No facets')]));
}
