import { type Dim, equal, sub, mul as times } from '../../dim/index.js';
import type { Attr } from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { numbersOnly } from './argument.js';
import { baddbmm, bmm, cat, dropout, linear, pad, scaled_dot_product_attention, softmax, zeros } from './functional.js';
import { named, type Rest } from './kwargs.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { inside } from './session.js';
import type { Tensor } from './tensor.js';

/** A Linear that multi-head attention owns and applies itself: it is never called as a module. */
export class NonDynamicallyQuantizableLinear extends Linear {
  static override readonly type: string = 'torch.nn.modules.linear.NonDynamicallyQuantizableLinear';
}

export interface MultiheadAttentionArguments {
  readonly dropout?: number;
  readonly bias?: boolean;
  readonly add_bias_kv?: boolean;
  readonly add_zero_attn?: boolean;
  readonly kdim?: number | null;
  readonly vdim?: number | null;
  readonly batch_first?: boolean;
}
type MultiheadAttentionRest = Rest<
  [
    dropout: number,
    bias: boolean,
    add_bias_kv: boolean,
    add_zero_attn: boolean,
    kdim: number | null,
    vdim: number | null,
    batch_first: boolean,
  ],
  MultiheadAttentionArguments
>;

export interface AttentionCall {
  readonly need_weights?: boolean;
  readonly attn_mask?: Tensor | null;
  readonly key_padding_mask?: Tensor | null;
  readonly is_causal?: boolean;
  readonly average_attn_weights?: boolean;
}

/**
 * Multi-head attention of query L×N×E, key S×N×kdim, value S×N×vdim (N first with batch_first; N left out unbatched) →
 * [L×N×E, weights N×L×S or null]. The projections are matrix products of one packed weight where all widths are E.
 */
export class MultiheadAttention extends Module<[Tensor, Tensor, Tensor, AttentionCall?], [Tensor, Tensor | null]> {
  static override readonly type: string = 'torch.nn.MultiheadAttention';
  readonly embed_dim: number;
  readonly num_heads: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly dropout: number;
  readonly batch_first: boolean;
  readonly add_zero_attn: boolean;
  q_proj_weight: Parameter | null;
  k_proj_weight: Parameter | null;
  v_proj_weight: Parameter | null;
  in_proj_weight: Parameter | null;
  in_proj_bias: Parameter | null;
  out_proj: NonDynamicallyQuantizableLinear;
  bias_k: Parameter | null;
  bias_v: Parameter | null;

  constructor(embed_dim: number, num_heads: number, ...rest: MultiheadAttentionRest) {
    super();
    const a = named<Required<MultiheadAttentionArguments>>(
      'MultiheadAttention',
      rest,
      ['dropout', 'bias', 'add_bias_kv', 'add_zero_attn', 'kdim', 'vdim', 'batch_first'],
      { dropout: 0, bias: true, add_bias_kv: false, add_zero_attn: false, kdim: null, vdim: null, batch_first: false },
    );
    numbersOnly('MultiheadAttention', embed_dim, num_heads);
    if (embed_dim % num_heads !== 0)
      throw new ModelError(
        'argument',
        `MultiheadAttention: ${embed_dim} features do not divide into ${num_heads} heads`,
        { format: 'nn' },
      );
    this.embed_dim = embed_dim;
    this.num_heads = num_heads;
    this.kdim = a.kdim ?? embed_dim;
    this.vdim = a.vdim ?? embed_dim;
    this.dropout = a.dropout;
    this.batch_first = a.batch_first;
    this.add_zero_attn = a.add_zero_attn;
    const packed = this.kdim === embed_dim && this.vdim === embed_dim;
    this.q_proj_weight = packed ? null : new Parameter([embed_dim, embed_dim]);
    this.k_proj_weight = packed ? null : new Parameter([embed_dim, this.kdim]);
    this.v_proj_weight = packed ? null : new Parameter([embed_dim, this.vdim]);
    this.in_proj_weight = packed ? new Parameter([3 * embed_dim, embed_dim]) : null;
    this.in_proj_bias = a.bias ? new Parameter([3 * embed_dim]) : null;
    this.out_proj = new NonDynamicallyQuantizableLinear(embed_dim, embed_dim, a.bias);
    this.bias_k = a.add_bias_kv ? new Parameter([1, 1, embed_dim]) : null;
    this.bias_v = a.add_bias_kv ? new Parameter([1, 1, embed_dim]) : null;
  }

  override describe(): Readonly<Record<string, Attr>> {
    const { embed_dim, num_heads, kdim, vdim, batch_first } = this;
    return { embed_dim, num_heads, kdim, vdim, batch_first };
  }

  forward(query: Tensor, key: Tensor, value: Tensor, call: AttentionCall = {}): [Tensor, Tensor | null] {
    const turned = this.batch_first && query.ndim === 3;
    if (!turned) return this.#attend(query, key, value, call);
    // One turn for each distinct tensor: that two of them are the same is seen below.
    const q = query.transpose(1, 0);
    const k = key === query ? q : key.transpose(1, 0);
    const v = value === key ? k : value.transpose(1, 0);
    const [out, weights] = this.#attend(q, k, v, call);
    return [out.transpose(1, 0), weights];
  }

  /** Length first, as `torch.nn.functional.multi_head_attention_forward` goes about it, operator by operator. */
  #attend(query: Tensor, key: Tensor, value: Tensor, call: AttentionCall): [Tensor, Tensor | null] {
    return inside('F.multi_head_attention_forward', () => {
      const batched = query.ndim === 3;
      const lift = (x: Tensor): Tensor => (batched ? x : x.unsqueeze(1));
      const q0 = lift(query);
      const k0 = key === query ? q0 : lift(key);
      const v0 = value === key ? k0 : lift(value);
      const [length, batch] = [q0.size(0), q0.size(1)];
      const depth = this.embed_dim / this.num_heads;
      const projected = this.#project(q0, k0, v0);
      const [q, k, v] = projected.map((x, i) => {
        const longer = i === 0 ? x : withRow(x, i === 1 ? this.bias_k : this.bias_v, batch);
        const heads = longer.view([longer.size(0), times(batch, this.num_heads), depth]).transpose(0, 1);
        return i > 0 && this.add_zero_attn ? cat([heads, zeros([heads.size(0), 1, depth])], 1) : heads;
      }) as [Tensor, Tensor, Tensor];
      const mask = this.#mask(call, batch, k.size(1));
      const needed = call.need_weights ?? true;
      const [heads, scores] = needed
        ? this.#weighted(q, k, v, mask)
        : [this.#fused(q, k, v, batch, mask, call.is_causal ?? false), null];
      const joined = heads.contiguous().view([times(length, batch), this.embed_dim]);
      const rows = linear(joined, this.out_proj.weight, this.out_proj.bias);
      const out = rows.view([length, batch, this.embed_dim]);
      return [batched ? out : out.squeeze(1), scores === null ? null : this.#weights(scores, batch, batched, call)];
    });
  }

  /** Scores are wanted: the two products apart, with a softmax between. Returns the heads, length first, and the scores. */
  #weighted(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | null): [Tensor, Tensor] {
    const scaled = q.mul(Math.sqrt(1 / (this.embed_dim / this.num_heads)));
    const keys = k.transpose(-2, -1);
    const soft = softmax(mask === null ? bmm(scaled, keys) : baddbmm(mask, scaled, keys), -1);
    const scores = this.training && this.dropout > 0 ? dropout(soft, this.dropout, true) : soft;
    return [bmm(scores, v).transpose(0, 1), scores];
  }

  /**
   * The mask of pairs, L×S or N·heads×L×S, and that of padded keys, N×S, as one: both are made numbers that are added to
   * scores, and keys that were put after the given ones are open.
   */
  #mask(call: AttentionCall, batch: Dim, keys: Dim): Tensor | null {
    const numbers = (x: Tensor): Tensor =>
      x.dtype === 'bool' ? zeros(x.shape, 'float32').masked_fill(x, Number.NEGATIVE_INFINITY) : x;
    const opened = (x: Tensor): Tensor => {
      const more = sub(keys, x.size(-1));
      return equal(more, 0) ? x : pad(x, [0, more]);
    };
    const pairs = call.attn_mask == null ? null : opened(numbers(call.attn_mask));
    if (call.key_padding_mask == null) return pairs;
    const given = numbers(call.key_padding_mask);
    const padding = opened(given.ndim === 1 ? given.unsqueeze(0) : given)
      .view([batch, 1, 1, keys])
      .expand([batch, this.num_heads, 1, keys])
      .reshape([times(batch, this.num_heads), 1, keys]);
    return pairs === null ? padding : pairs.add(padding);
  }

  #fused(q: Tensor, k: Tensor, v: Tensor, batch: Dim, mask: Tensor | null, causal: boolean): Tensor {
    const [qh, kh, vh] = [q, k, v].map((x) => x.view([batch, this.num_heads, x.size(1), x.size(2)])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    // Of each head where it has three axes.
    const wide = mask?.ndim === 3 ? mask.view([batch, this.num_heads, mask.size(1), mask.size(2)]) : mask;
    return scaled_dot_product_attention(qh, kh, vh, {
      attn_mask: wide,
      is_causal: causal,
      dropout_p: this.training ? this.dropout : 0,
    }).permute(2, 0, 1, 3);
  }

  /** The three projections: one product for a tensor that is query, key and value; one for one that is key and value. */
  #project(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor, Tensor] {
    const e = this.embed_dim;
    const [weight, bias] = [this.in_proj_weight, this.in_proj_bias];
    if (weight !== null && query === key && key === value)
      return parts(linear(query, weight, bias), 3, e) as [Tensor, Tensor, Tensor];
    if (weight !== null && key === value) {
      const [wq, wkv] = weight.split([e, 2 * e]) as [Tensor, Tensor];
      const [bq = null, bkv = null] = bias === null ? [] : bias.split([e, 2 * e]);
      return [linear(query, wq, bq), ...parts(linear(key, wkv, bkv), 2, e)] as [Tensor, Tensor, Tensor];
    }
    const weights = weight === null ? [this.q_proj_weight, this.k_proj_weight, this.v_proj_weight] : weight.chunk(3);
    const biases = bias === null ? [] : bias.chunk(3);
    return [query, key, value].map((x, i) => linear(x, weights[i] as Tensor, biases[i] ?? null)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
  }

  #weights(scores: Tensor, batch: Dim, batched: boolean, call: AttentionCall): Tensor {
    const each = scores.view([batch, this.num_heads, scores.size(1), scores.size(2)]);
    const out = (call.average_attn_weights ?? true) ? each.mean(1) : each;
    return batched ? out : out.squeeze(0);
  }
}

/** …×n·E → n tensors of …×E, each dense. */
function parts(x: Tensor, n: number, e: number): Tensor[] {
  const dense = x.unflatten(-1, [n, e]).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous();
  return Array.from({ length: n }, (_, i) => dense.select(0, i));
}

/** A learnt row put after the given keys or values, the same for the whole batch. */
function withRow(x: Tensor, row: Tensor | null, batch: Dim): Tensor {
  return row === null ? x : cat([x, row.repeat(1, batch, 1)]);
}
