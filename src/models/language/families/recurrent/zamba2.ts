import * as nn from '../../../../torch/nn/index.js';
import { sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { type SharedBlock, zambaDecoder } from './zamba-layers.js';

const F = nn.functional;

/** How a pass through the shared transformers is made different from the others: a pair of matrices of low rank for each use. */
interface Uses {
  /** Uses of all shared transformers, which they take in turns. */
  readonly count: number;
  readonly blocks: number;
  readonly rank: number;
}

/** The adapters of one copy: matrices for the uses that are its own, and nothing for those of the others. */
function adaptersOf({ count, blocks, rank }: Uses, which: number, from: number, to: number): readonly Layer[] {
  return Array.from({ length: count }, (_, use): Layer => {
    const own = use % blocks === which;
    return (own ? new nn.Sequential(linear(from, rank), linear(rank, to)) : new nn.Identity()) as unknown as Layer;
  });
}

function mlpOf(c: Config, uses: Uses, which: number): nn.Module<[x: nn.Tensor, use: number], nn.Tensor> {
  const hidden = c.size('hidden_size');
  const inner = c.maybe('intermediate_size') ?? 4 * sizes(c).hidden;
  const act = activation(c, 'hidden_act', 'gelu');
  const bias = c.bool('add_bias_linear');
  const [up, down] = [linear(hidden, 2 * inner, bias), linear(inner, hidden, bias)];
  const adapters = adaptersOf(uses, which, hidden, 2 * inner);
  return unit(
    'Zamba2MLP',
    { gate_up_proj: up, down_proj: down, gate_up_proj_adapter_list: new nn.ModuleList(adapters as never) },
    (x: nn.Tensor, use: number) => {
      const both = up(x).add((adapters[use] as Layer)(x));
      const [a, b] = both.chunk(2, -1) as [nn.Tensor, nn.Tensor];
      return down(act(a).mul(b));
    },
  );
}

function sharedBlock(c: Config, uses: Uses, which: number): SharedBlock {
  const s = sizes(c);
  const wide = 2 * s.hidden;
  const d = Math.floor(wide / s.heads);
  const attention = new nn.GroupedAttention({
    hidden_size: wide,
    num_heads: s.heads,
    head_dim: d,
    rotary_dim: c.bool('use_mem_rope') ? d : 0,
  });
  const own = attention as unknown as Record<string, unknown>;
  own['o_proj'] = linear(wide, s.hidden);
  const adapted = c.bool('use_shared_attention_adapter') ? (['q', 'k', 'v'] as const) : [];
  const lists = adapted.map((part) => {
    const list = adaptersOf(uses, which, wide, wide);
    own[`linear_${part}_adapter_list`] = new nn.ModuleList(list as never);
    return list;
  });
  const mlp = mlpOf(c, uses, which);
  const [n1, n2] = [rms(wide), rms(s.hidden)];
  return unit(
    'Zamba2AttentionDecoderLayer',
    { self_attn: attention, feed_forward: mlp as never, input_layernorm: n1, pre_ff_layernorm: n2 },
    (x: nn.Tensor, words: nn.Tensor, pass: nn.Pass, use: number) => {
      const both = n1(F.cat([x, words], -1));
      for (const list of lists) (list[use] as Layer)(both);
      return mlp(n2(attention(both, pass)), use);
    },
  );
}

function mixerOf(c: Config): PassLayer {
  const hidden = c.size('hidden_size');
  const heads = c.size('n_mamba_heads');
  return new nn.Mamba2({
    hidden_size: hidden,
    num_heads: heads,
    head_dim: Math.floor(Math.floor(c.number('mamba_expand', 2) * hidden) / heads),
    state_size: c.size('mamba_d_state'),
    n_groups: c.size('mamba_ngroups', 1),
    conv_kernel: c.size('mamba_d_conv'),
    chunk_size: c.size('chunk_size'),
    conv_bias: true,
    bias: c.bool('add_bias_linear'),
  });
}

/** The pattern of the reference's default: hybrids after every fifth layer, then closer. */
function zamba2Kind(i: number): string {
  if (i === 0) return 'mamba';
  if (i <= 42) return i % 6 === 0 ? 'hybrid' : 'mamba';
  return i === 47 || i === 51 ? 'hybrid' : 'mamba';
}
/** Zamba 2: Mamba 2, with shared transformers that adapters make different at each use. */
const zamba2: Builder = (c, o) => {
  const kinds = c.kinds('layers_block_type', sizes(c).layers, zamba2Kind);
  const uses: Uses = {
    count: kinds.filter((kind) => kind === 'hybrid').length,
    blocks: c.size('num_mem_blocks', 1),
    rank: c.int('adapter_rank', 128),
  };
  return zambaDecoder(c, o, {
    type: 'Zamba2',
    hybrid: (i) => kinds[i] === 'hybrid',
    mixer: () => mixerOf(c),
    blocks: uses.blocks,
    shared: (which) => sharedBlock(c, uses, which),
    name: 'shared_transformer',
  });
};

export const families: Readonly<Record<string, Builder>> = { zamba2 };
