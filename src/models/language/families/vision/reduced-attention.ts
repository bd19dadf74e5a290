import * as nn from '../../../../torch/nn/index.js';
import { layerNorm } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { patches, plainAttention } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { conv } from './convnets.js';

const F = nn.functional;

/** Tokens of a map, in rows of `w`. */
export interface TokenMap {
  readonly tokens: nn.Tensor;
  readonly h: number;
  readonly w: number;
}
/** N×(h·w)×C → N×C×h×w. */
export const asMap = ({ tokens, h, w }: TokenMap): nn.Tensor =>
  tokens.transpose(1, 2).view(tokens.size(0), tokens.size(-1), h, w);
/** How many windows of `k` fit along `n` places. */
export const windowsAlong = (n: number, k: number, s: number, p: number): number => Math.floor((n + 2 * p - k) / s) + 1;

/** Sizes that a configuration lists, an entry for each stage. */
export interface StageSizes {
  readonly depth: number;
  /** Channels that come in, and the width of the stage. */
  readonly from: number;
  readonly dim: number;
  readonly kernel: number;
  readonly stride: number;
  readonly heads: number;
  /** How far attention makes the map of its keys smaller, in each axis. */
  readonly ratio: number;
  /** Width of the MLP. */
  readonly inner: number;
}

/** The stages of a configuration whose list of ratios has this name; as many as are built. Throws ModelError for short lists. */
export function stageSizes(c: Config, ratioName: 'sr_ratios' | 'sequence_reduction_ratios'): readonly StageSizes[] {
  const names = ['depths', 'hidden_sizes', 'patch_sizes', 'strides', ratioName, 'num_attention_heads', 'mlp_ratios'];
  const lists = names.map((name) => c.ints(name) ?? []);
  const count = c.int('num_encoder_blocks', (lists[0] as number[]).length);
  for (const [i, list] of lists.entries())
    if (list.length < count) throw c.wrong(names[i] as string, `has ${list.length} values for ${count} stages`);
  const stages = Array.from({ length: count }, (_, i) => lists.map((list) => list[i] as number));
  for (const [, width = 0, , , , heads = 1] of stages)
    if (width % heads !== 0) throw c.wrong('hidden_sizes', `has ${width}, which does not divide into ${heads} heads`);
  return stages.map((sizes, i): StageSizes => {
    const [depth, dim, kernel, stride, ratio, heads, times] = sizes as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const from = stages[i - 1]?.[1] ?? c.int('num_channels', 3);
    return { depth, from, dim, kernel, stride, heads, ratio, inner: dim * times };
  });
}

export interface ReducedAttentionSpec {
  readonly bias: boolean;
  readonly projections: Record<string, string>;
  /** Names of the convolution and of the norm behind it; with `nested` they are parts of a module of that name and `type`. */
  readonly reduction: string;
  readonly norm: string;
  readonly nested?: string;
  readonly type: string;
  /** Keys from the map's means over 7×7 squares, through one projection. */
  readonly pooled?: boolean;
}
export interface ReducedAttention {
  readonly attention: nn.GroupedAttention;
  readonly run: (m: TokenMap) => nn.Tensor;
}

/** Makes the map of keys and values smaller; its parts become parts of the attention. Null where the map stays as it is. */
function reducerOf(own: Record<string, unknown>, dim: number, ratio: number, s: ReducedAttentionSpec) {
  if (!s.pooled && ratio <= 1) return null;
  const [down, norm] = [conv(dim, dim, s.pooled ? 1 : ratio, s.pooled ? 1 : ratio, { padding: 0 }), layerNorm(dim)];
  const beside = { [s.reduction]: down, [s.norm]: norm };
  if (s.pooled) {
    Object.assign(own, beside);
    return (m: TokenMap): nn.Tensor => F.gelu(norm(patches(down(F.adaptive_avg_pool2d(asMap(m), 7)))));
  }
  if (s.nested === undefined) {
    Object.assign(own, beside);
    return (m: TokenMap): nn.Tensor => norm(patches(down(asMap(m))));
  }
  const both = unit(s.type, beside, (x: nn.Tensor) => norm(patches(down(x))));
  own[s.nested] = both;
  return (m: TokenMap): nn.Tensor => both(asMap(m));
}

/** Attention whose keys and values come from a map made smaller by a strided convolution. */
export function reducedAttention({ dim, heads, ratio }: StageSizes, s: ReducedAttentionSpec): ReducedAttention {
  const attention = plainAttention({
    hidden: dim,
    heads,
    bias: { q: s.bias, k: s.bias, v: s.bias },
    projections: s.projections as never,
  });
  const own = attention as unknown as Record<string, (x: nn.Tensor) => nn.Tensor>;
  const reduce = reducerOf(own, dim, ratio, s);
  const name = { q: 'q_proj', k: 'k_proj', v: 'v_proj', o: 'o_proj', ...s.projections };
  const split = (x: nn.Tensor): nn.Tensor => x.view(x.size(0), x.size(1), heads, dim / heads).transpose(1, 2);
  const call = (part: string, x: nn.Tensor): nn.Tensor => (own[part] as (x: nn.Tensor) => nn.Tensor)(x);
  return {
    attention,
    run: (m) => {
      const source = reduce === null ? m.tokens : reduce(m);
      const y = F.scaled_dot_product_attention(
        split(call(name.q, m.tokens)),
        split(call(name.k, source)),
        split(call(name.v, source)),
      );
      const flat = y.transpose(1, 2).reshape(m.tokens.size(0), m.tokens.size(1), dim);
      return name.o === null ? flat : call(name.o, flat);
    },
  };
}
