/**
 * Darknet: `.cfg` files.
 *
 * In: sections of settings, one a layer. Out: the network's ledger, run on `graph/` by way of `layer-graph/`.
 * To add: a layer is one entry in the table of its theme in `layers/`.
 */
import type { Format } from '../types.js';
import { isDarknet } from './detect.js';

export const darknet: Format = {
  id: 'darknet',
  title: 'Darknet (.cfg)',
  detect: (head) => (isDarknet(head) ? 'certain' : 'no'),
  load: async () => (await import('./read.js')).readDarknet,
};
