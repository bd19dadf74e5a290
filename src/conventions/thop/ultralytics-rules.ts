import { add, type Dim, mul, product } from '../../dim/index.js';
import { attrsAs } from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { numel } from '../../tensor/index.js';
import type { CustomOps, WorkUnit } from '../types.js';
import { adaptiveWindows, poolWindows } from '../windows.js';
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
  rowsOf,
  STEP,
  type Step,
  softmax,
  softmaxRow,
  softmaxRows,
  upsample,
  zero,
} from './parts.js';

const last = (shape: readonly Dim[] | undefined): Dim => shape?.[shape.length - 1] ?? 1;

/** Outputs × input channels / groups × kernel; transposed, inputs × output channels / groups × kernel. No bias. */
const convolution =
  (transposed: boolean): Rule =>
  (u) => {
    const kernel = u.attrs['kernel'] === undefined ? extents(u, 'kernel_size') : extents(u, 'kernel');
    const [walked, other] = transposed ? [input(u), output(u)] : [output(u), input(u)];
    const channels = other[other.length - 1 - kernel.length] ?? 1;
    return { products: mul(numel(walked), groupsOf(channels, attrsAs('conv', u).groups ?? 1), product(kernel)) };
  };

function groupsOf(channels: Dim, groups: number): Dim {
  return groups === 1 ? channels : rowsOf([channels], groups);
}

/** The axis that a softmax runs along; that of one without is PyTorch's own choice. */
function softmaxExtent(u: WorkUnit): Dim {
  const shape = input(u);
  if (shape.length === 0) return 1;
  const { extent, dim } = u.attrs;
  if (extent !== undefined) return extent as Dim;
  const axis = (dim as number | null | undefined) ?? (shape.length === 1 || shape.length === 3 ? 0 : 1);
  return shape.at(axis) ?? 1;
}
const softmin: Rule = (u) => {
  const n = softmaxExtent(u);
  return { softmax: add(mul(rowsOf(input(u), n), softmaxRow(n)), numel(input(u))) };
};
const logSoftmax: Rule = as('softmax', (u) => add(softmaxRows(u), rowsOf(input(u), softmaxExtent(u))));

/** An add for each element of each window, and a division for each output. */
const average = (u: WorkUnit): Dim => {
  const { kernel = [], stride = [], padding = [], count_include_pad } = attrsAs('avg_pool', u);
  const lead = input(u).slice(0, -kernel.length);
  const windows = kernel.map((k, axis) =>
    poolWindows({
      input: input(u)[lead.length + axis] ?? 1,
      output: output(u)[lead.length + axis] ?? 1,
      kernel: k,
      stride: stride[axis] ?? 1,
      padding: padding[axis] as readonly [Dim, Dim],
      countPadding: count_include_pad === true,
    }),
  );
  return add(mul(product(lead), product(windows)), numel(output(u)));
};
const adaptiveAverage = (u: WorkUnit): Dim =>
  add(product(output(u).map((o, axis) => adaptiveWindows(input(u)[axis] ?? 1, o))), numel(output(u)));

const UPSAMPLE = byName({ linear: 5, bilinear: 11, trilinear: 31, bicubic: 259 });

const bilinear: Rule = as('products', (u) => mul(add(last(u.inputs[0]), 1), last(u.inputs[1]), numel(output(u))));

const rowsOfCell = (shape: readonly Dim[]): Dim => (shape.length === 2 ? (shape[0] ?? 1) : 1);

/** All layers and directions, × rows and steps: of an unbatched sequence, steps. */
const recurrent =
  (step: Step): Rule =>
  (u) => {
    const { input_size = 0, hidden_size: h = 0, num_layers = 1, bias = true, ...rest } = attrsAs('lstm', u);
    const projection = rest.proj_size ?? 0;
    const directions = rest.bidirectional ? 2 : 1;
    const first = step(input_size, h, bias, projection);
    const next = step((projection || h) * directions, h, bias, projection);
    return layersOfRnn(first, next, num_layers - 1, [directions, ...input(u).slice(0, -1)]);
  };

/** Per row of the batch: four projections, the two products of attention, and its softmax. */
const attention: Rule = (u) => {
  if (!u.attention) return {};
  // Keys that the layer itself appends are attended to, but not projected.
  const { batch, heads, length, given, attended, widths } = u.attention;
  const [embed, key, value] = widths;
  const projections = mul(embed, add(mul(2, length, embed), mul(given, add(key, value))));
  return {
    attention: mul(batch, add(projections, mul(2, length, attended, embed))),
    softmax: mul(batch, heads, length, softmaxRow(attended)),
  };
};

/** By class, and by the classes that a class derives from. */
const RULES: Readonly<Record<string, Rule>> = byName({
  ...each(convolution(false), 'Conv1d', 'Conv2d', 'Conv3d'),
  ...each(convolution(true), 'ConvTranspose1d', 'ConvTranspose2d', 'ConvTranspose3d'),
  ...each(norm, 'BatchNorm1d', 'BatchNorm2d', 'BatchNorm3d', 'SyncBatchNorm'),
  ...each(norm, 'InstanceNorm1d', 'InstanceNorm2d', 'InstanceNorm3d', 'LayerNorm', 'GroupNorm', 'RMSNorm'),
  ...each(
    as('activation', (u) => numel(input(u))),
    'PReLU',
  ),
  ...each(softmax, 'Softmax', 'Softmax2d'),
  ...each(logSoftmax, 'LogSoftmax'),
  ...each(softmin, 'Softmin'),
  ...each(as('pooling', average), 'AvgPool1d', 'AvgPool2d', 'AvgPool3d'),
  ...each(as('pooling', adaptiveAverage), 'AdaptiveAvgPool1d', 'AdaptiveAvgPool2d', 'AdaptiveAvgPool3d'),
  ...each(linear, 'Linear'),
  ...each(bilinear, 'Bilinear'),
  ...each(upsample(UPSAMPLE), 'Upsample', 'UpsamplingNearest2d', 'UpsamplingBilinear2d'),
  ...each(cell(STEP.rnn, rowsOfCell), 'RNNCell'),
  ...each(cell(STEP.gru, rowsOfCell), 'GRUCell'),
  ...each(cell(STEP.lstm, rowsOfCell), 'LSTMCell'),
  ...each(recurrent(STEP.rnn), 'RNN'),
  ...each(recurrent(STEP.gru), 'GRU'),
  ...each(recurrent(STEP.lstm), 'LSTM'),
  ...each(attention, 'MultiheadAttention'),
  ...each(zero, 'ReLU', 'ReLU6', 'LeakyReLU', 'Embedding', 'Identity', 'Flatten', 'Unflatten', 'Unfold'),
  ...each(zero, 'PixelShuffle', 'PixelUnshuffle', 'ChannelShuffle', 'Sequential', 'ModuleList', 'ModuleDict'),
  ...each(zero, 'Dropout', 'Dropout1d', 'Dropout2d', 'Dropout3d', 'AlphaDropout', 'FeatureAlphaDropout'),
  ...each(zero, 'MaxPool1d', 'MaxPool2d', 'MaxPool3d', 'FractionalMaxPool2d', 'FractionalMaxPool3d'),
  ...each(zero, 'AdaptiveMaxPool1d', 'AdaptiveMaxPool2d', 'AdaptiveMaxPool3d'),
  ...each(zero, 'MaxUnpool1d', 'MaxUnpool2d', 'MaxUnpool3d'),
  ...Object.fromEntries(
    ['Constant', 'Zero', 'Reflection', 'Replication', 'Circular'].flatMap((kind) =>
      Object.entries(each(zero, `${kind}Pad1d`, `${kind}Pad2d`, `${kind}Pad3d`)),
    ),
  ),
});

/** The rule of the nearest class that has one, the user's own before the tool's at each. */
export function ruleOf(classes: readonly string[], custom: CustomOps | undefined): Rule | undefined {
  for (const name of classes) {
    const own = custom?.[name];
    if (own !== undefined) return as('custom', own);
    if (Object.hasOwn(RULES, name)) return RULES[name];
  }
  return undefined;
}
