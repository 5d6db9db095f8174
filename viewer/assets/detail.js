// One record with everything in it, and ways on from there.

import { $, el, flatten, text } from './dom.js';
import { columns, fielded, narrow, quoted, set, state } from './state.js';

const panel = $('detail');

// onAround is called with the row whose neighbours are wanted.
let onAround = () => {};
export const around = (fn) => { onAround = fn; };

export function close() {
  panel.hidden = true;
  panel.replaceChildren();
}

const whole = (field, value) => el('button', { type: 'button', onclick: () => set({ q: fielded(field) + ':' + quoted(value), from: '', to: '', sort: 'oldest', id: state.id }) });

export function open(row) {
  const rec = row.record;
  const tools = el('div', { class: 'tools' },
    el('button', { type: 'button', 'aria-label': 'Close the record', onclick: () => { close(); set({ id: '' }, true); $('rows').focus(); } }, 'Close'),
    el('button', { type: 'button', onclick: (e) => copy(e.target, rec ? JSON.stringify(rec, null, 2) : row.text) }, 'Copy'),
    el('button', { type: 'button', onclick: () => onAround(row) }, 'Before and after'));
  for (const [field, label] of [['request_id', 'Whole request'], ['trace_id', 'Whole trace'], ['transaction_id', 'Whole transaction']]) {
    if (rec?.[field]) {
      const b = whole(field, rec[field]);
      b.textContent = label;
      tools.append(b);
    }
  }
  panel.replaceChildren(tools);
  if (!rec) {
    panel.append(el('pre', {}, row.text));
    panel.hidden = false;
    return;
  }
  const long = [];
  const body = el('tbody');
  for (const [path, value] of flatten(rec)) {
    const shown = text(value);
    if (/\n/.test(shown) || path.endsWith('stack_trace')) { long.push([path, shown]); continue; }
    body.append(el('tr', {}, el('th', { scope: 'row' }, path), el('td', {}, shown), actions(path, value)));
  }
  panel.append(el('table', {}, body));
  for (const [path, shown] of long) panel.append(el('h2', {}, path), el('pre', {}, shown));
  panel.hidden = false;
}

function actions(path, value) {
  const cell = el('td', { class: 'act' });
  if (value === null || typeof value === 'object') return cell;
  const act = (sign, label, fn) => cell.append(el('button', { type: 'button', title: label, 'aria-label': label, onclick: fn }, sign));
  act('+', 'Only records with this ' + path, () => narrow(path, value));
  act('−', 'Only records without this ' + path, () => narrow(path, value, true));
  act('▥', (columns().includes(path) ? 'Remove column ' : 'Show as column ') + path, () => {
    const cols = columns();
    set({ cols: (cols.includes(path) ? cols.filter((c) => c !== path) : [...cols, path]).join(',') }, true);
  });
  return cell;
}

export async function copy(button, what) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(what);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Not allowed';
  }
  setTimeout(() => { button.textContent = label; }, 1200);
}
