import * as nn from '../../../../torch/nn/index.js';
import type { Loose } from '../../blocks/block.js';
import { kindsOf } from '../../blocks/layer-kinds.js';
import { everyNth, gated, llamaLike, sizes, windows } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

const F = nn.functional;
const plainRms = (x: nn.Tensor): nn.Tensor => F.rms_norm(x, [x.size(-1)]);

/** Two sizes of heads, keys and values shared by the last layers, and an embedding of its own for each layer. */
function gemma4(type: string, perLayer: boolean): Builder {
  return (c, o) => {
    const s = sizes(c);
    const kinds = kindsOf(c, everyNth(6));
    if (kinds.length > 0) kinds[kinds.length - 1] = 'full_attention';
    const w = windows(c, kinds);
    const wide = c.int('global_head_dim', 512);
    const firstShared = s.layers - c.int('num_kv_shared_layers', 0);
    const extra = perLayer ? c.int('hidden_size_per_layer_input', 0) : 0;
    const act = activation(c, 'hidden_activation', 'gelu_pytorch_tanh');
    const layerParts = (): { gate: Layer; project: Layer; norm: Layer } => ({
      gate: linear(s.hidden, extra),
      project: linear(extra, s.hidden),
      norm: rms(s.hidden),
    });
    const mixer = (i: number): PassLayer => {
      const full = kinds[i] === 'full_attention';
      const d = full ? wide : s.d;
      const kv = full && c.bool('attention_k_eq_v') ? c.int('num_global_key_value_heads', s.kv) : s.kv;
      const takes = firstShared > 0 && i >= firstShared;
      const gives = !takes && kinds.lastIndexOf(kinds[i] as string, firstShared - 1) === i;
      return new nn.GroupedAttention({
        hidden_size: s.hidden,
        num_heads: s.heads,
        num_kv_heads: kv,
        head_dim: d,
        bias: c.bool('attention_bias'),
        rotary_dim: full ? Math.floor(d / 4) : d,
        window: w[i] ?? null,
        q_norm: ['q_norm', rms(d)],
        k_norm: takes ? null : ['k_norm', rms(d)],
        keys_are_values: full && c.bool('attention_k_eq_v'),
        shared_kv: takes || gives ? { name: kinds[i] as string, role: takes ? 'takes' : 'gives' } : null,
      });
    };
    const tables =
      extra === 0
        ? null
        : {
            table: embedding(c.size('vocab_size_per_layer_input'), s.layers * extra),
            project: linear(s.hidden, s.layers * extra),
            norm: rms(extra),
          };
    return llamaLike(c, o, {
      type,
      mixer: (i) => ['self_attn', mixer(i)],
      mlp: (i) => {
        const double = c.bool('use_double_wide_mlp') && firstShared > 0 && i >= firstShared;
        const own = gated(c, s.inner * (double ? 2 : 1), { bias: false, activation: act });
        return c.bool('enable_moe_block') ? besideExperts(c, own, act) : ['mlp', own];
      },
      style: 'both',
      norms: ['input_layernorm', 'post_attention_layernorm', 'pre_feedforward_layernorm', 'post_feedforward_layernorm'],
      wrapLayer: (layer, i) => {
        if (tables === null) return layer;
        const { gate, project, norm } = layerParts();
        const own = layer as unknown as Record<string, unknown>;
        Object.assign(own, {
          per_layer_input_gate: gate,
          per_layer_projection: project,
          post_per_layer_input_norm: norm,
        });
        const forward = layer.forward.bind(layer);
        Object.defineProperty(layer, 'forward', {
          value: (x: nn.Tensor, pass: nn.Pass) => {
            const y = forward(x, pass);
            const mine = (pass.shared.get('per_layer') as nn.Tensor).select(2, i);
            return y.add(norm(project(act(gate(y)).mul(mine))));
          },
          enumerable: false,
        });
        return layer;
      },
      decoder: {
        softcap: c.get('final_logit_softcapping') != null,
        parts:
          tables === null
            ? {}
            : {
                embed_tokens_per_layer: tables.table,
                per_layer_model_projection: tables.project,
                per_layer_projection_norm: tables.norm,
              },
        before: (x, pass, ids) => {
          if (tables === null) return x.mul(1);
          const scaled = x.mul(1);
          const shape = [x.size(0), x.size(1), s.layers, extra] as const;
          const projected = tables.norm(
            tables
              .project(scaled)
              .mul(1)
              .view(...shape),
          );
          pass.shared.set(
            'per_layer',
            projected
              .add(
                tables
                  .table(ids)
                  .mul(1)
                  .view(...shape),
              )
              .mul(1),
          );
          return scaled;
        },
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
    proj(plainRms(x).mul(scale)).softmax(-1).topk(top),
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
