import type { Format } from '../types.js';
import { detect } from './detect.js';

/** safetensors: single files, sets of files, and their index. */
export const safetensors: Format = {
  id: 'safetensors',
  title: 'safetensors',
  detect,
  load: async () => (await import('./read.js')).readSafetensors,
};
