// Comes in: an archive of torch.export (.pt2). Goes out: the ledger of its graph, run on graph/ by PyTorch's operators, with the
// modules and lines of code that the file keeps of each.
// Add here: an operator goes into torch/operators/, for all that call it; one that takes graphs into higher-order.ts.
import type { Format } from '../types.js';
import { archived } from './detect.js';

/** torch.export's archives (.pt2). */
export const pt2: Format = {
  id: 'pt2',
  title: 'PyTorch export (.pt2)',
  detect: () => 'no', // an archive, told by what it lists
  archived,
  load: async () => (await import('./read.js')).readPt2,
};
