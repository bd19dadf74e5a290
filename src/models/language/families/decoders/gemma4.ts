import * as nn from '../../../../torch/nn/index.js';
import type { Loose } from '../../blocks/block.js';
import { kindsOf } from '../../blocks/layer-kinds.js';
import { everyNth, gated, llamaLike, sizes, windows } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { type Activation, activation, bareRms, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { perLayerEmbeddings } from './per-layer-embeddings.js';

/** Attention by layer: two sizes of heads, and keys and values that the last layers take from those before them. */
function attentionsOf(c: Config, firstShared: number): (i: number) => PassLayer {
  const s = sizes(c);
  const kinds = kindsOf(c, everyNth(6));
  if (kinds.length > 0) kinds[kinds.length - 1] = 'full_attention';
  const window = windows(c, kinds);
  return (i) => {
    const full = kinds[i] === 'full_attention';
    const d = full ? c.int('global_head_dim', 512) : s.d;
    const one = full && c.bool('attention_k_eq_v');
    const takes = firstShared > 0 && i >= firstShared;
    const gives = !takes && kinds.lastIndexOf(kinds[i] as string, firstShared - 1) === i;
    return new nn.GroupedAttention({
      hidden_size: s.hidden,
      num_heads: s.heads,
      num_kv_heads: one ? c.int('num_global_key_value_heads', s.kv) : s.kv,
      head_dim: d,
      bias: c.bool('attention_bias'),
      rotary_dim: full ? Math.floor(d / 4) : d,
      window: window[i] ?? null,
      q_norm: ['q_norm', rms(d)],
      k_norm: takes ? null : ['k_norm', rms(d)],
      keys_are_values: one,
      shared_kv: takes || gives ? { name: kinds[i] as string, role: takes ? 'takes' : 'gives' } : null,
    });
  };
}

/** A layer that adds, at its end, what its own embedding of each token says. */
function withOwnEmbedding(layer: PassLayer, act: Activation, hidden: number, own: OwnEmbedding): PassLayer {
  const [gate, project, norm] = [linear(hidden, own.width), linear(own.width, hidden), rms(hidden)];
  Object.assign(layer as unknown as Record<string, unknown>, {
    per_layer_input_gate: gate,
    per_layer_projection: project,
    post_per_layer_input_norm: norm,
  });
  const forward = layer.forward.bind(layer);
  Object.defineProperty(layer, 'forward', {
    value: (x: nn.Tensor, pass: nn.Pass) => {
      const y = forward(x, pass);
      const mine = own.of(pass);
      return y.add(norm(project(act(gate(y)).mul(mine))));
    },
    enumerable: false,
  });
  return layer;
}
interface OwnEmbedding {
  readonly width: number;
  readonly of: (pass: nn.Pass) => nn.Tensor;
}

/** Two sizes of heads, keys and values shared by the last layers, and, with `perLayer`, an embedding for each layer. */
function gemma4(type: string, perLayer: boolean): Builder {
  return (c, o) => {
    const s = sizes(c);
    const firstShared = s.layers - c.int('num_kv_shared_layers', 0);
    const act = activation(c, 'hidden_activation', 'gelu_pytorch_tanh');
    const width = perLayer ? c.int('hidden_size_per_layer_input', 0) : 0;
    const embeddings = width === 0 ? null : perLayerEmbeddings(c, { hidden: s.hidden, layers: s.layers, width });
    const attention = attentionsOf(c, firstShared);
    return llamaLike(c, o, {
      type,
      mixer: (i) => ['self_attn', attention(i)],
      mlp: (i) => {
        const double = c.bool('use_double_wide_mlp') && firstShared > 0 && i >= firstShared;
        const own = gated(c, s.inner * (double ? 2 : 1), { bias: false, activation: act });
        return c.bool('enable_moe_block') ? besideExperts(c, own, act) : ['mlp', own];
      },
      style: 'both',
      norms: ['input_layernorm', 'post_attention_layernorm', 'pre_feedforward_layernorm', 'post_feedforward_layernorm'],
      wrapLayer: (layer, i) =>
        embeddings === null
          ? layer
          : withOwnEmbedding(layer, act, s.hidden, { width, of: (pass) => embeddings.of(pass, i) }),
      decoder: {
        softcap: c.get('final_logit_softcapping') != null,
        parts: embeddings?.parts ?? {},
        before: embeddings?.before ?? ((x) => x.mul(1)),
      },
    });
  };
}

/** Experts beside the MLP, each of the two with norms of its own. */
function besideExperts(c: Config, own: nn.GatedMLP, act: (x: nn.Tensor) => nn.Tensor): Loose {
  const [hidden, count] = [c.size('hidden_size'), c.size('num_experts')];
  const top = Math.min(c.size('top_k_experts'), count);
  const experts = new nn.Experts({
    experts: count,
    top_k: top,
    hidden,
    inner: c.size('moe_intermediate_size'),
    activation: act,
  });
  const proj = linear(hidden, count);
  const [scale, each] = [new nn.Parameter([hidden]), new nn.Parameter([count])];
  const router = unit('Gemma4TextRouter', { proj, scale, per_expert_scale: each }, (x: nn.Tensor) =>
    proj(bareRms(x).mul(scale)).softmax(-1).topk(top),
  );
  const [before, first, second] = [rms(hidden), rms(hidden), rms(hidden)];
  return {
    parts: {
      mlp: own,
      router: router as never,
      experts,
      post_feedforward_layernorm_1: first,
      post_feedforward_layernorm_2: second,
      pre_feedforward_layernorm_2: before,
    },
    run: (x) => {
      router(x);
      return first(own.forward(x)).add(second(experts.forward(before(x))));
    },
  };
}

export const families: Readonly<Record<string, Builder>> = {
  gemma4_text: gemma4('Gemma4Text', true),
  gemma4_unified_text: gemma4('Gemma4UnifiedText', false),
};
