/**
 * ExecuTorch: programs that PyTorch exported for devices (`.pte`).
 *
 * In: a FlatBuffer of values and instructions. Out: the ledger of its method, by PyTorch's operators (`torch/operators/`).
 * To add: an operator of ATen is an entry there, one of a library of its own an entry in `kernels.ts`.
 */
import type { Format } from '../types.js';
import { isPte } from './detect.js';

export const executorch: Format = {
  id: 'executorch',
  title: 'ExecuTorch (.pte)',
  detect: (head) => (isPte(head) ? 'certain' : 'no'),
  load: async () => (await import('./read.js')).readPte,
};
