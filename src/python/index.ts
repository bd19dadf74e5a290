import type { Format } from '../formats/types.js';
import type { Ledger } from '../ledger/index.js';
import { detect } from './detect.js';

/**
 * Python programs that use PyTorch. In: a source, what it may read, and a confinement (`node/`, or a page's) in which an
 * interpreter runs it. Out: the ledger of its model, or what the program prints. The interpreter (`inside.ts`,
 * `interpreter.ts`, `lib/`) is a stranger's once it runs: what it asks (`requests.ts`) is checked and answered out here
 * (`session.ts`, `answers.ts`). A new request: its form in `requests.ts`, its answer in one of these two.
 */
export const python: Format<Promise<Ledger>> = {
  id: 'python',
  title: 'PyTorch source (.py)',
  detect,
  load: async () => (await import('./read.js')).read,
};
