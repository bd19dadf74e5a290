/**
 * Encoders and decoders joined by attention: BART, T5, Whisper and their descendants. In: a configuration. Out: an
 * architecture that reads a source and a target, and keeps keys and values of both. Add here: a file with `families`, and
 * two lines below. The joint of the two is in ../../blocks/seq2seq.ts.
 */
import type { Builder } from '../../blocks/model.js';
import { families as bart } from './bart.js';
import { families as longInputs } from './long-inputs.js';
import { families as prophetnet } from './prophetnet.js';
import { families as t5 } from './t5.js';
import { families as t5gemma2 } from './t5gemma2.js';

export const seq2seq: Readonly<Record<string, Builder>> = {
  ...bart,
  ...longInputs,
  ...prophetnet,
  ...t5,
  ...t5gemma2,
};
