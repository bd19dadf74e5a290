/**
 * Encoders of text: BERT and what descends from it, with heads for words, tokens, sequences and answers. In: a configuration.
 * Out: an architecture that reads all tokens at once and keeps nothing. Add here: a file with `families`, and two lines
 * below. Heads and poolers that most share are in ../../blocks/encoder.ts.
 */
import type { Builder } from '../../blocks/model.js';
import { families as albert } from './albert.js';
import { families as bert } from './bert.js';
import { families as bertVariants } from './bert-variants.js';
import { families as bigBird } from './big-bird.js';
import { families as deberta } from './deberta.js';
import { families as distilbert } from './distilbert.js';
import { families as electra } from './electra.js';
import { families as fnet } from './fnet.js';
import { families as funnel } from './funnel.js';
import { families as longformer } from './longformer.js';
import { families as mobilebert } from './mobilebert.js';
import { families as mpnet } from './mpnet.js';
import { families as neomme } from './neomme.js';
import { families as rotary } from './rotary.js';
import { families as xlnet } from './xlnet.js';

export const encoders: Readonly<Record<string, Builder>> = {
  ...albert,
  ...bertVariants,
  ...bert,
  ...bigBird,
  ...deberta,
  ...distilbert,
  ...electra,
  ...fnet,
  ...funnel,
  ...longformer,
  ...mobilebert,
  ...mpnet,
  ...neomme,
  ...rotary,
  ...xlnet,
};
