import { add, sub } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { llamaLike, plainMlp, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear } from '../../blocks/parts.js';
import { type Parts, unit } from '../../blocks/unit.js';
import { headUnknown } from '../../blocks/vit.js';
import type { Config } from '../../config.js';

/** A projection that GPT-2 stores as in×out. */
export function conv1d(inputs: number, outputs: number): Layer {
  const weight = new nn.Parameter([inputs, outputs]);
  const bias = new nn.Parameter([outputs]);
  return unit('Conv1D', { weight, bias }, (x: nn.Tensor) =>
    nn.functional.addmm(bias, x.view(-1, inputs), weight).view(...x.shape.slice(0, -1), outputs),
  );
}
export const GPT_NAMES = { base: 'transformer', embed: 'wte', layers: 'h', norm: 'ln_f' };
const learned = (c: Config): { positions: readonly [string, number] } => ({
  positions: ['wpe', c.size('max_position_embeddings')],
});

/** Attention to an encoder's states: among the parameters, and not run if there is no encoder. */
export function crossParts(hidden: number, type = 'GPT2', norm = layerNorm): Parts {
  const parts = { c_attn: conv1d(hidden, 2 * hidden), q_attn: conv1d(hidden, hidden) };
  const cross = unit(`${type}Attention`, { ...parts, c_proj: conv1d(hidden, hidden) }, (x: nn.Tensor) => x);
  return { crossattention: cross, ln_cross_attn: norm(hidden) };
}
const gpt2: Builder = (c, o) => {
  const s = sizes(c);
  const inner = c.maybe('n_inner') ?? 4 * s.hidden;
  return llamaLike(c, o, {
    type: 'GPT2',
    norm: layerNorm,
    norms: ['ln_1', 'ln_2'],
    attentionName: 'attn',
    attention: () => ({ names: { qkv: 'c_attn', o: 'c_proj' }, linear: conv1d, rotary_dim: 0 }),
    ...(c.bool('add_cross_attention') ? { block: () => ({ parts: crossParts(s.hidden) }) } : {}),
    mlp: () => [
      'mlp',
      plainMlp(
        'GPT2MLP',
        s.hidden,
        inner,
        activation(c, 'activation_function', 'gelu_new'),
        ['c_fc', 'c_proj'],
        true,
        conv1d,
      ),
    ],
    decoder: { names: GPT_NAMES, ...learned(c) },
  });
};
const bigcode: Builder = (c, o) => {
  const s = sizes(c);
  const inner = c.maybe('n_inner') ?? 4 * s.hidden;
  return llamaLike(c, o, {
    type: 'GPTBigCode',
    norm: layerNorm,
    norms: ['ln_1', 'ln_2'],
    attentionName: 'attn',
    attention: () => ({
      num_kv_heads: c.bool('multi_query', true) ? 1 : s.heads,
      bias: true,
      names: { qkv: 'c_attn', o: 'c_proj' },
      rotary_dim: 0,
    }),
    mlp: () => [
      'mlp',
      plainMlp('GPTBigCodeMLP', s.hidden, inner, activation(c, 'activation_function'), ['c_fc', 'c_proj']),
    ],
    decoder: { names: GPT_NAMES, ...learned(c) },
  });
};
/** Attention of every position and of a window, in turns; the cache keeps all. */
const gptNeo: Builder = (c, o) => {
  const s = sizes(c);
  const types = c.list('attention_types') ?? [[['global', 'local'], Math.ceil(s.layers / 2)]];
  const kinds = types.flatMap((t) => {
    const [names, times] = Array.isArray(t) ? t : [];
    if (!Array.isArray(names) || typeof times !== 'number')
      throw c.wrong('attention_types', 'is not a list of kinds and numbers');
    return Array.from({ length: Math.min(times, s.layers) }, () => names as unknown[]).flat();
  });
  const inner = c.maybe('intermediate_size') ?? 4 * s.hidden;
  return llamaLike(c, o, {
    type: 'GPTNeo',
    kind: (i) => kinds[i],
    norm: layerNorm,
    norms: ['ln_1', 'ln_2'],
    mixer: (i) => {
      const attention = new nn.GroupedAttention({
        hidden_size: s.hidden,
        num_heads: s.heads,
        output_bias: true,
        rotary_dim: 0,
        names: { o: 'out_proj' },
        window: kinds[i] === 'local' ? c.int('window_size', 256) : null,
        windowed_cache: false,
      });
      return ['attn', unit('GPTNeoAttention', { attention }, (x: nn.Tensor, pass: nn.Pass) => attention(x, pass))];
    },
    mlp: () => [
      'mlp',
      plainMlp('GPTNeoMLP', s.hidden, inner, activation(c, 'activation_function'), ['c_fc', 'c_proj']),
    ],
    decoder: { names: GPT_NAMES, ...learned(c) },
  });
};
/** GPT-J and CodeGen: attention and MLP side by side. */
function gptJ(type: string, names: Partial<Record<'qkv' | 'o', string>>): Builder {
  return (c, o) => {
    const s = sizes(c);
    const inner = c.maybe('n_inner') ?? 4 * s.hidden;
    return llamaLike(c, o, {
      type,
      norm: layerNorm,
      style: 'parallel',
      norms: ['ln_1'],
      attentionName: 'attn',
      attention: () => ({ bias: false, num_kv_heads: s.heads, names, rotary_dim: c.maybe('rotary_dim') ?? s.d }),
      mlp: () => [
        'mlp',
        plainMlp(`${type}MLP`, s.hidden, inner, activation(c, 'activation_function'), ['fc_in', 'fc_out']),
      ],
      decoder: { names: GPT_NAMES, headBias: true, longest: c.maybe('n_positions') },
    });
  };
}
export const NEOX_MLP = ['dense_h_to_4h', 'dense_4h_to_h'] as const;
const neox: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'GPTNeoX',
    norm: layerNorm,
    style: c.bool('use_parallel_residual', true) ? 'parallel' : 'pre',
    attentionName: 'attention',
    attention: () => ({
      bias: c.bool('attention_bias', true),
      num_kv_heads: s.heads,
      names: { qkv: 'query_key_value', o: 'dense' },
      rotary_dim: Math.floor(s.d * c.number('rotary_pct', 0.25)),
    }),
    mlp: () => ['mlp', plainMlp('GPTNeoXMLP', s.hidden, s.inner, activation(c), NEOX_MLP)],
    decoder: { names: { base: 'gpt_neox', embed: 'embed_in', norm: 'final_layer_norm' } },
  });
};
const neoxJapanese: Builder = (c, o) => {
  const s = sizes(c);
  const inner = s.hidden * c.int('intermediate_multiple_size', 4);
  return llamaLike(c, o, {
    type: 'GPTNeoXJapanese',
    norm: layerNorm,
    mixer: (i) => {
      const attention = new nn.GroupedAttention({
        hidden_size: s.hidden,
        num_heads: s.heads,
        names: { qkv: 'query_key_value', o: 'dense' },
      });
      // The last layer's bias is beside the projection.
      if (i === s.layers - 1)
        (attention as unknown as Record<string, unknown>)['dense_bias'] = new nn.Parameter([s.hidden]);
      return ['attention', attention];
    },
    mlp: () => ['mlp', plainMlp('GPTNeoXJapaneseMLP', s.hidden, inner, activation(c), NEOX_MLP, false)],
    decoder: { names: { base: 'gpt_neox_japanese', embed: 'embed_in', norm: 'final_layer_norm', head: 'embed_out' } },
  });
};
const ctrl: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'CTRL',
    norm: layerNorm,
    norms: ['layernorm1', 'layernorm2'],
    attentionName: 'multi_head_attention',
    attention: () => ({ bias: true, names: { q: 'Wq', k: 'Wk', v: 'Wv', o: 'dense' }, rotary_dim: 0 }),
    mlp: () => [
      'ffn',
      new nn.Sequential(linear(s.hidden, c.size('dff'), true), new nn.ReLU(), linear(c.size('dff'), s.hidden, true)),
    ],
    decoder: {
      names: { base: 'transformer', embed: 'w', layers: 'h', norm: 'layernorm' },
      headBias: true,
      longest: c.maybe('n_positions'),
    },
  });
};
const openaiGpt: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'OpenAIGPT',
    norm: layerNorm,
    style: 'after',
    norms: ['ln_1', 'ln_2'],
    attentionName: 'attn',
    attention: () => ({ names: { qkv: 'c_attn', o: 'c_proj' }, linear: conv1d, rotary_dim: 0, cached: false }),
    mlp: () => [
      'mlp',
      plainMlp(
        'OpenAIGPTMLP',
        s.hidden,
        4 * s.hidden,
        activation(c, 'afn', 'gelu_new'),
        ['c_fc', 'c_proj'],
        true,
        conv1d,
      ),
    ],
    decoder: {
      names: { ...GPT_NAMES, embed: 'tokens_embed' },
      norm: null,
      positions: ['positions_embed', c.size('max_position_embeddings')],
    },
  });
};
/** Tokens of a prompt are before those of the text, in prefill. */
const cpmant: Builder = (c, o) => {
  const s = sizes(c);
  const d = c.int('dim_head', s.d);
  const prompt = c.int('prompt_length', 32);
  const inner = c.size('dim_ff');
  const buckets = c.int('position_bias_num_buckets', 512);
  const types = c.int('segment_types', 32);
  const norm = () => new nn.RMSNorm(s.hidden);
  const layer = (): nn.Module<[nn.Tensor, nn.Pass], nn.Tensor> => {
    const attention = new nn.GroupedAttention({
      hidden_size: s.hidden,
      num_heads: s.heads,
      head_dim: d,
      rotary_dim: 0,
      causal: false,
      names: { q: 'project_q', k: 'project_k', v: 'project_v', o: 'attention_out' },
    });
    const [n1, n2] = [norm(), norm()];
    const [w0, w1, out] = [linear(s.hidden, inner), linear(s.hidden, inner), linear(inner, s.hidden)];
    const w_in = unit('CpmAntDenseGatedACT', { w_0: w0, w_1: w1 }, (x: nn.Tensor) =>
      nn.functional.gelu(w0(x)).mul(w1(x)),
    );
    const ffn = unit('CpmAntFeedForward', { w_in, w_out: out }, (x: nn.Tensor) => out(w_in(x)));
    const att = unit(
      'CpmAntSelfAttentionBlock',
      { layernorm_before_attention: n1, self_attention: attention },
      (x: nn.Tensor, pass: nn.Pass) => x.add(attention(n1(x), pass)),
    );
    const ff = unit('CpmAntFFNBlock', { layernorm_before_ffn: n2, ffn }, (x: nn.Tensor) => x.add(ffn(n2(x))));
    return unit('CpmAntTransformerBlock', { self_att: att, ffn: ff }, (x: nn.Tensor, pass: nn.Pass) =>
      ff(att(x, pass)),
    );
  };
  const layers = layersOf(s.layers, layer);
  const output = norm();
  const encoder = unit(
    'CpmAntEncoder',
    { layers: new nn.ModuleList(layers as unknown as nn.Module[]), output_layernorm: output },
    (x: nn.Tensor, pass: nn.Pass) => output(layers.reduce((y, run) => run(y, pass), x)),
  );
  const segment = embedding(types, s.hidden);
  const relative = unit(
    'CpmAntSegmentPositionEmbedding',
    { relative_attention_bias: new nn.Parameter([types * types + buckets, s.heads]) },
    (x: nn.Tensor) => x,
  );
  const input = embedding(c.size('vocab_size') + prompt * c.int('prompt_types', 32), s.hidden);
  const head = linear(s.hidden, c.size('vocab_size'));
  let kept: nn.Kept[] = [];
  const base = unit(
    'CpmAntModel',
    { encoder, segment_embedding: segment, input_embedding: input, position_bias: relative },
    (ids: nn.Tensor, mask: nn.Tensor): nn.Tensor => {
      const text = input(ids);
      const prefix = input(nn.functional.zeros([ids.size(0), prompt], 'int64'));
      const pass = new nn.Pass(ids.size(0), ids.size(1), sub(mask.size(1), ids.size(1)));
      kept = pass.kept;
      return encoder(nn.functional.cat([prefix, text], 1), pass).narrow(1, prompt, ids.size(1));
    },
  );
  if (!/(?:Model|CausalLM)$/.test(o.architecture) && o.architecture !== '') throw headUnknown(c, o.architecture);
  const module = /Model$/.test(o.architecture)
    ? base
    : unit('CpmAntForCausalLM', { cpmant: base, lm_head: head }, (ids: nn.Tensor, mask: nn.Tensor) =>
        head(base(ids, mask)),
      );
  return {
    module,
    inputs: (free) => [
      { name: 'input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
      { name: 'attention_mask', shape: [free('batch'), add(free('past'), free('sequence'))], dtype: 'int64' },
    ],
    kept: () => kept,
  };
};

export const families: Readonly<Record<string, Builder>> = byName({
  gpt2,
  'gpt-sw3': gpt2,
  gpt_bigcode: bigcode,
  gpt_neo: gptNeo,
  gptj: gptJ('GPTJ', { o: 'out_proj' }),
  codegen: gptJ('CodeGen', { qkv: 'qkv_proj', o: 'out_proj' }),
  gpt_neox: neox,
  gpt_neox_japanese: neoxJapanese,
  ctrl,
  'openai-gpt': openaiGpt,
  cpmant,
});
