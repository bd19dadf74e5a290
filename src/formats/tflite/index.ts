/**
 * TensorFlow Lite: `.tflite` files.
 *
 * In: a FlatBuffer. Out: the ledger of its main subgraph, run on `graph/` by the tables in `operators/`.
 * To add: an operator is one entry in the table of its theme.
 */
import type { Format } from '../types.js';
import { isTflite } from './detect.js';

export const tflite: Format = {
  id: 'tflite',
  title: 'TensorFlow Lite (.tflite)',
  detect: (head) => (isTflite(head) ? 'certain' : 'no'),
  load: async () => (await import('./read.js')).readTflite,
};
