// The state of the page is its address: every part of it can be linked to, and Back goes back.

const defaults = { q: '', from: '-1h', to: '', sort: '', cols: '', id: '', view: '', name: '', weigh: '' };

export const state = { ...defaults };
const listeners = [];

// onChange has fn called with the names of what has changed.
export function onChange(fn) { listeners.push(fn); }

function read() {
  const p = new URLSearchParams(location.search);
  const changed = [];
  for (const key in defaults) {
    const value = p.has(key) ? p.get(key) : defaults[key];
    if (value !== state[key]) { state[key] = value; changed.push(key); }
  }
  return changed;
}

function address() {
  const p = new URLSearchParams();
  for (const key in defaults) if (state[key] !== defaults[key]) p.set(key, state[key]);
  const text = p.toString();
  return location.pathname + (text ? '?' + text : '');
}

// set changes the state; steps that Back need not stop at replace the last one.
export function set(changes, replace = false) {
  const changed = Object.keys(changes).filter((k) => state[k] !== changes[k]);
  if (!changed.length) return;
  Object.assign(state, changes);
  history[replace ? 'replaceState' : 'pushState'](null, '', address());
  for (const fn of listeners) fn(changed);
}

addEventListener('popstate', () => {
  const changed = read();
  if (changed.length) for (const fn of listeners) fn(changed);
});

read();

export const columns = () => (state.cols ? state.cols.split(',') : []);

// query is what the server is asked for.
export function query(extra = {}) {
  const p = new URLSearchParams();
  for (const key of ['q', 'from', 'to', 'sort', 'weigh']) if (state[key]) p.set(key, state[key]);
  for (const key in extra) {
    p.delete(key);
    for (const value of [extra[key]].flat()) if (value !== undefined && value !== '') p.append(key, value);
  }
  return p;
}

// quoted writes a value as a query has it.
export function quoted(value) {
  const text = String(value);
  return /^[\p{L}\p{N}_./@-]+$/u.test(text) && !/^(and|or|not|to)$/i.test(text) && text[0] !== '-' ? text
    : '"' + text.replace(/[\\"]/g, '\\$&') + '"';
}

// fielded writes a field's name as a query has it.
export const fielded = (name) => name.replace(/[\s:()"\\<>*?]/g, '\\$&');

// narrow adds a condition to the query; twice the same changes nothing.
export function narrow(field, value, not = false) {
  const condition = (not ? 'NOT ' : '') + fielded(field) + ':' + quoted(value);
  const q = state.q.trim();
  if (q.split(' AND ').includes(condition)) return;
  const safe = /\bor\b|\|\|/i.test(q) ? '(' + q + ')' : q;
  set({ q: safe ? safe + ' AND ' + condition : condition, id: '' });
}
