// The live tail. It reconnects by itself and gets what it missed; records that it has already are passed over by the list.

import { query } from './state.js';

let source;

export const on = () => source !== undefined;

export function start(rows, failed) {
  stop();
  source = new EventSource('api/tail?' + query({ from: '', to: '', sort: '' }));
  source.addEventListener('message', (e) => rows(JSON.parse(e.data)));
  source.addEventListener('failed', (e) => { stop(); failed(JSON.parse(e.data).error); });
  source.addEventListener('error', () => { if (source?.readyState === EventSource.CLOSED) { stop(); failed('the connection was refused'); } });
}

export function stop() {
  source?.close();
  source = undefined;
}
