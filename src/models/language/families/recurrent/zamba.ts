import * as nn from '../../../../torch/nn/index.js';
import { gated, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { type SharedBlock, zambaDecoder } from './zamba-layers.js';

const F = nn.functional;

/** Mamba 1 with heads: each has weights of its own for the step, and for what goes into the state and out of it. */
function mixerOf(c: Config): PassLayer {
  const hidden = c.size('hidden_size');
  const heads = c.size('n_mamba_heads');
  const inner = c.size('mamba_expand') * hidden;
  const part = Math.floor(inner / heads);
  const rank = c.get('mamba_dt_rank') === 'auto' ? Math.ceil(hidden / 16) : c.size('mamba_dt_rank');
  const state = c.size('mamba_d_state');
  const kernel = c.size('mamba_d_conv');
  const bias = c.bool('mamba_proj_bias');
  const conv = new nn.Conv1d(inner, inner, kernel, {
    groups: inner,
    bias: c.bool('mamba_conv_bias', true),
    padding: kernel - 1,
  });
  const [into, out] = [linear(hidden, 2 * inner, bias), linear(inner, hidden, bias)];
  const project = new nn.Parameter([heads, rank + 2 * state, part]);
  const [dt, dtBias] = [new nn.Parameter([heads, part, rank]), new nn.Parameter([heads, part])];
  const [A, D] = [new nn.Parameter([heads, part, state]), new nn.Parameter([heads, part])];
  return unit(
    'ZambaMambaMixer',
    {
      x_proj_weight: project,
      dt_proj_weight: dt,
      dt_proj_bias: dtBias,
      A_log: A,
      D,
      conv1d: conv as unknown as Layer,
      in_proj: into,
      out_proj: out,
    },
    (x: nn.Tensor, pass: nn.Pass) => {
      const [h, gate] = into(x).chunk(2, -1) as [nn.Tensor, nn.Tensor];
      const mixed = F.silu(nn.causal_conv1d(h.transpose(1, 2), conv, pass));
      const rows = mixed
        .view(x.size(0), heads, part, x.size(1))
        .transpose(0, 1)
        .transpose(2, 3)
        .reshape(heads, -1, part);
      const projected = rows.matmul(project.transpose(1, 2));
      const [step, b, cc] = projected.split([rank, state, state], -1) as [nn.Tensor, nn.Tensor, nn.Tensor];
      const time = F.softplus(step.matmul(dt.transpose(1, 2)).add(dtBias.unsqueeze(1)));
      const scan = { heads: inner, depth: 1, state, chunk: null };
      const y = nn.selective_scan([mixed.transpose(1, 2), time, b, cc, A, D], pass, scan);
      return out(y.mul(F.silu(gate)));
    },
  );
}

function sharedBlock(c: Config): SharedBlock {
  const s = sizes(c);
  const wide = c.maybe('attention_hidden_size') ?? 2 * s.hidden;
  const d = c.maybe('attention_head_dim') ?? Math.floor((2 * s.hidden) / s.heads);
  const attention = new nn.GroupedAttention({
    hidden_size: wide,
    num_heads: s.heads,
    num_kv_heads: s.kv,
    head_dim: d,
    rotary_dim: 0,
  });
  (attention as unknown as Record<string, unknown>)['o_proj'] = linear(s.heads * d, s.hidden);
  const mlp = gated(c, s.inner, { bias: false });
  const [n1, n2] = [rms(wide), rms(s.hidden)];
  return unit(
    'ZambaAttentionDecoderLayer',
    { self_attn: attention, feed_forward: mlp, input_layernorm: n1, pre_ff_layernorm: n2 },
    (x: nn.Tensor, words: nn.Tensor, pass: nn.Pass) => mlp(n2(attention(n1(F.cat([x, words], -1)), pass))),
  );
}

/** Zamba: Mamba with heads, and one transformer that every sixth layer or so shares. */
const zamba: Builder = (c, o) => {
  const period = c.size('attn_layer_period');
  const offset = c.int('attn_layer_offset');
  const kinds = c.kinds('layers_block_type', sizes(c).layers, (i) =>
    i === 2 || (i >= 3 && (i - 3) % period === offset) ? 'hybrid' : 'mamba',
  );
  return zambaDecoder(c, o, {
    type: 'Zamba',
    hybrid: (i) => kinds[i] === 'hybrid',
    mixer: () => mixerOf(c),
    blocks: 1,
    shared: () => sharedBlock(c),
    name: 'shared_transf',
  });
};

export const families: Readonly<Record<string, Builder>> = { zamba };
