import type { Format } from '../formats/types.js';
import { detect } from './detect.js';

/** PyTorch sources. The interpreter is started when one is read. */
export const python: Format = {
  id: 'python',
  title: 'PyTorch source (.py)',
  detect,
  load: async (options) => (await import('./read.js')).reader(options ?? {}),
};
