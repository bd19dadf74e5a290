import type { Format } from '../types.js';
import { archived } from './detect.js';

/** TorchScript: what torch.jit.save writes of traced, scripted and frozen modules. */
export const torchscript: Format = {
  id: 'torchscript',
  title: 'TorchScript',
  detect: () => 'no',
  archived,
  load: async () => (await import('./read.js')).readTorchScript,
};
