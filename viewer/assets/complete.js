// Completion of fields and of their values while a query is written.

import { $, el, number } from './dom.js';
import { ask, ignorable } from './api.js';
import { fielded, query, quoted } from './state.js';

const input = $('query'), list = $('suggestions');
let fields = [], items = [], active = -1, from = 0;

export const known = (list) => { fields = list; };

function hide() {
  list.hidden = true;
  active = -1;
  input.setAttribute('aria-expanded', 'false');
  input.removeAttribute('aria-activedescendant');
}

function offer(next, start) {
  items = next.slice(0, 12);
  from = start;
  active = -1;
  if (!items.length) return hide();
  list.replaceChildren(...items.map((item, i) => el('li', { role: 'option', id: 'suggestion-' + i, 'aria-selected': 'false',
    onmousedown: (e) => { e.preventDefault(); take(i); } }, el('span', {}, item.text), el('span', { class: 'quiet' }, item.note))));
  list.hidden = false;
  input.setAttribute('aria-expanded', 'true');
}

function take(i) {
  const { insert } = items[i];
  const end = input.selectionStart;
  input.value = input.value.slice(0, from) + insert + input.value.slice(end);
  input.selectionStart = input.selectionEnd = from + insert.length;
  hide();
  if (insert.endsWith(':')) suggest();
}

async function suggest() {
  const before = input.value.slice(0, input.selectionStart);
  const value = /(?:^|[\s(])([\w.@#-]+):("?)([^\s"()]*)$/.exec(before);
  if (value && fields.some((f) => f.name === value[1])) {
    const start = before.length - value[2].length - value[3].length;
    try {
      const found = await ask('facets', query({ q: '', field: value[1], size: 50 }), 'complete');
      if (input.value.slice(0, input.selectionStart) !== before) return;
      const wanted = value[3].toLowerCase();
      offer((found[0]?.values ?? []).filter((v) => v.value.toLowerCase().startsWith(wanted) && v.value.length < 120)
        .map((v) => ({ text: v.value, note: number(v.count), insert: quoted(v.value) + ' ' })), start);
    } catch (err) {
      if (!ignorable(err)) hide();
    }
    return;
  }
  const word = /(?:^|[\s(])-?([\w.@#]*)$/.exec(before);
  if (!word || !word[1]) return hide();
  const wanted = word[1].toLowerCase();
  const rank = (f) => (f.name.toLowerCase().startsWith(wanted) ? 0 : 1);
  offer(fields.filter((f) => f.name.toLowerCase().includes(wanted)).sort((a, b) => rank(a) - rank(b) || b.records - a.records)
    .map((f) => ({ text: f.name, note: f.types.join(', '), insert: fielded(f.name) + ':' })), before.length - word[1].length);
}

input.addEventListener('input', suggest);
input.addEventListener('blur', hide);
input.addEventListener('keydown', (e) => {
  if (list.hidden) return;
  if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
    e.preventDefault();
    list.children[active]?.setAttribute('aria-selected', 'false');
    active = (active + (e.key === 'ArrowDown' ? 1 : -1) + items.length + (active < 0 && e.key === 'ArrowUp' ? 1 : 0)) % items.length;
    list.children[active].setAttribute('aria-selected', 'true');
    list.children[active].scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', 'suggestion-' + active);
  } else if ((e.key === 'Enter' || e.key === 'Tab') && active >= 0) {
    e.preventDefault();
    take(active);
  } else if (e.key === 'Escape') {
    e.stopPropagation();
    hide();
  }
});

export { hide };
