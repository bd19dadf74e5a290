import { sub } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { rotaryDims, sizes } from '../../blocks/llama.js';
import { type Builder, decoder } from '../../blocks/model.js';
import { activation, type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

const F = nn.functional;
type Triple = [nn.Tensor, nn.Tensor, nn.Tensor];

/** Queries and keys through two short convolutions; half of the values come from the token before (arXiv 2510.04476). */
function convolved(c: Config): nn.Module<[nn.Tensor, nn.Pass], Triple> {
  const s = sizes(c);
  const [q, kv] = [s.heads * s.d, s.kv * s.d];
  const half = Math.floor(kv / 2);
  const bias = c.bool('attention_bias');
  const [first, second] = [c.size('cca_time0', 2), c.size('cca_time1', 2)];
  const kept = first + second - 2;
  const [queries, keys] = [linear(s.hidden, q, bias), linear(s.hidden, kv, bias)];
  const [now, delayed] = [linear(s.hidden, half, bias), linear(s.hidden, half, bias)];
  const depthwise = new nn.Conv1d(q + kv, q + kv, first, { groups: q + kv });
  const grouped = new nn.Conv1d(q + kv, q + kv, second, { groups: s.kv + s.heads });
  return unit(
    'ZayaCCAProjection',
    {
      q_proj: queries,
      k_proj: keys,
      v_proj_current: now,
      v_proj_delayed: delayed,
      conv_qk_depthwise: depthwise as unknown as Layer,
      conv_qk_grouped: grouped as unknown as Layer,
    },
    (x: nn.Tensor, pass: nn.Pass): Triple => {
      const [n, steps] = [x.size(0), x.size(1)];
      const both = F.cat([queries(x), keys(x)], -1);
      const before = pass.state('conv', [n, q + kv, kept], x.dtype);
      const turned = both.transpose(1, 2);
      const longer = pass.first ? F.pad(turned, [kept, 0]) : F.cat([before, turned], 2);
      const mixed = grouped(depthwise(longer)).transpose(1, 2).add(both.mul(0.5));
      const last = pass.state('delayed', [n, half], x.dtype);
      const late = delayed(x);
      const start = pass.first ? delayed(F.zeros([n, 1, s.hidden], x.dtype)) : last.unsqueeze(1);
      const values = F.cat([now(x), F.cat([start, late.narrow(1, 0, sub(steps, 1))], 1)], -1);
      const [a, b] = mixed.split([q, kv], -1) as [nn.Tensor, nn.Tensor];
      return [a.view(n, steps, s.heads, s.d), b.view(n, steps, s.kv, s.d), values.view(n, steps, s.kv, s.d)];
    },
  );
}

function attention(c: Config, window: number | null, rotary: number): PassLayer {
  const s = sizes(c);
  const project = convolved(c);
  const temp = new nn.Parameter([s.kv]);
  const norm = unit('ZayaQKNorm', { temp }, (q: nn.Tensor, k: nn.Tensor): [nn.Tensor, nn.Tensor] => [
    q.mul(q.norm(2, -1, true).reciprocal()),
    k.mul(k.norm(2, -1, true).reciprocal()).mul(temp.view(s.kv, 1)),
  ]);
  const out = linear(s.heads * s.d, s.hidden, c.bool('attention_bias'));
  return unit(
    'ZayaAttention',
    { o_proj: out, qkv_proj: project as never, qk_norm: norm as never },
    (x: nn.Tensor, pass: nn.Pass) => {
      const [q, k, v] = project(x, pass);
      const [qn, kn] = norm(q, k);
      const turned = (t: nn.Tensor): nn.Tensor => F.rotary(t.transpose(1, 2), rotary);
      const key = pass.extend('key', turned(kn), 2, window);
      const value = pass.extend('value', v.transpose(1, 2), 2, window);
      const y = F.scaled_dot_product_attention(turned(qn), key, value, {
        is_causal: true,
        at_end: true,
        window,
        enable_gqa: s.kv !== s.heads,
      });
      return out(y.transpose(1, 2).reshape(x.size(0), x.size(1), s.heads * s.d));
    },
  );
}

/** Experts, and one way more that skips them, picked by a network that hears what the layer before picked by. */
function experts(c: Config, i: number): PassLayer {
  const s = sizes(c);
  const [count, width] = [c.size('num_experts'), c.size('router_hidden_size', 256)];
  const down = linear(s.hidden, width, true);
  const scale = i === 0 ? null : new nn.Parameter([width]);
  const [norm, fc1, fc2] = [rms(width), linear(width, width, true), linear(width, width, true)];
  const classes = linear(width, count + 1);
  const mlp = unit('ZayaRouterMLP', { norm, fc1, fc2, out_proj: classes }, (x: nn.Tensor) =>
    classes(F.gelu(fc2(F.gelu(fc1(norm(x)))))),
  );
  const top = c.size('num_experts_per_tok');
  const gate = unit(
    'ZayaRouter',
    { down_proj: down, router_states_scale: scale, router_mlp: mlp },
    (x: nn.Tensor, pass: nn.Pass) => {
      const before = pass.shared.get('router');
      const own = down(x);
      const state = scale === null || before === undefined ? own : own.add(before.mul(scale));
      pass.shared.set('router', state);
      return mlp(state).softmax(-1).topk(top)[0];
    },
  );
  const run = new nn.Experts({
    experts: count,
    top_k: top,
    hidden: s.hidden,
    inner: c.size('moe_intermediate_size'),
    activation: activation(c, 'hidden_act', 'silu'),
  });
  return unit('ZayaSparseMoeBlock', { gate: gate as never, experts: run }, (x: nn.Tensor, pass: nn.Pass) => {
    gate(x, pass);
    return run(x);
  });
}

/** Both sides of a residual, shifted and scaled. */
function residual(hidden: number): nn.Module<[nn.Tensor, nn.Tensor], nn.Tensor> {
  const table = (): nn.Parameter => new nn.Parameter([hidden]);
  const p = {
    hidden_states_scale: table(),
    hidden_states_bias: table(),
    residual_scale: table(),
    residual_bias: table(),
  };
  return unit('ZayaResidualScaling', p, (x: nn.Tensor, r: nn.Tensor) =>
    x.add(p.hidden_states_bias).mul(p.hidden_states_scale).add(r.add(p.residual_bias).mul(p.residual_scale)),
  );
}

const zaya: Builder = (c, o) => {
  const s = sizes(c);
  const kinds = c.kinds('layer_types', s.layers, () => 'hybrid');
  const window = c.maybe('sliding_window');
  if (window === null && kinds.includes('hybrid_sliding')) throw c.wrong('sliding_window', 'is missing');
  const rope = c.get('rope_parameters') as Record<string, unknown> | null | undefined;
  const rotary = (kind: string): number => {
    const own = rope?.[kind];
    const factor =
      typeof own === 'object' && own !== null ? (own as Record<string, unknown>)['partial_rotary_factor'] : 0.5;
    return typeof factor === 'number' ? Math.floor(s.d * factor) : rotaryDims(c, s.d);
  };
  const layers = layersOf(
    kinds.length,
    (i): PassLayer => {
      const kind = kinds[i] as string;
      const attend = attention(c, kind === 'hybrid_sliding' ? window : null, rotary(kind));
      const mlp = experts(c, i);
      const [n1, n2, r1, r2] = [rms(s.hidden), rms(s.hidden), residual(s.hidden), residual(s.hidden)];
      return unit(
        'ZayaDecoderLayer',
        {
          self_attn: attend,
          mlp,
          input_layernorm: n1,
          post_attention_layernorm: n2,
          post_attention_residual_scale: r1 as never,
          post_mlp_residual_scale: r2 as never,
        },
        (x: nn.Tensor, pass: nn.Pass) => {
          const y = r1(attend(n1(x), pass), x);
          return r2(mlp(n2(y), pass), y);
        },
      );
    },
    (i) => [kinds[i], i === 0],
  );
  const [scale, shift] = [new nn.Parameter([s.hidden]), new nn.Parameter([s.hidden])];
  return decoder(
    c,
    {
      type: 'Zaya',
      hidden: s.hidden,
      vocab: s.vocab,
      layers,
      norm: rms(s.hidden),
      tie: c.bool('tie_word_embeddings', true),
      headBias: c.bool('lm_head_bias'),
      parts: { input_hidden_states_scale: scale, input_hidden_states_bias: shift },
      before: (x) => x.add(shift).mul(scale),
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = byName({ zaya });
