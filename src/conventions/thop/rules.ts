import { add, type Dim, floordiv, mul, product } from '../../dim/index.js';
import { attrsAs } from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { numel } from '../../tensor/index.js';
import type { CustomOps, WorkUnit } from '../types.js';
import { numbers } from '../units.js';
import {
  as,
  cell,
  each,
  extents,
  input,
  layers as layersOfRnn,
  linear,
  norm,
  output,
  type Rule,
  STEP,
  type Step,
  softmax,
  upsample,
  zero,
} from './parts.js';

/** Outputs × (second extent of the input / groups) × kernel, transposed or not, batched or not; the bias is left out. */
const convolution: Rule = (u) => ({
  [u.attrs['batched'] === false ? 'unbatched' : u.attrs['transposed'] === true ? 'transposed' : 'products']: mul(
    numel(output(u)),
    floordiv(input(u)[1] ?? 0, attrsAs('conv', u).groups ?? 1),
    product(extents(u, 'kernel')),
  ),
});

/** (∏ of in/out as a fraction + 1) × outputs, cut off to a whole number. */
function adaptiveAverage(u: WorkUnit): Dim {
  const spatialIn = input(u).slice(2);
  const spatialOut = output(u).slice(2);
  const [i, o] = [numbers(spatialIn), numbers(spatialOut)];
  const outputs = numel(output(u));
  if (outputs === 0) return 0; // an empty map: in/0 has no value
  if (i === null || o === null || typeof outputs !== 'number')
    return mul(product(output(u).slice(0, 2)), add(product(spatialIn), product(spatialOut)));
  const kernel = i.reduce((all, extent, axis) => all * (extent / (o[axis] ?? 1)), 1);
  const total = Math.trunc((kernel + 1) * outputs);
  return Number.isSafeInteger(total) ? total : BigInt(total);
}

const UPSAMPLE = byName({ nearest: 1, linear: 5, bilinear: 11, bicubic: 259 });
const rowsOfCell = (shape: readonly Dim[]): Dim => shape[0] ?? 1;

/** All layers and directions, × the first two extents of the input: an unbatched sequence has its features read as rows. */
const recurrent =
  (step: Step): Rule =>
  (u) => {
    const { input_size = 0, hidden_size: h = 0, num_layers = 1, bias = true, bidirectional } = attrsAs('lstm', u);
    const directions = bidirectional ? 2 : 1;
    const first = step(input_size, h, bias);
    const next = step(h * directions, h, bias);
    return layersOfRnn(first, next, num_layers - 1, [directions, input(u)[0] ?? 1, input(u)[1] ?? 1]);
  };

/** By exact class: a subclass has no rule. */
const RULES: Readonly<Record<string, Rule>> = byName({
  ...each(convolution, 'Conv1d', 'Conv2d', 'Conv3d', 'ConvTranspose1d', 'ConvTranspose2d', 'ConvTranspose3d'),
  ...each(
    norm,
    'BatchNorm1d',
    'BatchNorm2d',
    'BatchNorm3d',
    'SyncBatchNorm',
    'LayerNorm',
    'InstanceNorm1d',
    'InstanceNorm2d',
    'InstanceNorm3d',
  ),
  ...each(
    zero,
    'ReLU',
    'ReLU6',
    'LeakyReLU',
    'MaxPool1d',
    'MaxPool2d',
    'MaxPool3d',
    'AdaptiveMaxPool1d',
    'AdaptiveMaxPool2d',
    'AdaptiveMaxPool3d',
  ),
  ...each(zero, 'ZeroPad2d', 'Dropout', 'PixelShuffle', 'Sequential'),
  ...each(
    as('activation', (u) => numel(input(u))),
    'PReLU',
  ),
  ...each(softmax, 'Softmax'),
  ...each(
    as('pooling', (u) => numel(output(u))),
    'AvgPool1d',
    'AvgPool2d',
    'AvgPool3d',
  ),
  ...each(as('pooling', adaptiveAverage), 'AdaptiveAvgPool1d', 'AdaptiveAvgPool2d', 'AdaptiveAvgPool3d'),
  ...each(linear, 'Linear'),
  ...each(upsample(UPSAMPLE), 'Upsample', 'UpsamplingNearest2d', 'UpsamplingBilinear2d'),
  ...each(cell(STEP.rnn, rowsOfCell), 'RNNCell'),
  ...each(cell(STEP.gru, rowsOfCell), 'GRUCell'),
  ...each(cell(STEP.lstm, rowsOfCell), 'LSTMCell'),
  ...each(recurrent(STEP.rnn), 'RNN'),
  ...each(recurrent(STEP.gru), 'GRU'),
  ...each(recurrent(STEP.lstm), 'LSTM'),
});

/** The rule of a class: the user's own before the tool's; undefined for a class that thop does not count. */
export function ruleOf(type: string, custom: CustomOps | undefined): Rule | undefined {
  const own = custom?.[type];
  return own === undefined ? RULES[type] : as('custom', own);
}
