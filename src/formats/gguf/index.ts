// Comes in: a GGUF file of llama.cpp, or the first of several. Goes out: a ledger, as from the config.json of the same model,
// with the bytes that the file really has for each weight.
// Add here: an architecture of llama.cpp is an entry in `architectures.ts`; names of its tensors in `weights-only/names.ts`; a type of
// tensors is a line in `types.ts`.
import type { Format } from '../types.js';
import { detect } from './detect.js';

export const gguf: Format = {
  id: 'gguf',
  title: 'GGUF',
  detect,
  load: async () => (await import('./read.js')).readGguf,
};
