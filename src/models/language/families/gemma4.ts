import { ModelError } from '../../../source/errors.js';
import * as nn from '../../../torch/nn/index.js';
import type { Loose } from '../block.js';
import type { Config } from '../config.js';
import { everyNth, gated, llamaLike, plainMlp, sizes, windows } from '../llama.js';
import { type Builder, taskHead } from '../model.js';
import { activation, embedding, type Layer, linear, type PassLayer, rms } from '../parts.js';
import { unit } from '../unit.js';
import { kindsOf, windowsOf } from './common.js';
import { conv1d, crossParts } from './gpt.js';

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
/** Two softmaxes over the same keys, the second subtracted; each is computed for both halves of the values. */
const diffllama: Builder = (c, o) => {
  const s = sizes(c);
  const mixer = (): PassLayer => {
    const bias = c.bool('attention_bias');
    const [q, k, v] = [
      linear(s.hidden, s.heads * s.d, bias),
      linear(s.hidden, s.kv * s.d, bias),
      linear(s.hidden, s.kv * s.d, bias),
    ];
    const out = linear(s.heads * s.d, s.hidden, bias);
    const lambdas = Object.fromEntries(
      ['lambda_q1', 'lambda_k1', 'lambda_q2', 'lambda_k2'].map((name) => [name, new nn.Parameter([s.d])]),
    );
    return unit(
      'DiffLlamaAttention',
      { ...lambdas, q_proj: q, k_proj: k, v_proj: v, o_proj: out },
      (x: nn.Tensor, pass: nn.Pass) => {
        const [n, length] = [x.size(0), x.size(1)];
        const heads = (t: nn.Tensor, count: number): nn.Tensor => t.view(n, length, count, s.d).transpose(1, 2);
        const query = F.rotary(heads(q(x), s.heads));
        const key = pass.extend('key', F.rotary(heads(k(x), s.kv)), 2);
        const value = pass.extend('value', heads(v(x), s.kv), 2);
        const one = (): nn.Tensor =>
          F.scaled_dot_product_attention(query, key, value, {
            is_causal: true,
            at_end: true,
            enable_gqa: s.kv !== s.heads,
          });
        const [a, b] = F.cat([one(), one()], -1).chunk(2, 1) as [nn.Tensor, nn.Tensor];
        const difference = plainRms(a.sub(b.mul(1))).mul(1);
        return out(difference.transpose(1, 2).reshape(n, length, s.heads * s.d));
      },
    );
  };
  return llamaLike(c, o, {
    type: 'DiffLlama',
    mixer: () => ['self_attn', mixer()],
    mlp: () => ['mlp', gated(c, s.inner, { bias: false })],
  });
};
/** A mask made of the values of all positions, and residuals with learned scales. */
const doge: Builder = (c, o) => {
  const s = sizes(c);
  if (c.bool('is_moe'))
    throw new ModelError('unsupported', `${c.type}: its experts are not known`, { format: 'transformers' });
  const w = windowsOf(c, () => (c.maybe('sliding_window') === null ? 'full_attention' : 'sliding_attention'));
  const mixer = (i: number): PassLayer => {
    const window = w[i] ?? null;
    const bias = c.bool('attention_bias');
    const [q, k, v] = [
      linear(s.hidden, s.heads * s.d, bias),
      linear(s.hidden, s.kv * s.d, bias),
      linear(s.hidden, s.kv * s.d, bias),
    ];
    const [dt, out, A] = [
      linear(s.kv * s.d, s.kv, bias),
      linear(s.heads * s.d, s.hidden, bias),
      new nn.Parameter([s.kv]),
    ];
    const [qn, kn] = [rms(s.d), rms(s.d)];
    return unit(
      'DogeAttention',
      { A, q_proj: q, k_proj: k, v_proj: v, dt_proj: dt, o_proj: out, q_norm: qn, k_norm: kn },
      (x: nn.Tensor, pass: nn.Pass) => {
        const [n, length] = [x.size(0), x.size(1)];
        const heads = (t: nn.Tensor, count: number): nn.Tensor => t.view(n, length, count, s.d).transpose(1, 2);
        const key = pass.extend('key', F.rotary(kn(heads(k(x), s.kv))), 2, window);
        const value = pass.extend('value', heads(v(x), s.kv), 2, window);
        const states = dt(value.transpose(1, 2).reshape(n, value.size(2), s.kv * s.d));
        F.softplus(states).mul(A).exp();
        const y = F.scaled_dot_product_attention(F.rotary(qn(heads(q(x), s.heads))), key, value, {
          is_causal: true,
          at_end: true,
          window,
          enable_gqa: s.kv !== s.heads,
        });
        return out(y.transpose(1, 2).reshape(n, length, s.heads * s.d));
      },
    );
  };
  return llamaLike(c, o, {
    type: 'Doge',
    mixer: (i) => ['self_attn', mixer(i)],
    block: () => {
      const scales = [new nn.Parameter([s.hidden]), new nn.Parameter([s.hidden])] as const;
      return {
        parts: { input_residual: scales[0], post_attention_residual: scales[1] },
        branch: (x, residual, which) => residual.mul(scales[which]).add(x),
      };
    },
  });
};
/** Pixels as tokens. */
const imagegpt: Builder = (c: Config, o) => {
  const s = sizes(c);
  const inner = c.maybe('n_inner') ?? 4 * s.hidden;
  const norm = (n: number): Layer => {
    const weight = new nn.Parameter([n]);
    return unit('ImageGPTLayerNorm', { weight }, (x: nn.Tensor) => F.rms_norm(x, [n], weight));
  };
  const classifier = /ImageClassification$/.test(o.architecture);
  const built = llamaLike(c, classifier ? { ...o, architecture: 'ImageGPTModel' } : o, {
    type: 'ImageGPT',
    norm,
    norms: ['ln_1', 'ln_2'],
    attentionName: 'attn',
    attention: () => ({ names: { qkv: 'c_attn', o: 'c_proj' }, linear: conv1d, rotary_dim: 0, num_kv_heads: s.heads }),
    ...(c.bool('add_cross_attention') ? { block: () => ({ parts: crossParts(s.hidden, 'ImageGPT', norm) }) } : {}),
    mlp: () => [
      'mlp',
      plainMlp(
        'ImageGPTMLP',
        s.hidden,
        inner,
        activation(c, 'activation_function', 'quick_gelu'),
        ['c_fc', 'c_proj'],
        true,
        conv1d,
      ),
    ],
    decoder: {
      names: { base: 'transformer', embed: 'wte', layers: 'h', norm: 'ln_f' },
      positions: ['wpe', c.size('max_position_embeddings')],
      tie: false,
      headRows: c.size('vocab_size') - 1,
    },
  });
  if (!classifier) return built;
  const model = built.module as unknown as nn.Module<nn.Tensor[], nn.Tensor>;
  const pooled = unit(
    'ImageGPTModel',
    Object.fromEntries(Object.entries(built.module).filter(([, v]) => nn.isModule(v))) as never,
    (...x: nn.Tensor[]) => model.forward(...x).mean(1),
  );
  return {
    ...built,
    inputs: (free) => built.inputs((name, otherwise) => (name === 'past' ? 0 : free(name, otherwise))),
    module: taskHead(c, 'ImageGPTForSequenceClassification', 'transformer', s.hidden, pooled),
    kept: () => null,
  };
};

export const families: Readonly<Record<string, Builder>> = {
  gemma4_text: gemma4('Gemma4Text', true),
  gemma4_unified_text: gemma4('Gemma4UnifiedText', false),
  diffllama,
  doge,
  imagegpt,
};
