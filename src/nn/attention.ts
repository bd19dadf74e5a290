import type { Attr } from '../ops/index.js';
import * as ops from '../ops/index.js';
import { ModelError } from '../source/errors.js';
import { named, type Rest } from './kwargs.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { Parameter, run1, type Tensor } from './tensor.js';

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
    const batched = query.ndim === 3;
    const [q, k, v] = this.#project(query, key, value);
    const split = (x: Tensor): Tensor => {
      const [length, batch] = batched
        ? this.batch_first
          ? [x.size(1), x.size(0)]
          : [x.size(0), x.size(1)]
        : [x.size(0), 1];
      const heads = x.reshape([
        ...(batched && this.batch_first ? [batch, length] : [length, batch]),
        this.num_heads,
        this.embed_dim / this.num_heads,
      ]);
      return batched && this.batch_first ? heads.permute(0, 2, 1, 3) : heads.permute(1, 2, 0, 3);
    };
    const mask = call.attn_mask ?? call.key_padding_mask ?? null;
    const extra = (this.bias_k === null ? 0 : 1) + (this.add_zero_attn ? 1 : 0);
    const [kh, vh] = [lengthened(split(k), extra), lengthened(split(v), extra)];
    const qh = split(q);
    const effect = ops.attention(qh.type, kh.type, vh.type, {
      mask: mask?.type ?? null,
      causal: call.is_causal ?? false,
    });
    const heads = run1(effect, [qh, kh, vh, mask], 'F.multi_head_attention_forward');
    const joined = (batched && this.batch_first ? heads.permute(0, 2, 1, 3) : heads.permute(2, 0, 1, 3)).reshape(
      query.shape,
    );
    const out = run1(
      ops.linear(joined.type, this.out_proj.weight.type, this.out_proj.bias?.type ?? null),
      [joined, this.out_proj.weight, this.out_proj.bias],
      'F.linear',
    );
    return [
      out,
      (call.need_weights ?? true) ? this.#weights(qh, kh, call.average_attn_weights ?? true, batched) : null,
    ];
  }

  /** The three projections: one product where query, key and value are the same tensor, separate ones otherwise. */
  #project(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor, Tensor] {
    const e = this.embed_dim;
    const bias = this.in_proj_bias;
    if (this.in_proj_weight !== null && query === key && key === value) {
      const all = run1(
        ops.linear(query.type, this.in_proj_weight.type, bias?.type ?? null),
        [query, this.in_proj_weight, bias],
        'F.linear',
      );
      return all.chunk(3, -1) as [Tensor, Tensor, Tensor];
    }
    const weights =
      this.in_proj_weight === null
        ? ([this.q_proj_weight, this.k_proj_weight, this.v_proj_weight] as [Tensor, Tensor, Tensor])
        : ([0, 1, 2].map((i) => (this.in_proj_weight as Tensor).slice(0, i * e, (i + 1) * e)) as [
            Tensor,
            Tensor,
            Tensor,
          ]);
    return [query, key, value].map((x, i) => {
      const b = bias === null ? null : bias.slice(0, i * e, (i + 1) * e);
      const w = weights[i] as Tensor;
      return run1(ops.linear(x.type, w.type, b?.type ?? null), [x, w, b], 'F.linear');
    }) as [Tensor, Tensor, Tensor];
  }

  /** The attention weights are a by-product; averaging them over heads is work of its own. */
  #weights(q: Tensor, k: Tensor, average: boolean, batched: boolean): Tensor {
    const scores = run1(
      {
        op: 'attention_weights',
        outputs: [{ dtype: q.dtype, shape: [...q.shape.slice(0, -1), k.size(-2)] }],
        work: [],
      },
      [q, k],
      'attention weights',
    );
    const out = average ? scores.mean(1) : scores;
    return batched ? out : out.squeeze(0);
  }
}

/** A row of learnt or of zero keys put behind the given ones. */
function lengthened(x: Tensor, rows: number): Tensor {
  return rows === 0
    ? x
    : run1(
        ops.pad(x.type, [
          [0, 0],
          [0, 0],
          [0, rows],
          [0, 0],
        ]),
        [x],
        'F.pad',
      );
}
