// Comes in: a YOLOv5 description (`models/*.yaml`). Goes out: the ledger of the model that models/yolo/ builds from it.
// Add here: a block or layer that descriptions may name goes into models/yolo/; here is only how the file is read.
import type { Ledger } from '../../ledger/index.js';
import type { Format } from '../types.js';
import { detect } from './detect.js';

/** YOLOv5's model descriptions, `models/*.yaml`. */
export const yolo: Format<Ledger> = {
  id: 'yolo',
  title: 'YOLOv5 YAML',
  detect,
  load: async () => (await import('./read.js')).openYolo,
};
