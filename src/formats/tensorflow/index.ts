/**
 * TensorFlow: frozen graphs, SavedModels, the graphs beside checkpoints; each in protobuf's binary form or as text.
 *
 * In: the messages of a graph, and of its functions. Out: the ledger of one signature, run on `graph/` by the tables in
 * `operators/`; loops and branches of TensorFlow 1 are put together first (`frames.ts`, `conditionals.ts`).
 * To add: an operator is one entry in the table of its theme.
 */
import type { Format } from '../types.js';
import { kindOf } from './detect.js';

export const tensorflow: Format = {
  id: 'tensorflow',
  title: 'TensorFlow (SavedModel, .pb, .pbtxt, .meta)',
  detect: (head) => (kindOf(head) === null ? 'no' : 'certain'),
  load: async () => (await import('./read.js')).readTensorflow,
};
