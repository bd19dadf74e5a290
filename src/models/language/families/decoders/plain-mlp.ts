import { byName } from '../../../../source/by-name.js';
import type * as nn from '../../../../torch/nn/index.js';
import { Parameter } from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { llamaLike, plainMlp, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, layerNorm, linear, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

const phi: Builder = (c, o) => {
  const s = sizes(c);
  const ln = c.bool('qk_layernorm');
  return llamaLike(c, o, {
    type: 'Phi',
    style: 'parallel',
    norm: layerNorm,
    norms: ['input_layernorm'],
    attention: () => ({
      bias: true,
      names: { o: 'dense' },
      ...(ln ? { q_norm: ['q_layernorm', layerNorm(s.d)], k_norm: ['k_layernorm', layerNorm(s.d)] } : {}),
    }),
    mlp: () => ['mlp', plainMlp('PhiMLP', s.hidden, s.inner, activation(c), ['fc1', 'fc2'])],
    decoder: { names: { norm: 'final_layernorm' }, headBias: true },
  });
};
const stablelm: Builder = (c, o) => {
  const s = sizes(c);
  const parallel = c.bool('use_parallel_residual');
  const perHead = (heads: number): nn.Module<[nn.Tensor], nn.Tensor> => {
    const norms = layersOf(heads, () => layerNorm(s.d, false));
    return unit(
      'StableLmLayerNormPerHead',
      { norms: unit('ModuleList', Object.fromEntries(norms.entries()), () => undefined) },
      (x: nn.Tensor) => (norms.length === 0 ? x : (norms[0] as (typeof norms)[0])(x)),
    );
  };
  return llamaLike(c, o, {
    type: 'StableLm',
    norm: layerNorm,
    style: parallel ? 'parallel' : 'pre',
    norms: parallel ? ['input_layernorm'] : ['input_layernorm', 'post_attention_layernorm'],
    attention: () => ({
      bias: c.bool('use_qkv_bias'),
      output_bias: false,
      ...(c.bool('qk_layernorm')
        ? { q_norm: ['q_layernorm', perHead(s.heads)], k_norm: ['k_layernorm', perHead(s.kv)] }
        : {}),
    }),
  });
};
const starcoder2: Builder = (c, o) => {
  const s = sizes(c);
  const bias = c.bool('use_bias', true);
  const window = c.maybe('sliding_window');
  return llamaLike(c, o, {
    type: 'Starcoder2',
    norm: layerNorm,
    attention: () => ({ bias, window }),
    mlp: () => ['mlp', plainMlp('Starcoder2MLP', s.hidden, s.inner, activation(c), ['c_fc', 'c_proj'], bias)],
  });
};
/** Up and down without a gate. */
const plain = (type: string, c: Config, names: readonly [string, string], bias: boolean) => () =>
  ['mlp', plainMlp(type, c.size('hidden_size'), c.size('intermediate_size'), activation(c), names, bias)] as const;
const jais2: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'Jais2',
    norm: layerNorm,
    mlp: plain('Jais2MLP', c, ['up_proj', 'down_proj'], c.bool('mlp_bias', true)),
  });
const arcee: Builder = (c, o) =>
  llamaLike(c, o, { type: 'Arcee', mlp: plain('ArceeMLP', c, ['up_proj', 'down_proj'], c.bool('mlp_bias')) });
const nemotron: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'Nemotron',
    norm: layerNorm,
    mlp: plain('NemotronMLP', c, ['up_proj', 'down_proj'], c.bool('mlp_bias')),
  });
const scaleless = (): nn.Module<[nn.Tensor], nn.Tensor> =>
  unit('RMSNorm', {}, (x: nn.Tensor) => x.mul(x.square().mean(-1, true).rsqrt()));
const nanochat: Builder = (c, o) => {
  const norm = scaleless();
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'NanoChat',
    norm: scaleless,
    qk: 'head',
    mlp: () => ['mlp', plainMlp('NanoChatMLP', s.hidden, s.inner, activation(c), ['fc1', 'fc2'], false)],
    decoder: { softcap: c.get('final_logit_softcapping') != null, parts: { input_norm: norm }, before: (x) => norm(x) },
  });
};
const apertus: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'Apertus',
    qk: 'head',
    norms: ['attention_layernorm', 'feedforward_layernorm'],
    mlp: () => {
      const [up, down] = [linear(s.hidden, s.inner), linear(s.inner, s.hidden)];
      const act = activation(c, 'hidden_act', 'xielu');
      const xielu = unit('XIELUActivation', { alpha_p: new Parameter([1]), alpha_n: new Parameter([1]) }, act);
      const learned = c.str('hidden_act', 'xielu') === 'xielu';
      return [
        'mlp',
        unit('ApertusMLP', { up_proj: up, down_proj: down, act_fn: learned ? xielu : null }, (x: nn.Tensor) =>
          down((learned ? xielu : act)(up(x))),
        ),
      ];
    },
  });
};
const bitnet: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'BitNet',
    attention: () => ({ o_norm: ['attn_sub_norm', rms(s.hidden)] }),
    mlp: () => {
      const [gate, up, down] = [linear(s.hidden, s.inner), linear(s.hidden, s.inner), linear(s.inner, s.hidden)];
      const norm = rms(s.inner);
      const act = activation(c, 'hidden_act', 'relu2');
      return [
        'mlp',
        unit('BitNetMLP', { gate_proj: gate, up_proj: up, down_proj: down, ffn_sub_norm: norm }, (x: nn.Tensor) =>
          down(norm(act(gate(x)).mul(up(x)))),
        ),
      ];
    },
  });
};
const persimmon: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'Persimmon',
    norm: layerNorm,
    attention: () => ({
      bias: true,
      num_kv_heads: s.heads,
      names: { qkv: 'query_key_value', o: 'dense' },
      ...(c.bool('qk_layernorm', true)
        ? { q_norm: ['q_layernorm', layerNorm(s.d)], k_norm: ['k_layernorm', layerNorm(s.d)] }
        : {}),
    }),
    mlp: () => ['mlp', plainMlp('PersimmonMLP', s.hidden, s.inner, activation(c), ['dense_h_to_4h', 'dense_4h_to_h'])],
    decoder: { names: { norm: 'final_layernorm' } },
  });
};

export const families: Readonly<Record<string, Builder>> = byName({
  phi,
  stablelm,
  starcoder2,
  jais2,
  arcee,
  nemotron,
  nanochat,
  apertus,
  bitnet,
  persimmon,
});
