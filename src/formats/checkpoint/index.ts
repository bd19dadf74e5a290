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
