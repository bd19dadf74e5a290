/**
 * ONNX Runtime's own files (`.ort`): an ONNX graph as a FlatBuffer, mostly after the runtime's optimiser.
 *
 * In: a FlatBuffer. Out: the messages of `onnx/`, which has the operators, and reads the ledger from them.
 * To add: an operator is an entry in `onnx/dialect/`.
 */
import type { Format } from '../types.js';
import { isOrt } from './detect.js';

export const ort: Format = {
  id: 'ort',
  title: 'ONNX Runtime (.ort)',
  detect: (head) => (isOrt(head) ? 'certain' : 'no'),
  load: async () => (await import('./read.js')).readOrt,
};
