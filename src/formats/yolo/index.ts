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
