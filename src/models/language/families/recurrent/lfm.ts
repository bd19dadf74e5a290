import * as nn from '../../../../torch/nn/index.js';
import { llamaLike, mixture, type Plan, sizes } from '../../blocks/llama.js';
import type { Architecture, Builder, BuildOptions } from '../../blocks/model.js';
import { type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

/** Attention in some layers, short convolutions in the others. */
function lfmLike(
  c: Config,
  o: BuildOptions,
  kinds: readonly string[],
  plan: Pick<Plan, 'type' | 'kind' | 'mlp'>,
): Architecture {
  const { d } = sizes(c);
  return llamaLike(c, o, {
    norms: ['operator_norm', 'ffn_norm'],
    attention: () => ({
      bias: false,
      names: { o: 'out_proj' },
      q_norm: ['q_layernorm', rms(d)],
      k_norm: ['k_layernorm', rms(d)],
    }),
    mixer: (i) => (kinds[i] === 'full_attention' ? null : ['conv', shortConv(c)]),
    decoder: { names: { norm: 'embedding_norm' } },
    ...plan,
  });
}

const lfm2: Builder = (c, o) => {
  const s = sizes(c);
  const full = c.ints('full_attn_idxs');
  const kinds = c.kinds('layer_types', s.layers, (i) =>
    full === null || full.includes(i) ? 'full_attention' : 'conv',
  );
  const inner = lfmInner(c);
  return lfmLike(c, o, kinds, {
    type: 'Lfm2',
    kind: (i) => kinds[i],
    mlp: () => ['feed_forward', lfmMlp(s.hidden, inner)],
  });
};

function lfmInner(c: Config): number {
  let inner = c.says('block_ff_dim') ? c.size('block_ff_dim') : c.size('intermediate_size');
  if (!c.bool('block_auto_adjust_ff_dim', true)) return inner;
  inner = Math.floor((2 * inner) / 3);
  const by = c.get('block_ffn_dim_multiplier');
  if (typeof by !== 'number') return inner;
  const multiple = c.size('block_multiple_of', 256);
  return multiple * Math.ceil(Math.floor(by * inner) / multiple);
}

function lfmMlp(hidden: number, inner: number): Layer {
  return new nn.GatedMLP(hidden, inner, {
    activation: (x) => nn.functional.silu(x),
    names: { gate: 'w1', up: 'w3', down: 'w2' },
  });
}

/** Gates around a short convolution. */
function shortConv(c: Config): PassLayer {
  const hidden = c.size('hidden_size');
  const kernel = c.size('conv_L_cache');
  const bias = c.bool('conv_bias');
  const conv = new nn.Conv1d(hidden, hidden, kernel, { groups: hidden, bias, padding: kernel - 1 });
  const [into, out] = [linear(hidden, 3 * hidden, bias), linear(hidden, hidden, bias)];
  return unit(
    'Lfm2ShortConv',
    { conv: conv as unknown as Layer, in_proj: into, out_proj: out },
    (x: nn.Tensor, pass: nn.Pass) => {
      const [b, g, y] = into(x).transpose(1, 2).chunk(3, 1) as [nn.Tensor, nn.Tensor, nn.Tensor];
      return out(g.mul(nn.causal_conv1d(b.mul(y), conv, pass)).transpose(1, 2));
    },
  );
}

/** The same layers with experts after the first few. */
const lfm2Moe: Builder = (c, o) => {
  const s = sizes(c);
  const kinds = c.kinds('layer_types', s.layers, () => 'full_attention');
  const dense = c.int('num_dense_layers', 0);
  return lfmLike(c, o, kinds, {
    type: 'Lfm2Moe',
    kind: (i) => [kinds[i], i < dense],
    mlp: (i) => [
      'feed_forward',
      i < dense
        ? lfmMlp(s.hidden, s.inner)
        : mixture(c, 'Lfm2MoeSparseMoeBlock', {
            experts: c.size('num_experts'),
            top_k: c.size('num_experts_per_tok'),
            inner: c.size('moe_intermediate_size'),
          }),
    ],
  });
};

export const families: Readonly<Record<string, Builder>> = { lfm2, lfm2_moe: lfm2Moe };
