import type { ModelError } from '../../source/errors.js';
import * as nn from '../../torch/nn/index.js';
import { type Kind, wrongArgument } from './kinds.js';
import type { Value } from './values.js';

/** An argument of a layer: its name in PyTorch, what it may be, and whether it has to be given. */
export type Parameter = readonly [name: string, kind: Kind, required?: 'required'];

const INPLACE: Parameter = ['inplace', 'flag'];
const DIM: Parameter = ['dim', 'axis?'];
const EPS: Parameter = ['eps', 'number'];
const pads: readonly Parameter[] = [['padding', 'margins', 'required']];
const constantPads: readonly Parameter[] = [...pads, ['value', 'number']];
const dropout: readonly Parameter[] = [['p', 'probability'], INPLACE];
const kernel: Parameter = ['kernel_size', 'kernel', 'required'];
const channels: readonly Parameter[] = [
  ['in_channels', 'count', 'required'],
  ['out_channels', 'count', 'required'],
  kernel,
];
const conv: readonly Parameter[] = [
  ...channels,
  ['stride', 'kernel'],
  ['padding', 'padding'],
  ['dilation', 'kernel'],
  ['groups', 'count'],
  ['bias', 'flag'],
  ['padding_mode', 'padding_mode'],
];
const convTranspose: readonly Parameter[] = [
  ...channels,
  ['stride', 'kernel'],
  ['padding', 'margins'],
  ['output_padding', 'margins'],
  ['groups', 'count'],
  ['bias', 'flag'],
  ['dilation', 'kernel'],
];
const maxPool: readonly Parameter[] = [
  kernel,
  ['stride', 'kernel?'],
  ['padding', 'margins'],
  ['dilation', 'kernel'],
  ['return_indices', 'flag'],
  ['ceil_mode', 'flag'],
];
const avgPool: readonly Parameter[] = [
  kernel,
  ['stride', 'kernel?'],
  ['padding', 'margins'],
  ['ceil_mode', 'flag'],
  ['count_include_pad', 'flag'],
  ['divisor_override', 'count?'],
];
const lpPool: readonly Parameter[] = [
  ['norm_type', 'ratio', 'required'],
  kernel,
  ['stride', 'kernel?'],
  ['ceil_mode', 'flag'],
];
const adaptive: readonly Parameter[] = [['output_size', 'extents', 'required']];
const norm: readonly Parameter[] = [
  ['num_features', 'count', 'required'],
  EPS,
  ['momentum', 'number?'],
  ['affine', 'flag'],
  ['track_running_stats', 'flag'],
];
const scaling: readonly Parameter[] = [
  ['size', 'kernel?'],
  ['scale_factor', 'ratios?'],
];
const blocks: readonly Parameter[] = [
  ['dilation', 'kernel'],
  ['padding', 'margins'],
  ['stride', 'kernel'],
];

/**
 * The layers of torch.nn that a description may name: those that map one tensor to one tensor, with the arguments of their
 * constructors in PyTorch's order.
 */
export const TORCH_LAYERS: ReadonlyMap<string, readonly Parameter[]> = new Map<string, readonly Parameter[]>([
  ...(['Conv1d', 'Conv2d', 'Conv3d'] as const).map((name) => [name, conv] as const),
  ...(['ConvTranspose1d', 'ConvTranspose2d', 'ConvTranspose3d'] as const).map((name) => [name, convTranspose] as const),
  ...(['MaxPool1d', 'MaxPool2d', 'MaxPool3d'] as const).map((name) => [name, maxPool] as const),
  ...(['AvgPool1d', 'AvgPool2d', 'AvgPool3d'] as const).map((name) => [name, avgPool] as const),
  ...(['LPPool1d', 'LPPool2d', 'LPPool3d'] as const).map((name) => [name, lpPool] as const),
  ...(
    [
      'AdaptiveAvgPool1d',
      'AdaptiveAvgPool2d',
      'AdaptiveAvgPool3d',
      'AdaptiveMaxPool1d',
      'AdaptiveMaxPool2d',
      'AdaptiveMaxPool3d',
    ] as const
  ).map((name) => [name, adaptive] as const),
  ...(
    [
      'BatchNorm1d',
      'BatchNorm2d',
      'BatchNorm3d',
      'SyncBatchNorm',
      'InstanceNorm1d',
      'InstanceNorm2d',
      'InstanceNorm3d',
    ] as const
  ).map((name) => [name, norm] as const),
  ...(['Dropout', 'Dropout1d', 'Dropout2d', 'Dropout3d', 'AlphaDropout', 'FeatureAlphaDropout'] as const).map(
    (name) => [name, dropout] as const,
  ),
  ...(['ReLU', 'ReLU6', 'SiLU', 'Mish', 'Hardswish', 'Hardsigmoid', 'SELU'] as const).map(
    (name) => [name, [INPLACE]] as const,
  ),
  ...(['Sigmoid', 'Tanh', 'LogSigmoid', 'Softsign', 'Tanhshrink', 'Softmax2d'] as const).map(
    (name) => [name, []] as const,
  ),
  ...(['Softmax', 'LogSoftmax', 'Softmin'] as const).map((name) => [name, [DIM]] as const),
  ...(['ConstantPad1d', 'ConstantPad2d', 'ConstantPad3d'] as const).map((name) => [name, constantPads] as const),
  ...(
    [
      'ZeroPad1d',
      'ZeroPad2d',
      'ZeroPad3d',
      'ReflectionPad1d',
      'ReflectionPad2d',
      'ReflectionPad3d',
      'ReplicationPad1d',
      'ReplicationPad2d',
      'ReplicationPad3d',
      'CircularPad1d',
      'CircularPad2d',
      'CircularPad3d',
    ] as const
  ).map((name) => [name, pads] as const),
  ['LeakyReLU', [['negative_slope', 'number'], INPLACE]],
  ['ELU', [['alpha', 'number'], INPLACE]],
  ['CELU', [['alpha', 'number'], INPLACE]],
  ['RReLU', [['lower', 'number'], ['upper', 'number'], INPLACE]],
  ['Hardtanh', [['min_val', 'number'], ['max_val', 'number'], INPLACE]],
  ['Threshold', [['threshold', 'number', 'required'], ['value', 'number', 'required'], INPLACE]],
  [
    'Softplus',
    [
      ['beta', 'number'],
      ['threshold', 'number'],
    ],
  ],
  ['Softshrink', [['lambd', 'number']]],
  ['Hardshrink', [['lambd', 'number']]],
  ['GELU', [['approximate', 'approximation']]],
  [
    'PReLU',
    [
      ['num_parameters', 'count'],
      ['init', 'number'],
    ],
  ],
  ['GLU', [['dim', 'axis']]],
  [
    'Linear',
    [
      ['in_features', 'count', 'required'],
      ['out_features', 'count', 'required'],
      ['bias', 'flag'],
    ],
  ],
  ['LayerNorm', [['normalized_shape', 'kernel', 'required'], EPS, ['elementwise_affine', 'flag'], ['bias', 'flag']]],
  [
    'RMSNorm',
    [
      ['normalized_shape', 'kernel', 'required'],
      ['eps', 'number?'],
      ['elementwise_affine', 'flag'],
    ],
  ],
  ['GroupNorm', [['num_groups', 'count', 'required'], ['num_channels', 'count', 'required'], EPS, ['affine', 'flag']]],
  [
    'LocalResponseNorm',
    [
      ['size', 'count', 'required'],
      ['alpha', 'number'],
      ['beta', 'number'],
      ['k', 'number'],
    ],
  ],
  [
    'Flatten',
    [
      ['start_dim', 'axis'],
      ['end_dim', 'axis'],
    ],
  ],
  [
    'Unflatten',
    [
      ['dim', 'axis', 'required'],
      ['unflattened_size', 'counts', 'required'],
    ],
  ],
  ['Upsample', [...scaling, ['mode', 'interpolation'], ['align_corners', 'flag?']]],
  ['UpsamplingNearest2d', scaling],
  ['UpsamplingBilinear2d', scaling],
  ['PixelShuffle', [['upscale_factor', 'count', 'required']]],
  ['PixelUnshuffle', [['downscale_factor', 'count', 'required']]],
  ['ChannelShuffle', [['groups', 'count', 'required']]],
  ['Unfold', [kernel, ...blocks]],
  ['Fold', [['output_size', 'kernel', 'required'], kernel, ...blocks]],
]);

type LayerClass = new (...args: readonly unknown[]) => nn.AnyModule;

/**
 * A layer of torch.nn by its class name, arguments in order and by name. Throws what `fail` makes for a layer that does not
 * map one tensor to one, and for arguments that its constructor does not take.
 */
export function torchLayer(
  name: string,
  positional: readonly Value[],
  keywords: ReadonlyMap<string, Value>,
  fail: (message: string, hint: string) => ModelError,
): nn.AnyModule {
  // PyTorch's identity takes anything and looks at nothing.
  if (name === 'Identity') return new nn.Identity() as nn.AnyModule;
  const parameters = TORCH_LAYERS.get(name);
  if (parameters === undefined)
    throw fail(
      `there is no layer nn.${name} that maps one tensor to one`,
      'see torch.nn for the names; layers with several inputs or outputs cannot stand in a description',
    );
  const takes = parameters.length === 0 ? 'it takes no arguments' : `it takes ${parameters.map(([n]) => n).join(', ')}`;
  if (positional.length > parameters.length)
    throw fail(`nn.${name}: ${positional.length - parameters.length} argument(s) too many`, takes);
  const given = new Map<string, Value>(positional.map((value, i) => [(parameters[i] as Parameter)[0], value]));
  for (const [keyword, value] of keywords) {
    if (given.has(keyword)) throw fail(`nn.${name}: ${keyword} is given twice`, takes);
    if (!parameters.some(([known]) => known === keyword)) throw fail(`nn.${name} has no argument ${keyword}`, takes);
    given.set(keyword, value);
  }
  const args = parameters.map(([argument, kind, required]) => {
    const value = given.get(argument);
    if (value === undefined) {
      if (required !== undefined) throw fail(`nn.${name}: ${argument} is missing`, takes);
      return undefined;
    }
    const problem = wrongArgument(kind, value);
    if (problem !== null) throw fail(`nn.${name}: ${argument}: ${problem}`, takes);
    return kind === 'flag' ? Boolean(value) : value;
  });
  while (args.length > 0 && args[args.length - 1] === undefined) args.pop();
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: a description may name any layer of the table
  return new (nn[name as keyof typeof nn] as unknown as LayerClass)(...args);
}
