import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { gated } from '../../blocks/llama.js';
import { type Builder, decoder } from '../../blocks/model.js';
import { activation, embedding, type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

const F = nn.functional;

/** A short causal convolution of each channel, added to what goes in. */
function shortConvolution(channels: number, kernel: number, name: string): PassLayer {
  const conv = new nn.Conv1d(channels, channels, kernel, { groups: channels, bias: false, padding: kernel - 1 });
  return unit('InklingShortConvolution', { conv1d: conv as unknown as Layer }, (x: nn.Tensor, pass: nn.Pass) =>
    nn.causal_conv1d(x.transpose(1, 2), conv, pass, name).transpose(1, 2).add(x),
  );
}

/** Attention whose scores are shifted by what a query makes of each distance. */
function attention(c: Config, sliding: boolean): PassLayer {
  const hidden = c.size('hidden_size');
  const of = (name: string): number => c.size(sliding ? `swa_${name}` : name);
  const [heads, kv, d] = [of('num_attention_heads'), of('num_key_value_heads'), of('head_dim')];
  const window = sliding ? c.size('sliding_window_size') : null;
  const [depth, extent] = [c.size('d_rel'), window ?? c.size('rel_extent')];
  const kernel = c.size('conv_kernel_size');
  const [q, k, v] = [linear(hidden, heads * d), linear(hidden, kv * d), linear(hidden, kv * d)];
  const [r, out] = [linear(hidden, heads * depth), linear(heads * d, hidden)];
  const [kc, vc] = [shortConvolution(kv * d, kernel, 'key_conv'), shortConvolution(kv * d, kernel, 'value_conv')];
  const [qn, kn] = [rms(d), rms(d)];
  const table = new nn.Parameter([depth, extent]);
  const distances = unit('InklingRelativeLogits', { proj: table }, (x: nn.Tensor) => x.matmul(table).transpose(1, 2));
  return unit(
    'InklingAttention',
    {
      q_proj: q,
      k_proj: k,
      v_proj: v,
      r_proj: r,
      o_proj: out,
      k_sconv: kc,
      v_sconv: vc,
      q_norm: qn,
      k_norm: kn,
      rel_logits_proj: distances,
    },
    (x: nn.Tensor, pass: nn.Pass) => {
      const [n, steps] = [x.size(0), x.size(1)];
      const split = (t: nn.Tensor, count: number): nn.Tensor => t.view(n, steps, count, d);
      const query = qn(split(q(x), heads)).transpose(1, 2);
      const key = pass.extend('key', kn(split(kc(k(x), pass), kv)).transpose(1, 2), 2, window);
      const value = pass.extend('value', split(vc(v(x), pass), kv).transpose(1, 2), 2, window);
      distances(r(x).view(n, steps, heads, depth));
      const y = F.scaled_dot_product_attention(query, key, value, {
        is_causal: true,
        at_end: true,
        window,
        enable_gqa: kv !== heads,
      });
      return out(y.transpose(1, 2).reshape(n, steps, heads * d));
    },
  );
}

/** Shared experts in stacked matrices of their own. */
function sharedExperts(c: Config, count: number): Layer {
  const [hidden, inner] = [c.size('hidden_size'), c.size('moe_intermediate_size')];
  const wide = (): nn.Parameter => new nn.Parameter([count, inner, hidden]);
  const [gate, up, down] = [wide(), wide(), new nn.Parameter([count, hidden, inner])];
  const act = activation(c, 'hidden_act', 'silu');
  return unit('InklingSharedExperts', { gate_proj: gate, up_proj: up, down_proj: down }, (x: nn.Tensor) => {
    const rows = x.reshape(-1, hidden);
    const all = rows.unsqueeze(0).expand(count, rows.size(0), hidden);
    const mixed = act(all.bmm(gate.transpose(1, 2))).mul(all.bmm(up.transpose(1, 2)));
    return mixed.mul(1).bmm(down.transpose(1, 2)).sum(0).view(x.size(0), x.size(1), hidden);
  });
}
function mixtureOf(c: Config): Layer {
  const [hidden, routed, shared] = [c.size('hidden_size'), c.size('n_routed_experts'), c.size('n_shared_experts')];
  const top = c.size('num_experts_per_tok');
  const weight = new nn.Parameter([routed + shared, hidden]);
  const gate = unit(
    'InklingTopkRouter',
    { weight, global_scale: new nn.Parameter([1]) },
    (x: nn.Tensor) => F.linear(x, weight).sigmoid().narrow(-1, 0, routed).topk(Math.min(top, routed))[0],
  );
  const experts = new nn.Experts({
    experts: routed,
    top_k: top,
    hidden,
    inner: c.size('moe_intermediate_size'),
    activation: activation(c, 'hidden_act', 'silu'),
  });
  const beside = sharedExperts(c, shared);
  return unit('InklingMoE', { gate, experts, shared_experts: beside }, (x: nn.Tensor) => {
    gate(x);
    return experts(x).add(beside(x));
  });
}
function dense(c: Config): Layer {
  const mlp = gated(c, c.maybe('dense_intermediate_size') ?? c.size('intermediate_size'), { bias: false });
  const scale = new nn.Parameter([1]);
  (mlp as unknown as Record<string, unknown>)['global_scale'] = scale;
  const forward = mlp.forward.bind(mlp);
  Object.defineProperty(mlp, 'forward', { value: (x: nn.Tensor) => forward(x).mul(scale), enumerable: false });
  return mlp;
}

/** Inkling: short convolutions after keys, values and each branch, no rotary positions, windows in most layers. */
const inkling: Builder = (c, o) => {
  const [hidden, layers] = [c.size('hidden_size'), c.layers('num_hidden_layers')];
  const local = c.ints('local_layer_ids');
  const kinds = c.kinds('layer_types', layers, (i) =>
    (local === null ? (i + 1) % 6 !== 0 : local.includes(i)) ? 'hybrid_sliding' : 'hybrid',
  );
  const dense_until = c.int('dense_mlp_idx', 0);
  const mlps = c.kinds('mlp_layer_types', layers, (i) => (i < dense_until ? 'dense' : 'sparse'));
  const kernel = c.size('conv_kernel_size');
  const layer = (i: number): PassLayer => {
    const attend = attention(c, kinds[i] === 'hybrid_sliding');
    const mlp = mlps[i] === 'sparse' ? mixtureOf(c) : dense(c);
    const [n1, n2] = [rms(hidden), rms(hidden)];
    const [after, last] = [
      shortConvolution(hidden, kernel, 'attention_conv'),
      shortConvolution(hidden, kernel, 'mlp_conv'),
    ];
    return unit(
      'InklingDecoderLayer',
      {
        self_attn: attend,
        mlp,
        input_layernorm: n1,
        post_attention_layernorm: n2,
        attn_sconv: after,
        mlp_sconv: last,
      },
      (x: nn.Tensor, pass: nn.Pass) => {
        const y = x.add(after(attend(n1(x), pass), pass));
        return y.add(last(mlp(n2(y)), pass));
      },
    );
  };
  const vocab = c.size('vocab_size');
  const table = embedding(vocab, hidden);
  const norm = rms(hidden);
  const words = unit('InklingNormedEmbedding', { weight: table.weight, embed_norm: norm }, (ids: nn.Tensor) =>
    norm(F.embedding(ids, table.weight)),
  );
  return decoder(
    c,
    {
      type: 'Inkling',
      hidden,
      vocab,
      layers: layersOf(layers, layer, (i) => [kinds[i], mlps[i]]),
      norm: rms(hidden),
      tie: c.bool('tie_word_embeddings', false),
      embed: table,
      embedding: words,
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = byName({ inkling_text: inkling });
