// Comes in: an archive of torch.jit.save. Goes out: the ledger of its code, which is interpreted over types: code/ parses it,
// machine.ts and evaluate.ts go through it, builtins/ has the language's own functions.
// Add here: an operator goes into torch/operators/, for all that call it; a function of the language into builtins/.
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
