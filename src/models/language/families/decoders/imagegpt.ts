import * as nn from '../../../../torch/nn/index.js';
import { llamaLike, plainMlp, sizes } from '../../blocks/llama.js';
import { type Builder, taskHead } from '../../blocks/model.js';
import { activation, type Layer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { conv1d, crossParts } from './gpt.js';

const F = nn.functional;

/** Pixels as tokens. */
const imagegpt: Builder = (c: Config, o) => {
  const s = sizes(c);
  const inner = c.maybe('n_inner') ?? 4 * s.hidden;
  const norm = (n: number): Layer => {
    const weight = new nn.Parameter([n]);
    return unit('ImageGPTLayerNorm', { weight }, (x: nn.Tensor) => F.rms_norm(x, [n], weight));
  };
  const classifier = /ImageClassification$/.test(o.architecture);
  const built = llamaLike(c, classifier ? { ...o, architecture: 'ImageGPTModel' } : o, {
    type: 'ImageGPT',
    norm,
    norms: ['ln_1', 'ln_2'],
    attentionName: 'attn',
    attention: () => ({ names: { qkv: 'c_attn', o: 'c_proj' }, linear: conv1d, rotary_dim: 0, num_kv_heads: s.heads }),
    ...(c.bool('add_cross_attention') ? { block: () => ({ parts: crossParts(s.hidden, 'ImageGPT', norm) }) } : {}),
    mlp: () => [
      'mlp',
      plainMlp(
        'ImageGPTMLP',
        s.hidden,
        inner,
        activation(c, 'activation_function', 'quick_gelu'),
        ['c_fc', 'c_proj'],
        true,
        conv1d,
      ),
    ],
    decoder: {
      names: { base: 'transformer', embed: 'wte', layers: 'h', norm: 'ln_f' },
      positions: ['wpe', c.size('max_position_embeddings')],
      tie: false,
      headRows: c.size('vocab_size') - 1,
    },
  });
  if (!classifier) return built;
  const model = built.module as unknown as nn.Module<nn.Tensor[], nn.Tensor>;
  const pooled = unit(
    'ImageGPTModel',
    Object.fromEntries(Object.entries(built.module).filter(([, v]) => nn.isModule(v))) as never,
    (...x: nn.Tensor[]) => model.forward(...x).mean(1),
  );
  return {
    ...built,
    inputs: (free) => built.inputs((name, otherwise) => (name === 'past' ? 0 : free(name, otherwise))),
    module: taskHead(c, 'ImageGPTForSequenceClassification', 'transformer', s.hidden, pooled),
    kept: () => null,
  };
};

export const families: Readonly<Record<string, Builder>> = { imagegpt };
