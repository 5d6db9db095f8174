// The page: what it asks for when its state changes, and what keys and buttons do.

import { $, number, clock } from './dom.js';
import { ask, ignorable } from './api.js';
import { columns, onChange, query, set, state } from './state.js';
import * as complete from './complete.js';
import * as detail from './detail.js';
import * as facets from './facets.js';
import * as histogram from './histogram.js';
import * as operations from './operations.js';
import * as rows from './rows.js';
import * as tail from './tail.js';

const page = 100;
const maxRows = Math.min(page, Number(document.documentElement.dataset.maxRows) || page);
let cursor = '', loading = false, fresh = 0;

function fail(err) {
  if (ignorable(err)) return;
  const line = err.column ? state.q + '\n' + ' '.repeat(err.column - 1) + '^ ' : '';
  $('error').textContent = line + err.message;
  $('error').hidden = false;
  $('query').setAttribute('aria-invalid', String(Boolean(err.column)));
}

function clearError() {
  $('error').hidden = true;
  $('query').removeAttribute('aria-invalid');
}

async function search() {
  clearError();
  cursor = '';
  performance.mark('search');
  try {
    const res = await ask('search', query({ limit: maxRows }));
    cursor = res.cursor ?? '';
    rows.show(res.rows, state.from || state.to ? 'No record matches in this time range. Choose another range, or All time.' : 'No record matches.');
    const many = (res.exact ? '' : 'more than ') + number(res.total) + (res.total === 1 ? ' record' : ' records');
    const stands = state.weigh && res.weighted ? `, standing for ${number(res.weighted)}` : '';
    $('status').textContent = `${many}${stands} in ${res.took_ms} ms${res.partial ? ', not all were looked at: the time was up' : ''}`;
    requestAnimationFrame(() => setTimeout(() => performance.measure('search to paint', 'search')));
    if (state.id) restore();
  } catch (err) {
    fail(err);
  }
}

// restore opens the record of the address, which may be beyond the rows that were loaded.
async function restore() {
  const have = rows.selection();
  if (have?.id === state.id) return detail.open(have);
  try {
    const res = await ask('context', query({ q: '', from: '', to: '', id: state.id, before: 1, after: 1 }), 'restore');
    const row = res.rows.find((r) => r.id === state.id);
    if (row) detail.open(row);
  } catch (err) {
    fail(err);
  }
}

async function more() {
  if (!cursor || loading) return;
  loading = true;
  try {
    const res = await ask('search', query({ limit: maxRows, cursor }), 'more');
    cursor = res.cursor ?? '';
    rows.append(res.rows);
  } catch (err) {
    fail(err);
  } finally {
    loading = false;
  }
}

async function overTime() {
  try {
    histogram.draw(await ask('histogram', query()));
  } catch (err) { fail(err); }
}

// sidebar asks for the facets that are open. Fields are asked for anew behind them: they are seldom others than they were.
async function sidebar() {
  try {
    const first = !facets.open().length;
    if (first) await learn();
    const names = facets.open();
    facets.draw(names.length ? await ask('facets', query({ field: names })) : []);
    if (first || !await learn()) return;
    const more = facets.open().filter((n) => !names.includes(n));
    if (more.length) facets.draw(await ask('facets', query({ field: facets.open() })));
  } catch (err) { fail(err); }
}

// learn asks which fields there are and says whether they are others than before.
async function learn() {
  const before = facets.names();
  const fields = await ask('fields', query({ q: '' }));
  complete.known(fields);
  facets.choose(fields);
  return facets.names() !== before;
}

function overview() {
  overTime();
  sidebar();
}

async function showOperations() {
  try {
    operations.draw(await ask('operations', query()));
  } catch (err) { fail(err); }
}

function follow(on) {
  $('live').setAttribute('aria-pressed', String(on));
  fresh = 0;
  $('fresh').hidden = true;
  if (!on) return tail.stop();
  tail.start((batch) => {
    const resting = rows.atTop();
    const n = rows.prepend(batch.reverse());
    if (resting) return;
    fresh += n;
    $('fresh').textContent = `${number(fresh)} new`;
    $('fresh').hidden = fresh === 0;
  }, (text) => { follow(false); fail(new Error('Live: ' + text)); });
}

function controls() {
  $('query').value = state.q;
  const known = [...$('range').options].some((o) => o.value === state.from && o.value !== 'custom');
  $('range').value = known && !state.to ? state.from : 'custom';
  $('export').href = 'api/export?' + query();
  $('view').setAttribute('aria-pressed', String(state.view === 'operations'));
  $('operations').hidden = state.view !== 'operations';
  $('records').hidden = state.view === 'operations';
  document.title = state.name || $('search').closest('header').querySelector('h1').textContent;
}

function update(changed) {
  controls();
  const any = (...keys) => keys.some((k) => changed.includes(k));
  if (any('cols')) rows.refresh();
  if (any('id') && !state.id) { detail.close(); rows.deselect(); }
  if (any('q', 'from', 'to', 'sort', 'weigh')) {
    if (tail.on()) follow(true);
    search();
    overview();
    if (state.view === 'operations') showOperations();
  } else if (any('view') && state.view === 'operations') showOperations();
  else if (any('id') && state.id) restore();
}

onChange(update);
facets.onOpen(async (name) => {
  try {
    facets.fill(name, await ask('facets', query({ field: name }), 'facet ' + name));
  } catch (err) { fail(err); }
});
rows.events(more, (row) => { set({ id: row.id }, true); detail.open(row); });

detail.around(async (row) => {
  try {
    const res = await ask('context', query({ q: '', from: '', to: '', id: row.id, before: 50, after: 50 }));
    cursor = '';
    if (tail.on()) follow(false);
    rows.show(res.rows);
    $('status').textContent = `What was written before and after the record of ${clock(row.time)}. Search again to go back.`;
  } catch (err) { fail(err); }
});

$('search').addEventListener('submit', (e) => {
  e.preventDefault();
  complete.hide();
  const q = $('query').value.trim();
  if (q === state.q) update(['q']);
  else set({ q, id: '' });
});
$('range').addEventListener('change', () => {
  if ($('range').value !== 'custom') return set({ from: $('range').value, to: '', id: '' });
  $('from').value = state.from;
  $('to').value = state.to;
  $('custom').showModal();
});
$('custom').addEventListener('close', () => {
  if ($('custom').returnValue === 'ok') set({ from: $('from').value.trim(), to: $('to').value.trim(), id: '' });
  controls();
});
$('live').addEventListener('click', () => follow(!tail.on()));
$('fresh').addEventListener('click', () => { rows.toTop(); fresh = 0; $('fresh').hidden = true; });
$('view').addEventListener('click', () => set({ view: state.view ? '' : 'operations' }));
$('link').addEventListener('click', (e) => detail.copy(e.currentTarget, location.href));
$('name').addEventListener('click', () => {
  const name = prompt('A name for this view; bookmark the page then.', state.name);
  if (name !== null) set({ name: name.trim() }, true);
});
$('help').addEventListener('click', () => $('keys').showModal());

function theme(next) {
  const dark = next ?? localStorage.getItem('theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  document.documentElement.dataset.theme = dark;
  if (next) localStorage.setItem('theme', next);
}
const otherTheme = () => theme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
$('theme').addEventListener('click', otherTheme);

addEventListener('keydown', (e) => {
  if (e.key === 'Escape' && state.id) return set({ id: '' }, true);
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName) || document.querySelector('dialog[open]')) return;
  const keys = {
    '/': () => { $('query').focus(); $('query').select(); },
    j: () => rows.move(1, state.id !== ''), k: () => rows.move(-1, state.id !== ''),
    l: () => follow(!tail.on()), o: () => $('view').click(), t: otherTheme, '?': () => $('keys').showModal(),
  };
  if (e.target.id === 'rows' || e.target === document.body) {
    Object.assign(keys, { ArrowDown: keys.j, ArrowUp: keys.k, Enter: () => rows.move(0, true) });
  }
  if (!keys[e.key]) return;
  e.preventDefault();
  keys[e.key]();
});

async function audit() {
  if (document.documentElement.dataset.audit !== 'true') return;
  const badge = $('audit');
  try {
    const a = await ask('audit', '');
    badge.textContent = a.sound ? `Audit trail sound, ${number(a.entries)} entries` : 'Audit trail broken: ' + a.problem;
    badge.classList.toggle('bad', !a.sound);
    badge.title = 'Checked ' + clock(a.checked);
  } catch {
    badge.textContent = 'Audit trail: not verified';
    badge.classList.add('bad');
  }
  badge.hidden = false;
}

theme();
controls();
if (columns().length) rows.refresh();
search();
overview();
audit();
if (state.view === 'operations') showOperations();
