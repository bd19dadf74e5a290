import { type Dim, exactdiv, floordiv, isStatic } from '../../dim/index.js';
import type { Value } from '../../ledger/index.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { entry, type Rule, type Table } from './table.js';

/** softmax(QKᵀ·scale + mask)·V of tensors …×heads×length×depth. */
function sdpa(c: Call): { effect: ops.Effect; inputs: (Value | null)[]; q: TensorType } {
  const [q, k, v] = [c.type('query'), c.type('key'), c.type('value')];
  const bias = c.has('attn_mask') ? 'attn_mask' : 'attn_bias';
  const effect = ops.attention(q, k, v, {
    mask: c.optionalType(bias),
    causal: c.bool('is_causal'),
    grouped: c.bool('enable_gqa'),
    ...(c.has('dropout_p') ? { dropout: c.number('dropout_p') ?? 0 } : {}),
  });
  return { effect, inputs: [c.value('query'), c.value('key'), c.value('value'), c.optional(bias)], q };
}

const attention: Rule = (c) => {
  const { effect, inputs } = sdpa(c);
  return c.make(effect, inputs);
};

/** The kernels that the fused form dispatches to also save what a backward pass needs: small tensors, no work. */
const kernel =
  (extra: number): Rule =>
  (c) => {
    const { effect, inputs, q } = sdpa(c);
    const saved: TensorType = { dtype: 'float32', shape: q.shape.slice(0, -1) };
    const scalars = Array.from({ length: extra - 1 }, (): TensorType => ({ dtype: 'int64', shape: [] }));
    return c.make({ ...effect, outputs: [...effect.outputs, saved, ...scalars] }, inputs);
  };

/** The form that is spelled out: the result and the attention weights. */
const spelledOut: Rule = (c) => {
  const { effect, inputs, q } = sdpa(c);
  const k = c.type('key');
  const weights: TensorType = { dtype: q.dtype, shape: [...q.shape.slice(0, -1), k.shape.at(-2) ?? 1] };
  return c.make({ ...effect, outputs: [...effect.outputs, weights] }, inputs);
};

interface Heads {
  readonly x: { readonly q: TensorType; readonly k: TensorType; readonly v: TensorType };
  readonly embed: Dim;
  readonly heads: number;
  readonly bias: TensorType | null;
  readonly mask: TensorType | null;
}

/** Self- or cross-attention with its projections, batch first: one packed weight of 3E×E. */
function multiHead(h: Heads): { work: ops.Work[]; joined: TensorType; weights: TensorType } {
  const { q, k, v } = h.x;
  const e = h.embed;
  if (h.heads < 1 || (isStatic(e) && e < 1))
    throw ops.shapeError(`attention cannot have ${h.heads} heads of ${e} in all`);
  const share = (t: TensorType): ops.Effect =>
    ops.linear(
      t,
      { dtype: t.dtype, shape: [e, t.shape.at(-1) ?? e] },
      h.bias === null ? null : { dtype: t.dtype, shape: [e] },
    );
  const depth = exactdiv(e, h.heads) ?? floordiv(e, h.heads);
  const split = (t: TensorType): TensorType => ({
    dtype: t.dtype,
    shape: [...t.shape.slice(0, -2), h.heads, t.shape.at(-2) ?? 1, depth],
  });
  const core = ops.attention(split(q), split(k), split(v), { mask: h.mask });
  const joined: TensorType = { dtype: q.dtype, shape: [...q.shape.slice(0, -1), e] };
  return {
    work: [...[q, k, v].flatMap((t) => share(t).work), ...core.work],
    joined,
    weights: { dtype: q.dtype, shape: [...q.shape.slice(0, -2), h.heads, q.shape.at(-2) ?? 1, k.shape.at(-2) ?? 1] },
  };
}

/** nn.MultiheadAttention's fast path: one kernel for projections, attention and output. */
const native: Rule = (c) => {
  const [q, k, v] = [c.type('query'), c.type('key'), c.type('value')];
  const heads = c.int('num_head');
  const { work, joined, weights } = multiHead({
    x: { q, k, v },
    embed: c.dim('embed_dim'),
    heads,
    bias: c.optionalType('qkv_bias'),
    mask: c.optionalType('mask'),
  });
  const out = ops.linear(joined, c.type('proj_weight'), c.optionalType('proj_bias'));
  const averaged: TensorType = c.bool('average_attn_weights')
    ? { dtype: weights.dtype, shape: [...weights.shape.slice(0, -3), ...weights.shape.slice(-2)] }
    : weights;
  const none: TensorType = { dtype: q.dtype, shape: [0] };
  return c.make(
    ops.together(
      'native_multi_head_attention',
      [out.outputs[0] as TensorType, c.bool('need_weights') ? averaged : none],
      [{ ...out, work }, out],
      { attrs: { embed_dim: c.dim('embed_dim'), num_heads: heads, need_weights: c.bool('need_weights') } },
    ),
    ['query', 'key', 'value', 'qkv_weight', 'qkv_bias', 'proj_weight', 'proj_bias', 'mask'].map((name) =>
      c.optional(name),
    ),
  );
};

/** nn.TransformerEncoderLayer's fast path: attention, two residual sums, two norms and the feed-forward pair in one kernel. */
const encoderLayer: Rule = (c) => {
  const x = c.type('src');
  const heads = c.int('num_heads');
  const { work, joined } = multiHead({
    x: { q: x, k: x, v: x },
    embed: c.dim('embed_dim'),
    heads,
    bias: c.optionalType('qkv_bias'),
    mask: c.optionalType('mask'),
  });
  const projected = ops.linear(joined, c.type('proj_weight'), c.optionalType('proj_bias'));
  const hidden = ops.linear(x, c.type('ffn_weight_1'), c.optionalType('ffn_bias_1'));
  const activated = hidden.outputs[0] as TensorType;
  const back = ops.linear(activated, c.type('ffn_weight_2'), c.optionalType('ffn_bias_2'));
  const norm = (n: 1 | 2): ops.Effect =>
    ops.layerNorm(x, c.type(`norm_weight_${n}`).shape, {
      weight: c.type(`norm_weight_${n}`),
      bias: c.optionalType(`norm_bias_${n}`),
    });
  const residual = ops.binary('add', x, x);
  return c.make(
    ops.together(
      'transformer_encoder_layer',
      [{ dtype: x.dtype, shape: x.shape }],
      [
        { ...projected, work },
        projected,
        residual,
        norm(1),
        hidden,
        ops.unary(c.bool('use_gelu') ? 'gelu' : 'relu', activated),
        back,
        residual,
        norm(2),
      ],
      {
        attrs: {
          embed_dim: c.dim('embed_dim'),
          num_heads: heads,
          norm_first: c.bool('norm_first'),
          gelu: c.bool('use_gelu'),
        },
      },
    ),
    LAYER_TENSORS.map((name) => c.optional(name)),
  );
};
const LAYER_TENSORS = [
  'src',
  'qkv_weight',
  'qkv_bias',
  'proj_weight',
  'proj_bias',
  'norm_weight_1',
  'norm_bias_1',
  'norm_weight_2',
  'norm_bias_2',
  'ffn_weight_1',
  'ffn_bias_1',
  'ffn_weight_2',
  'ffn_bias_2',
  'mask',
];

const SDPA = 'query key value attn_mask=None dropout_p=0 is_causal=False scale=None enable_gqa=False';

export const attentions: Table = byName({
  scaled_dot_product_attention: entry(SDPA, attention),
  _scaled_dot_product_flash_attention_for_cpu: entry(
    'query key value dropout_p=0 is_causal=False attn_mask=None scale=None',
    kernel(1),
  ),
  _scaled_dot_product_flash_attention: entry(
    'query key value dropout_p=0 is_causal=False return_debug_mask=False scale=None',
    kernel(8),
  ),
  _scaled_dot_product_efficient_attention: entry(
    'query key value attn_bias compute_log_sumexp dropout_p=0 is_causal=False scale=None',
    kernel(3),
  ),
  _scaled_dot_product_cudnn_attention: entry(
    'query key value attn_bias compute_log_sumexp dropout_p=0 is_causal=False return_debug_mask=False scale=None',
    kernel(8),
  ),
  _scaled_dot_product_attention_math: entry(
    'query key value attn_mask=None dropout_p=0 is_causal=False dropout_mask=None scale=None enable_gqa=False',
    spelledOut,
  ),
  _native_multi_head_attention: entry(
    'query key value embed_dim num_head qkv_weight qkv_bias proj_weight proj_bias mask=None need_weights=True average_attn_weights=True mask_type=None',
    native,
  ),
  _transformer_encoder_layer_fwd: entry(
    'src embed_dim num_heads qkv_weight qkv_bias proj_weight proj_bias use_gelu norm_first eps norm_weight_1 norm_bias_1 norm_weight_2 norm_bias_2 ffn_weight_1 ffn_bias_1 ffn_weight_2 ffn_bias_2 mask=None mask_type=None',
    encoderLayer,
  ),
});
