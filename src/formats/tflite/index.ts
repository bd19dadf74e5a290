/**
 * TensorFlow Lite: `.tflite` files.
 *
 * In: a FlatBuffer. Out: the ledger of its main subgraph, run on `graph/` by the tables in `operators/`.
 * To add: an operator is one entry in the table of its theme.
 */
import type { Format } from '../types.js';
import { hasModel, isTflite } from './detect.js';

export const tflite: Format = {
  id: 'tflite',
  title: 'TensorFlow Lite (.tflite, .task)',
  detect: (head) => (isTflite(head) ? 'certain' : 'no'),
  archived: (names) => (hasModel(names) ? 'certain' : 'no'),
  load: async () => (await import('./read.js')).readTflite,
};
