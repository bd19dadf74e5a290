/**
 * MNN: `.mnn` files.
 *
 * In: a FlatBuffer. Out: the ledger of its operators, run on `graph/` by way of `layer-graph/`, by the tables in `operators/`.
 * To add: an operator is one entry in the table of its theme.
 */
import type { Format } from '../types.js';
import { isMnn } from './detect.js';

export const mnn: Format = {
  id: 'mnn',
  title: 'MNN (.mnn)',
  detect: (head, name) => (isMnn(head, name) ? 'likely' : 'no'),
  load: async () => (await import('./read.js')).readMnn,
};
