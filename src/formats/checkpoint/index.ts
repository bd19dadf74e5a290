// Comes in: what torch.save wrote: today's zips, the pickles before 1.6, and sets of them. Goes out: a ledger of weights without a
// graph, under the modules that the names tell, or those of a whole pickled model. Pickles are read as data, never run.
// Add here: a class that holds tensors of its own in packed.ts; how a checkpoint nests its model in choose.ts; names that tell a
// buffer from a parameter, which safetensors share, in weights-only/.
import type { Format } from '../types.js';
import { archived, detect } from './detect.js';

/** PyTorch's checkpoints: what torch.save writes, today's zips and the pickles before 1.6, and sets of them. */
export const checkpoint: Format = {
  id: 'checkpoint',
  title: 'PyTorch checkpoints (.pth, .pt, .bin)',
  detect,
  archived,
  load: async () => (await import('./read.js')).readCheckpoint,
};
