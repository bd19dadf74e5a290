/**
 * Decoders of text that keep a state of fixed size: state spaces, the delta rule, linear recurrences, short convolutions, and
 * hybrids of these with attention. In: a configuration. Out: an architecture whose cache hardly grows with the context.
 * Add here: a file with `families`, and two lines below. What one step of a state costs is in ops/.
 */
import type { Builder } from '../../blocks/model.js';
import { families as delta } from './delta.js';
import { families as graniteHybrid } from './granite-hybrid.js';
import { families as lfm } from './lfm.js';
import { families as mamba } from './mamba.js';
import { families as nemotronH } from './nemotron-h.js';
import { families as recurrentGemma } from './recurrent-gemma.js';
import { families as rwkv } from './rwkv.js';
import { families as xlstm } from './xlstm.js';
import { families as zamba } from './zamba.js';
import { families as zamba2 } from './zamba2.js';

export const recurrent: Readonly<Record<string, Builder>> = {
  ...delta,
  ...graniteHybrid,
  ...lfm,
  ...mamba,
  ...nemotronH,
  ...recurrentGemma,
  ...rwkv,
  ...xlstm,
  ...zamba,
  ...zamba2,
};
