// Comes in: the config.json of a checkpoint, and the headers of the weights beside it. Goes out: the ledger of the model that it
// describes; layouts of quantisation (quantisation/) say how its weights are stored.
// Add here: a model type is a description in models/language/families/; a layout of quantisation a file in quantisation/.
import type { Format } from '../types.js';
import { detect } from './detect.js';

/** `config.json` as checkpoints of Hugging Face transformers have it: a model from its description, without weights. */
export const transformers: Format = {
  id: 'transformers',
  title: 'transformers config.json',
  detect,
  load: async () => (await import('./read.js')).readConfigFile,
};
