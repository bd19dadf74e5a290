// Comes in: a Python program that uses PyTorch, what it may read, and a confinement (node/, or a page's) in which an
// interpreter runs it. Goes out: the ledger of its model, or what the program prints. The interpreter (inside.ts,
// interpreter.ts, lib/) is a stranger's once it runs: what it asks (requests.ts) is checked and answered out here.
// Add here: a request, its form in requests.ts and its answer in session.ts or answers.ts.
import type { Format } from '../formats/types.js';
import type { Ledger } from '../ledger/index.js';
import { detect } from './detect.js';

/** Programs that use PyTorch: detects them; the interpreter is loaded when one is run. */
export const python: Format<Promise<Ledger>> = {
  id: 'python',
  title: 'PyTorch source (.py)',
  detect,
  load: async () => (await import('./read.js')).read,
};
