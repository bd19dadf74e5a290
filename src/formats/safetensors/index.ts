// Comes in: a safetensors file, one of a set, or the index of a set. Goes out: a ledger of weights without a graph, from headers
// alone.
// Add here: what only this format has (a dtype, in header.ts); what names and packed layouts mean is in weights-only/.
import type { Format } from '../types.js';
import { detect } from './detect.js';

/** safetensors: single files, sets of files, and their index. */
export const safetensors: Format = {
  id: 'safetensors',
  title: 'safetensors',
  detect,
  load: async () => (await import('./read.js')).readSafetensors,
};
