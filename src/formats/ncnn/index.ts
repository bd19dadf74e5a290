/**
 * ncnn: `.param` files, text and binary.
 *
 * In: the layers of a network. Out: its ledger, run on `graph/` by way of `layer-graph/`, by the tables in `layers/`.
 * To add: a layer is one entry in the table of its theme.
 */
import type { Format } from '../types.js';
import { isNcnn } from './detect.js';

export const ncnn: Format = {
  id: 'ncnn',
  title: 'ncnn (.param)',
  detect: (head) => (isNcnn(head) ? 'certain' : 'no'),
  load: async () => (await import('./read.js')).readNcnn,
};
