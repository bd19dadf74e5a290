import { byName } from '../../../../source/by-name.js';
import { windowsOf } from '../../blocks/layer-kinds.js';
import { everyNth, gated, llamaLike } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import type { Config } from '../../config.js';

const SANDWICH = [
  'input_layernorm',
  'post_attention_layernorm',
  'pre_feedforward_layernorm',
  'post_feedforward_layernorm',
];

const gemma: Builder = (c, o) =>
  llamaLike(c, o, { type: 'Gemma', mlp: () => ['mlp', gated(c, c.size('intermediate_size'), {}, gemmaAct(c))] });
const gemmaAct = (c: Config): string => (c.get('hidden_activation') ? 'hidden_activation' : 'hidden_act');
const gemma2: Builder = (c, o) => {
  const w = windowsOf(c, everyNth(2));
  return llamaLike(c, o, {
    type: 'Gemma2',
    style: 'both',
    norms: SANDWICH,
    attention: (i) => ({ window: w[i] ?? null }),
    mlp: () => ['mlp', gated(c, c.size('intermediate_size'), {}, 'hidden_activation')],
    decoder: { softcap: c.get('final_logit_softcapping') != null },
  });
};
const vaultgemma: Builder = (c, o) => {
  const w = windowsOf(c, everyNth(2));
  return llamaLike(c, o, {
    type: 'VaultGemma',
    norms: ['input_layernorm', 'pre_feedforward_layernorm'],
    attention: (i) => ({ window: w[i] ?? null }),
    mlp: () => ['mlp', gated(c, c.size('intermediate_size'), {}, 'hidden_activation')],
    decoder: { softcap: c.get('final_logit_softcapping') != null },
  });
};
const gemma3: Builder = (c, o) => {
  // Seeing both ways, a window of this many tokens reaches half as far.
  const both = c.bool('use_bidirectional_attention');
  const w = windowsOf(c, everyNth(c.int('sliding_window_pattern', 6))).map((window) =>
    window !== null && both ? Math.floor(window / 2) + 1 : window,
  );
  return llamaLike(c, o, {
    type: 'Gemma3',
    style: 'both',
    norms: SANDWICH,
    qk: 'head',
    attention: (i) => ({ window: w[i] ?? null, causal: !both }),
    mlp: () => ['mlp', gated(c, c.size('intermediate_size'), {}, 'hidden_activation')],
    decoder: { softcap: c.get('final_logit_softcapping') != null },
  });
};
export const families: Readonly<Record<string, Builder>> = byName({ gemma, gemma2, vaultgemma, gemma3_text: gemma3 });
