import { connect } from './client.js';

/** The page itself has a worker beside it; a page that was saved as one file has none. */
export function connectWorker(): void {
  connect(() => new Worker(new URL('../worker/main.ts', import.meta.url), { type: 'module', name: 'opcount' }));
}
