import type { Format } from '../types.js';
import { detect } from './detect.js';

/** `config.json` as checkpoints of Hugging Face transformers have it: a model from its description, without weights. */
export const transformers: Format = {
  id: 'transformers',
  title: 'transformers config.json',
  detect,
  load: async () => (await import('./read.js')).readConfigFile,
};
