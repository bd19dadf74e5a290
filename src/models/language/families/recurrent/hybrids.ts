import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { gated, llamaLike, sizes } from '../../blocks/llama.js';
import { type Builder, decoder } from '../../blocks/model.js';
import { activation, type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

const F = nn.functional;

/** Griffin: gated linear recurrences, and attention in a window every third layer. */
const recurrentGemma: Builder = (c, o) => {
  const s = sizes(c);
  const width = c.maybe('lru_width') ?? s.hidden;
  const cycle = (c.list('block_types') ?? ['recurrent', 'recurrent', 'attention']) as string[];
  const inner = Math.floor(c.size('intermediate_size') / 2);
  const block = Math.floor(width / s.heads);
  const gates = (name: string): Record<string, nn.Parameter> => ({
    [`${name}_weight`]: new nn.Parameter([s.heads, block, block]),
    [`${name}_bias`]: new nn.Parameter([s.heads, block]),
  });
  const recurrent = (): PassLayer => {
    const [y, x, out] = [linear(s.hidden, width, true), linear(s.hidden, width, true), linear(width, s.hidden, true)];
    const kernel = c.size('conv1d_width');
    const conv = new nn.Conv1d(width, width, kernel, { groups: width, padding: kernel - 1 });
    const parts = { ...gates('input_gate'), ...gates('recurrent_gate') };
    const lru = unit(
      'RecurrentGemmaRglru',
      { recurrent_param: new nn.Parameter([width]), ...parts },
      (z: nn.Tensor, pass: nn.Pass) => {
        pass.state('recurrent', [pass.batch, width], 'float32');
        const heads = z.reshape(-1, s.heads, block).permute(1, 0, 2);
        for (const name of ['input_gate', 'recurrent_gate'])
          F.baddbmm(
            (parts[`${name}_bias`] as nn.Parameter).unsqueeze(1),
            heads,
            parts[`${name}_weight`] as nn.Parameter,
          ).sigmoid();
        return F.linear_recurrence(z);
      },
    );
    const act = activation(c, c.get('hidden_activation') ? 'hidden_activation' : 'hidden_act', 'gelu_pytorch_tanh');
    return unit(
      'RecurrentGemmaRecurrentBlock',
      { linear_y: y, linear_x: x, linear_out: out, conv_1d: conv as unknown as Layer, rg_lru: lru as never },
      (z: nn.Tensor, pass: nn.Pass) => {
        const gate = act(y(z));
        const mixed = nn.causal_conv1d(x(z).transpose(1, 2), conv, pass).transpose(1, 2);
        return out(lru(mixed, pass).mul(gate));
      },
    );
  };
  return llamaLike(c, o, {
    type: 'RecurrentGemma',
    kind: (i) => cycle[i % cycle.length],
    norms: ['temporal_pre_norm', 'channel_pre_norm'],
    attentionName: 'temporal_block',
    attention: () => ({ bias: c.bool('attention_bias'), output_bias: true, window: c.maybe('attention_window_size') }),
    mixer: (i) => (cycle[i % cycle.length] === 'recurrent' ? ['temporal_block', recurrent()] : null),
    mlp: () => [
      'mlp_block',
      gated(c, inner, { bias: true }, c.get('hidden_activation') ? 'hidden_activation' : 'hidden_act'),
    ],
    decoder: { names: { norm: 'final_norm' }, softcap: c.get('logits_soft_cap') != null },
  });
};

/** A shared transformer reads the words and the hidden state together; its result enters a Mamba layer. */
function zambaLayers(
  c: Config,
  o: {
    type: string;
    hybrid: (i: number) => boolean;
    mixer: () => PassLayer;
    shared: (which: number) => nn.Module<[nn.Tensor, nn.Tensor, nn.Pass, number], nn.Tensor>;
    blocks: number;
    name: string;
    bias: boolean;
  },
): PassLayer[] {
  const hidden = c.size('hidden_size');
  let met = 0;
  const shared = Array.from({ length: o.blocks }, (_, i) => o.shared(i));
  const mambaLayer = (): { module: Layer; run: (x: nn.Tensor, pass: nn.Pass, add?: nn.Tensor) => nn.Tensor } => {
    const [mamba, norm] = [o.mixer(), rms(hidden)];
    const run = (x: nn.Tensor, pass: nn.Pass, more?: nn.Tensor): nn.Tensor =>
      x.add(mamba(norm(more === undefined ? x : x.add(more)), pass));
    const module = unit(
      `${o.type}MambaDecoderLayer`,
      { mamba, input_layernorm: norm },
      run as (...x: unknown[]) => nn.Tensor,
    );
    return { module: module as never, run: (x, pass, more) => (module as unknown as typeof run)(x, pass, more) };
  };
  return layersOf(
    c.layers('num_hidden_layers'),
    (i): PassLayer => {
      const own = mambaLayer();
      if (!o.hybrid(i)) return own.module as never;
      const index = met++;
      const block = shared[index % shared.length] as (typeof shared)[number];
      const project = linear(hidden, hidden, o.bias);
      return unit(
        `${o.type}HybridLayer`,
        { linear: project, mamba_decoder: own.module, [o.name]: block as never },
        (x: nn.Tensor, pass: nn.Pass) => {
          const words = pass.shared.get('words') as nn.Tensor;
          return own.run(x, pass, project(block(x, words, pass, index)));
        },
      );
    },
    (i) => (o.hybrid(i) ? i : null),
  );
}
const zamba2: Builder = (c, o) => {
  const s = sizes(c);
  const heads = c.size('n_mamba_heads');
  const inner = Math.floor(c.number('mamba_expand', 2) * s.hidden);
  const given = c.kinds('layers_block_type', s.layers, zamba2Kind);
  const ids = given.flatMap((kind, i) => (kind === 'hybrid' ? [i] : []));
  const blocks = c.size('num_mem_blocks', 1);
  const rank = c.int('adapter_rank', 128);
  const wide = 2 * s.hidden;
  const d = Math.floor(wide / s.heads);
  const mlpInner = c.maybe('intermediate_size') ?? 4 * s.hidden;
  const act = activation(c, 'hidden_act', 'gelu');
  const adapter = (which: number, i: number, from: number, to: number): Layer =>
    i % blocks === which
      ? (new nn.Sequential(linear(from, rank), linear(rank, to)) as unknown as Layer)
      : (new nn.Identity() as unknown as Layer);
  const shared = (which: number): nn.Module<[nn.Tensor, nn.Tensor, nn.Pass, number], nn.Tensor> => {
    const attention = new nn.GroupedAttention({
      hidden_size: wide,
      num_heads: s.heads,
      head_dim: d,
      rotary_dim: c.bool('use_mem_rope') ? d : 0,
    });
    const own = attention as unknown as Record<string, unknown>;
    own['o_proj'] = linear(wide, s.hidden);
    const adapted = c.bool('use_shared_attention_adapter');
    const lists = adapted
      ? (['q', 'k', 'v'] as const).map((p) => {
          const list = ids.map((_, i) => adapter(which, i, wide, wide));
          own[`linear_${p}_adapter_list`] = new nn.ModuleList(list as never);
          return list;
        })
      : [];
    const bias = c.bool('add_bias_linear');
    const [up, down] = [linear(s.hidden, 2 * mlpInner, bias), linear(mlpInner, s.hidden, bias)];
    const adapters = ids.map((_, i) => adapter(which, i, s.hidden, 2 * mlpInner));
    const ff = unit(
      'Zamba2MLP',
      { gate_up_proj: up, down_proj: down, gate_up_proj_adapter_list: new nn.ModuleList(adapters as never) },
      (x: nn.Tensor, i: number) => {
        const [a, b] = up(x)
          .add((adapters[i] as Layer)(x))
          .chunk(2, -1) as [nn.Tensor, nn.Tensor];
        return down(act(a).mul(b));
      },
    );
    const [n1, n2] = [rms(wide), rms(s.hidden)];
    return unit(
      'Zamba2AttentionDecoderLayer',
      { self_attn: attention, feed_forward: ff as never, input_layernorm: n1, pre_ff_layernorm: n2 },
      (x: nn.Tensor, words: nn.Tensor, pass: nn.Pass, i: number) => {
        const both = n1(F.cat([x, words], -1));
        for (const list of lists) (list[i] as Layer)(both);
        return ff(n2(attention(both, pass)), i);
      },
    );
  };
  return decoder(
    c,
    {
      type: 'Zamba2',
      hidden: s.hidden,
      vocab: s.vocab,
      layers: zambaLayers(c, {
        type: 'Zamba2',
        hybrid: (i) => given[i] === 'hybrid',
        blocks,
        name: 'shared_transformer',
        bias: false,
        shared,
        mixer: () =>
          new nn.Mamba2({
            hidden_size: s.hidden,
            num_heads: heads,
            head_dim: Math.floor(inner / heads),
            state_size: c.size('mamba_d_state'),
            n_groups: c.size('mamba_ngroups', 1),
            conv_kernel: c.size('mamba_d_conv'),
            chunk_size: c.size('chunk_size'),
            conv_bias: true,
            bias: c.bool('add_bias_linear'),
          }),
      }),
      norm: rms(s.hidden),
      tie: c.bool('tie_word_embeddings', true),
      names: { norm: 'final_layernorm' },
      before: (x, pass) => {
        pass.shared.set('words', x);
        return x;
      },
    },
    o,
  );
};
/** The pattern of the reference's default: hybrids after every fifth layer, then closer. */
function zamba2Kind(i: number): string {
  if (i === 0) return 'mamba';
  if (i <= 42) return i % 6 === 0 ? 'hybrid' : 'mamba';
  return i === 47 || i === 51 ? 'hybrid' : 'mamba';
}
const zamba: Builder = (c, o) => {
  const s = sizes(c);
  const wide = c.maybe('attention_hidden_size') ?? 2 * s.hidden;
  const d = c.maybe('attention_head_dim') ?? Math.floor((2 * s.hidden) / s.heads);
  const period = c.size('attn_layer_period');
  const offset = c.int('attn_layer_offset');
  const kinds = c.kinds('layers_block_type', s.layers, (i) =>
    i === 2 || (i >= 3 && (i - 3) % period === offset) ? 'hybrid' : 'mamba',
  );
  const heads = c.size('n_mamba_heads');
  const inner = c.size('mamba_expand') * s.hidden;
  const part = Math.floor(inner / heads);
  const rank = c.get('mamba_dt_rank') === 'auto' ? Math.ceil(s.hidden / 16) : c.size('mamba_dt_rank');
  const state = c.size('mamba_d_state');
  const kernel = c.size('mamba_d_conv');
  const bias = c.bool('mamba_proj_bias');
  const mixer = (): PassLayer => {
    const conv = new nn.Conv1d(inner, inner, kernel, {
      groups: inner,
      bias: c.bool('mamba_conv_bias', true),
      padding: kernel - 1,
    });
    const [into, out] = [linear(s.hidden, 2 * inner, bias), linear(inner, s.hidden, bias)];
    const x_proj = new nn.Parameter([heads, rank + 2 * state, part]);
    const dt = new nn.Parameter([heads, part, rank]);
    const dtBias = new nn.Parameter([heads, part]);
    const [A, D] = [new nn.Parameter([heads, part, state]), new nn.Parameter([heads, part])];
    return unit(
      'ZambaMambaMixer',
      {
        x_proj_weight: x_proj,
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
        const projected = rows.matmul(x_proj.transpose(1, 2));
        const [step, b, cc] = projected.split([rank, state, state], -1) as [nn.Tensor, nn.Tensor, nn.Tensor];
        const time = F.softplus(step.matmul(dt.transpose(1, 2)).add(dtBias.unsqueeze(1)));
        const y = nn.selective_scan([mixed.transpose(1, 2), time, b, cc, A, D], pass, {
          heads: inner,
          depth: 1,
          state,
          chunk: null,
        });
        return out(y.mul(F.silu(gate)));
      },
    );
  };
  const shared = (): nn.Module<[nn.Tensor, nn.Tensor, nn.Pass, number], nn.Tensor> => {
    const attention = new nn.GroupedAttention({
      hidden_size: wide,
      num_heads: s.heads,
      num_kv_heads: s.kv,
      head_dim: d,
      rotary_dim: 0,
    });
    (attention as unknown as Record<string, unknown>)['o_proj'] = linear(s.heads * d, s.hidden);
    const ff = gated(c, s.inner, { bias: false });
    const [n1, n2] = [rms(wide), rms(s.hidden)];
    return unit(
      'ZambaAttentionDecoderLayer',
      { self_attn: attention, feed_forward: ff, input_layernorm: n1, pre_ff_layernorm: n2 },
      (x: nn.Tensor, words: nn.Tensor, pass: nn.Pass) => ff(n2(attention(n1(F.cat([x, words], -1)), pass))),
    );
  };
  return decoder(
    c,
    {
      type: 'Zamba',
      hidden: s.hidden,
      vocab: s.vocab,
      layers: zambaLayers(c, {
        type: 'Zamba',
        hybrid: (i) => kinds[i] === 'hybrid',
        blocks: 1,
        name: 'shared_transf',
        bias: false,
        shared,
        mixer,
      }),
      norm: rms(s.hidden),
      tie: c.bool('tie_word_embeddings', true),
      names: { norm: 'final_layernorm' },
      before: (x, pass) => {
        pass.shared.set('words', x);
        return x;
      },
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = { recurrent_gemma: recurrentGemma, zamba2, zamba };
