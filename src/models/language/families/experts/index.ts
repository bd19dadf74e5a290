/**
 * Decoders of text whose layers pick some of many MLPs for each token, and those with latent or compressed keys and values,
 * which come with experts. In: a configuration. Out: an architecture that reads tokens and keeps keys and values.
 * Add here: a file with `families`, and two lines below. The routers and stacked matrices are in ../../blocks/moe.ts.
 */
import type { Builder } from '../../blocks/model.js';
import { families as dbrx } from './dbrx.js';
import { families as deepseek4 } from './deepseek4.js';
import { families as glm } from './glm.js';
import { families as hunyuan } from './hunyuan.js';
import { families as inkling } from './inkling.js';
import { families as latent } from './latent.js';
import { families as minimax3 } from './minimax3.js';
import { families as mixtures } from './mixtures.js';
import { families as zaya } from './zaya.js';

export const experts: Readonly<Record<string, Builder>> = {
  ...dbrx,
  ...deepseek4,
  ...glm,
  ...hunyuan,
  ...inkling,
  ...latent,
  ...minimax3,
  ...mixtures,
  ...zaya,
};
