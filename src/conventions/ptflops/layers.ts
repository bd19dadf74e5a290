import { add, type Dim, floordiv, mul, product } from '../../dim/index.js';
import type { ModuleCall } from '../../ledger/index.js';
import { attrsAs } from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { numel } from '../../tensor/index.js';
import { attentionSizes } from '../attention-parts.js';
import type { Parts } from '../items.js';
import { each, extents, type HookUnit, input, output, type Rule } from '../thop/parts.js';
import type { WorkUnit } from '../types.js';
import { shortName, unitOfCall } from '../units.js';

/** ptflops' hooks, by exact class. */

/** From axes by their number: the first is the batch, those from the third on are positions, whatever they are. */
const convolution: Rule = (u) => {
  const kernel = extents(u, 'kernel');
  const [from, to] = [input(u), output(u)];
  const channels = (shape: readonly Dim[]): Dim => shape.at(-1 - kernel.length) ?? 1;
  const perPosition = mul(product(kernel), channels(from), floordiv(channels(to), attrsAs('conv', u).groups ?? 1));
  const positions = product((u.attrs['transposed'] === true ? from : to).slice(2));
  return {
    [u.attrs['batched'] === false ? 'unbatched' : 'products']: mul(from[0] ?? 1, positions, perPosition),
    bias: u.attrs['bias'] === true ? mul(from[0] ?? 1, product(to.slice(1))) : 0,
  };
};

const linear: Rule = (u) => {
  const rows = product(input(u).slice(0, -1));
  const features = output(u).at(-1) ?? 1;
  return {
    products: mul(rows, input(u).at(-1) ?? 1, features),
    bias: u.attrs['bias'] === true ? mul(rows, features) : 0,
  };
};

/** Twice where the layer says `affine`: layer norm calls it otherwise. */
const norm: Rule = (u) => {
  const once = numel(input(u));
  if (u.type === 'torch.nn.LayerNorm') return { 'layer-norm': once };
  const amount = mul(u.attrs['affine'] === true ? 2 : 1, once);
  return u.type.includes('BatchNorm') ? { 'batch-norm': amount } : { norm: amount };
};

/** One sample's outputs: the hook takes the output apart once too often. */
const upsample: Rule = (u) => ({ resize: product(output(u).slice(1)) });

/** The work of a step beside its products and biases, in units of the hidden size. */
const STEP: Readonly<Record<string, number>> = byName({ rnn: 1, gru: 7, lstm: 10 });
const GATES: Readonly<Record<string, number>> = byName({ rnn: 1, gru: 3, lstm: 4 });

const recurrent =
  (kind: 'rnn' | 'gru' | 'lstm', cell = false): Rule =>
  (u) => {
    const { input_size = 0, hidden_size: hidden = 0, num_layers = 1, bias, ...rest } = attrsAs('lstm', u);
    const layers = cell ? 1 : num_layers;
    const directions = rest.bidirectional === true ? 2 : 1;
    const state = rest.proj_size || hidden;
    const rows = GATES[kind]! * hidden;
    const first = mul(rows, add(input_size, state));
    const next = rows * (state * directions + state);
    const times = product([directions, ...input(u).slice(0, cell ? 1 : 2)]);
    return {
      recurrent: mul(times, add(first, (layers - 1) * next)),
      bias: bias === true ? mul(times, layers * 2 * rows) : 0,
      gates: mul(times, layers * STEP[kind]! * hidden),
    };
  };

/** Three square projections, by the widths of what goes in; scaling, heads, softmax; and back, with a bias. */
function multihead(u: HookUnit): Parts {
  if (!u.attention) return {}; // a call without a product of attention
  const { batch, heads, length, given, widths } = u.attention;
  const [dq, dk, dv] = widths;
  const depths = add(floordiv(dq, heads), floordiv(dv, heads));
  const projections = add(mul(length, dq, dq), mul(given, add(mul(dk, dk), mul(dv, dv))), mul(length, dv, dv));
  const biased = u.attrs['in_proj_bias'] === true ? mul(add(length, given, given), dq) : 0;
  return {
    attention: mul(batch, add(projections, mul(heads, length, given, depths))),
    scaling: mul(batch, length, dq),
    bias: mul(batch, add(biased, mul(length, dv))),
    softmax: mul(batch, heads, length, given),
  };
}

/** The products of timm's attention; its projections are layers of their own, which the sum then passes over. */
function timmAttention(u: HookUnit): Parts {
  if (!u.attention) return {};
  const { batch, heads, depth, length } = u.attention;
  return {
    attention: product([batch, heads, 2, length, length, depth]),
    scaling: mul(batch, length, depth, heads),
    softmax: mul(batch, heads, length, length),
  };
}

const POOLS = ['Max', 'Avg', 'AdaptiveMax', 'AdaptiveAvg'].flatMap((p) => [1, 2, 3].map((n) => `${p}Pool${n}d`));
const axes = (name: string): string[] => [1, 2, 3].map((n) => `${name}${n}d`);

export const HOOKS: Readonly<Record<string, Rule>> = byName({
  ...each(convolution, ...axes('Conv'), ...axes('ConvTranspose')),
  ...each((u) => ({ activation: numel(output(u)) }), 'ReLU', 'PReLU', 'ELU', 'LeakyReLU', 'ReLU6', 'GELU'),
  ...each((u) => ({ pooling: numel(input(u)) }), ...POOLS),
  ...each(norm, ...axes('BatchNorm'), ...axes('InstanceNorm'), 'GroupNorm', 'LayerNorm'),
  ...each(linear, 'Linear'),
  ...each(upsample, 'Upsample'),
  ...each(recurrent('rnn'), 'RNN'),
  ...each(recurrent('gru'), 'GRU'),
  ...each(recurrent('lstm'), 'LSTM'),
  ...each(recurrent('rnn', true), 'RNNCell'),
  ...each(recurrent('gru', true), 'GRUCell'),
  ...each(recurrent('lstm', true), 'LSTMCell'),
  ...each(multihead, 'MultiheadAttention'),
  'timm.models.vision_transformer.Attention': timmAttention,
  'timm.layers.attention.Attention': timmAttention,
});

/** The call as its hook sees it. */
export function hookUnit(call: ModuleCall): HookUnit {
  const unit = unitOfCall(call);
  if (!unit.type.endsWith('Attention')) return unit;
  const biased = call.module.weights.some((w) => w.name === 'in_proj_bias');
  return { ...unit, attrs: { ...unit.attrs, in_proj_bias: biased }, attention: attentionSizes(call) };
}

/** Why a hook itself stops with an error, or null. */
export function hookFailure(u: WorkUnit): string | null {
  const batched = u.type === 'torch.nn.MultiheadAttention' ? 3 : /^torch\.nn\.\w+Cell$/.test(u.type) ? 2 : 0;
  return input(u).length < batched ? `its hook on ${shortName(u.type)} asks for a batch` : null;
}
