// Requests to the server. One of a kind at a time: a new one cancels the last, whose answer nobody wants any more.

const running = new Map();

export class Failure extends Error {
  constructor(message, column) { super(message); this.column = column; }
}

export async function ask(path, params, kind = path) {
  running.get(kind)?.abort();
  const mine = new AbortController();
  running.set(kind, mine);
  try {
    const res = await fetch('api/' + path + '?' + params, { signal: mine.signal, headers: { Accept: 'application/json' } });
    const body = await res.json().catch((err) => { if (ignorable(err)) throw err; return {}; });
    if (!res.ok) throw new Failure(body.error || 'the server answered ' + res.status, body.column);
    return body;
  } finally {
    if (running.get(kind) === mine) running.delete(kind);
  }
}

// ignorable says whether an error only means that a newer request has taken over.
export const ignorable = (err) => err.name === 'AbortError';
