// Elements are made of nodes and text alone: nothing from a log is ever read as markup.

export const $ = (id) => document.getElementById(id);

export function el(name, props = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith('on')) e.addEventListener(key.slice(2), value);
    else if (key === 'class') e.className = value;
    else e.setAttribute(key, value === true ? '' : value);
  }
  e.append(...children.filter((c) => c !== undefined && c !== null));
  return e;
}

export function svg(name, attrs) {
  const e = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const key in attrs) e.setAttribute(key, attrs[key]);
  return e;
}

export const number = (n) => Math.round(n).toLocaleString('en-US');

const pad = (n, width = 2) => String(n).padStart(width, '0');

// clock writes a time for a row: date, time and milliseconds in the reader's zone.
export function clock(text, short) {
  const t = new Date(text);
  if (isNaN(t)) return '';
  const time = pad(t.getHours()) + ':' + pad(t.getMinutes()) + ':' + pad(t.getSeconds()) + '.' + pad(t.getMilliseconds(), 3);
  return short ? time : t.getFullYear() + '-' + pad(t.getMonth() + 1) + '-' + pad(t.getDate()) + ' ' + time;
}

// flatten lists the attributes of a record by path.
export function flatten(value, path = '', out = []) {
  if (value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length) {
    for (const key in value) flatten(value[key], path ? path + '.' + key : key, out);
  } else out.push([path, value]);
  return out;
}

export const at = (record, path) => {
  if (record && Object.hasOwn(record, path)) return record[path];
  let v = record;
  for (const key of path.split('.')) {
    if (v === null || typeof v !== 'object' || !Object.hasOwn(v, key)) return undefined;
    v = v[key];
  }
  return v;
};

export const text = (v) => (v === undefined ? '' : typeof v === 'string' ? v : JSON.stringify(v));

// group is the colour of a level.
export function group(level) {
  const l = String(level ?? '').toLowerCase();
  if (l.startsWith('crit') || l.startsWith('fatal')) return 'critical';
  if (l.startsWith('err')) return 'error';
  if (l.startsWith('warn')) return 'warn';
  if (l.startsWith('debug') || l.startsWith('trace')) return 'debug';
  return 'info';
}
