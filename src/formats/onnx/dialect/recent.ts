import { add, type Dim, floordiv, mul } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import { conv, cumulative, followedBy, linearAttention, perElement, unary } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry } from '../node.js';

/** Depthwise convolution that sees only what came before; the last kernel − 1 positions are passed on. */
export const causalConv: Entry = (n) => {
  const [x, w] = [n.in(0), n.in(1)];
  const last = n.int('channels_last', 0) === 1;
  const [batch, ...rest] = x.shape as readonly [Dim, ...Dim[]];
  const channels = (last ? rest.at(-1) : rest[0]) as Dim;
  const spatial = last ? rest.slice(0, -1) : rest.slice(1);
  const dilation = n.int('dilation', 1);
  const span = w.shape.slice(2).map((k, i) => (spanOf(k) - 1) * (i === spatial.length - 1 ? dilation : 1));
  const past = n.opt(3);
  const grown = past === null ? spatial : spatial.map((d, i) => add(d, span[i] ?? 0));
  const effect = conv({ dtype: x.dtype, shape: [batch, channels, ...grown] }, w, n.opt(2), {
    padding: span.map((s): readonly [number, number] => [past === null ? s : 0, 0]),
    dilation: span.map((_, i) => (i === spatial.length - 1 ? dilation : 1)),
    groups: Number(channels),
  });
  const activated = ['silu', 'swish'].includes(n.text('activation', 'none')) ? [unary('silu', x)] : [];
  const state = [batch, channels, ...spatial.slice(0, -1), span.at(-1) ?? 0];
  const window = n.int('state_window', 0);
  const outputs = [
    { dtype: x.dtype, shape: x.shape },
    past ?? { dtype: x.dtype, shape: window > 0 ? [window, ...state] : state },
  ];
  const made = followedBy(effect, ...activated);
  // The state is put before the input: tools that compute the output's extent see it as input.
  return past === null ? { ...made, outputs } : { ...made, outputs, attrs: { ...made.attrs, history: span } };
};

function spanOf(kernel: Dim): number {
  if (typeof kernel !== 'number') throw new Unsupported('the kernel of its weight is symbolic');
  return kernel;
}

/** q, k, v are N×T×heads·depth; the state is N×heads×d_k×d_v. */
export const linearAttend: Entry = (n) => {
  const [q, k, v] = [n.in(0), n.in(1), n.in(2)];
  const [qHeads, kvHeads] = [n.int('q_num_heads', 1), n.int('kv_num_heads', 1)];
  const [batch, steps] = q.shape as readonly [Dim, Dim];
  const rule = n.text('update_rule', 'gated_delta');
  const effect = linearAttention({
    dtype: q.dtype,
    batch,
    steps,
    queryHeads: qHeads,
    heads: kvHeads,
    keyDepth: floordiv(k.shape[2] as Dim, kvHeads),
    valueDepth: floordiv(v.shape[2] as Dim, kvHeads),
    gate: rule.startsWith('gated') ? (n.opt(4)?.shape[2] ?? kvHeads) : null,
    delta: rule.endsWith('delta'),
  });
  const [out, state] = effect.outputs as [TensorType, TensorType];
  const [, , heads, depth] = out.shape as readonly [Dim, Dim, Dim, Dim];
  const window = n.int('state_window', 0);
  return {
    ...effect,
    outputs: [
      { dtype: q.dtype, shape: [batch, steps, mul(heads, depth)] },
      window > 0 ? { ...state, shape: [window, ...state.shape] } : state,
    ],
  };
};

/** A running sum or product; the axis is an input, on which only the number of combinations depends. */
const running =
  (op: 'cumsum' | 'cumprod'): Entry =>
  (n) => {
    const axis = n.value(1)?.[0];
    return cumulative(op, n.in(0), typeof axis === 'number' ? axis : null);
  };

/** x·sigmoid(α·x), once more multiplied by the other input. */
const gated: Entry = (n) => perElement('swiglu', n.in(0), { scaled: n.float('alpha', 1) !== 1 });

export const recent: Dialect = byName({
  CausalConvWithState: { weights: [1, 2], run: causalConv },
  LinearAttention: linearAttend,
  SwiGLU: gated,
  CumSum: running('cumsum'),
  CumProd: running('cumprod'),
});
