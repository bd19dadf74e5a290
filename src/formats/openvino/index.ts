/**
 * OpenVINO's intermediate representation: `.xml`, versions 10 and 11 and the earlier ones.
 *
 * In: layers and edges as XML; of the `.bin` beside it the few integers that decide shapes, if it is there. Out: the
 * ledger of the network, run on `graph/` by the tables in `operators/`.
 * To add: an operator is one entry in the table of its theme.
 */
import type { Format } from '../types.js';
import { isIr } from './detect.js';

export const openvino: Format = {
  id: 'openvino',
  title: 'OpenVINO IR (.xml)',
  detect: (head) => (isIr(head) ? 'certain' : 'no'),
  load: async () => (await import('./read.js')).readOpenvino,
};
