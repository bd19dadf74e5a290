/**
 * Decoders of text with one MLP a layer: Llama and what descends from it, GPT and its contemporaries. In: a configuration.
 * Out: an architecture that reads tokens and keeps keys and values. Add here: a file with `families`, and two lines below.
 * Layers that pick experts are in ../experts/, those that keep a state in place of keys and values in ../recurrent/.
 */
import type { Builder } from '../../blocks/model.js';
import { families as cpmant } from './cpmant.js';
import { families as differential } from './differential.js';
import { families as doge } from './doge.js';
import { families as gemma } from './gemma.js';
import { families as gemma3n } from './gemma3n.js';
import { families as gemma4 } from './gemma4.js';
import { families as gpt } from './gpt.js';
import { families as hrm } from './hrm.js';
import { families as imagegpt } from './imagegpt.js';
import { families as llama } from './llama.js';
import { families as opt } from './opt.js';
import { families as ownCode } from './own-code.js';
import { families as plainMlp } from './plain-mlp.js';

export const decoders: Readonly<Record<string, Builder>> = {
  ...cpmant,
  ...differential,
  ...doge,
  ...gemma,
  ...gemma3n,
  ...gemma4,
  ...gpt,
  ...hrm,
  ...imagegpt,
  ...llama,
  ...opt,
  ...ownCode,
  ...plainMlp,
};
