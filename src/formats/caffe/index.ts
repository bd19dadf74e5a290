/**
 * Caffe: `.prototxt`, and the network that a `.caffemodel` holds.
 *
 * In: layers with what they read and make. Out: the network's ledger, run on `graph/` by way of `layer-graph/`.
 * To add: a layer is one entry in the table of its theme in `layers/`.
 */
import type { Format } from '../types.js';
import { formOf } from './detect.js';

export const caffe: Format = {
  id: 'caffe',
  title: 'Caffe (.prototxt, .caffemodel)',
  detect: (head, name) => {
    const form = formOf(head);
    if (form === null) return 'no';
    return form === 'text' || /\.caffemodel$/i.test(name) ? 'certain' : 'likely';
  },
  load: async () => (await import('./read.js')).readCaffe,
};
