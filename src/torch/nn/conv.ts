import type { Attr } from '../../ops/index.js';
import * as ops from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { numbersOnly, typeIn } from './argument.js';
import { takesFloats } from './floats.js';
import { named, type Rest } from './kwargs.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { run1, type Tensor } from './tensor.js';

/** One value for all spatial axes, or one per axis. */
export type Size = number | readonly number[];
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

export interface ConvArguments {
  readonly stride?: Size;
  readonly padding?: Size | 'same' | 'valid';
  readonly dilation?: Size;
  readonly groups?: number;
  readonly bias?: boolean;
  readonly padding_mode?: PaddingMode;
}
type ConvRest = Rest<
  [
    stride: Size,
    padding: Size | 'same' | 'valid',
    dilation: Size,
    groups: number,
    bias: boolean,
    padding_mode: PaddingMode,
  ],
  ConvArguments
>;

const CONV = {
  stride: 1,
  padding: 0,
  dilation: 1,
  groups: 1,
  bias: true,
  padding_mode: 'zeros',
} as const satisfies ConvArguments;
const CONV_NAMES = ['stride', 'padding', 'dilation', 'groups', 'bias', 'padding_mode'] as const;

/** Layers and their functions by the number of spatial axes. */
const CONVS = ['', 'Conv1d', 'Conv2d', 'Conv3d'];
const FUNCTIONS = ['', 'F.conv1d', 'F.conv2d', 'F.conv3d'];

/** N×C×spatial → N×O×spatial, or the same without N. The weight is O×C/groups×kernel. */
abstract class Conv extends Module<[Tensor], Tensor> {
  readonly in_channels: number;
  readonly out_channels: number;
  readonly kernel_size: readonly number[];
  readonly stride: readonly number[];
  readonly padding: Size | 'same' | 'valid';
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly padding_mode: PaddingMode;
  weight: Parameter;
  bias: Parameter | null;

  constructor(axes: number, in_channels: number, out_channels: number, kernel_size: Size, rest: readonly unknown[]) {
    super();
    const a = named<Required<ConvArguments>>(CONVS[axes] as string, rest, CONV_NAMES, CONV);
    divisible(CONVS[axes] as string, in_channels, out_channels, a.groups);
    this.in_channels = in_channels;
    this.out_channels = out_channels;
    this.kernel_size = sizes(kernel_size, axes, 'kernel_size');
    this.stride = sizes(a.stride, axes, 'stride');
    this.padding = typeof a.padding === 'string' ? a.padding : sizes(a.padding, axes, 'padding');
    this.dilation = sizes(a.dilation, axes, 'dilation');
    this.groups = a.groups;
    this.padding_mode = a.padding_mode;
    this.weight = new Parameter([out_channels, in_channels / a.groups, ...this.kernel_size]);
    this.bias = a.bias ? new Parameter([out_channels]) : null;
  }

  override describe(): Readonly<Record<string, Attr>> {
    const { in_channels, out_channels, kernel_size, stride, dilation, groups, padding_mode } = this;
    return {
      in_channels,
      out_channels,
      kernel_size,
      stride,
      padding: this.padding as Attr,
      dilation,
      groups,
      padding_mode,
      bias: this.bias !== null,
    };
  }

  forward(x: Tensor): Tensor {
    const axes = this.kernel_size.length;
    takesFloats(x, CONVS[axes] as string);
    let input = x;
    let padding: ops.Padding = this.padding as ops.Padding;
    if (this.padding_mode !== 'zeros') {
      // Reflected or repeated borders are data: they are put in place first, and the convolution pads nothing.
      const pads = this.kernel_size.map((k, i) =>
        ops.paddingOf(padding, i, axes, (this.dilation[i] as number) * (k - 1), 'Conv'),
      );
      const lead = x.ndim - axes;
      input = run1(
        ops.pad(typeIn(x), [...new Array<[number, number]>(lead).fill([0, 0]), ...pads], this.padding_mode),
        [x],
        'F.pad',
      );
      padding = 0;
    }
    const options = { stride: this.stride, padding, dilation: this.dilation, groups: this.groups };
    return run1(
      ops.conv(typeIn(input), this.weight.type, this.bias?.type ?? null, options),
      [input, this.weight, this.bias],
      FUNCTIONS[axes] as string,
    );
  }
}

export class Conv1d extends Conv {
  static override readonly type: string = 'torch.nn.Conv1d';
  constructor(in_channels: number, out_channels: number, kernel_size: Size, ...rest: ConvRest) {
    super(1, in_channels, out_channels, kernel_size, rest);
  }
}
export class Conv2d extends Conv {
  static override readonly type: string = 'torch.nn.Conv2d';
  constructor(in_channels: number, out_channels: number, kernel_size: Size, ...rest: ConvRest) {
    super(2, in_channels, out_channels, kernel_size, rest);
  }
}
export class Conv3d extends Conv {
  static override readonly type: string = 'torch.nn.Conv3d';
  constructor(in_channels: number, out_channels: number, kernel_size: Size, ...rest: ConvRest) {
    super(3, in_channels, out_channels, kernel_size, rest);
  }
}

export interface ConvTransposeArguments {
  readonly stride?: Size;
  readonly padding?: Size;
  readonly output_padding?: Size;
  readonly groups?: number;
  readonly bias?: boolean;
  readonly dilation?: Size;
}
type ConvTransposeRest = Rest<
  [stride: Size, padding: Size, output_padding: Size, groups: number, bias: boolean, dilation: Size],
  ConvTransposeArguments
>;

const TRANSPOSE = {
  stride: 1,
  padding: 0,
  output_padding: 0,
  groups: 1,
  bias: true,
  dilation: 1,
} as const satisfies ConvTransposeArguments;

/** N×C×spatial → N×O×spatial, growing. The weight is C×O/groups×kernel. */
abstract class ConvTranspose extends Module<[Tensor], Tensor> {
  readonly in_channels: number;
  readonly out_channels: number;
  readonly kernel_size: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly output_padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(axes: number, in_channels: number, out_channels: number, kernel_size: Size, rest: readonly unknown[]) {
    super();
    const a = named<Required<ConvTransposeArguments>>(
      `ConvTranspose${axes}d`,
      rest,
      ['stride', 'padding', 'output_padding', 'groups', 'bias', 'dilation'],
      TRANSPOSE,
    );
    divisible(`ConvTranspose${axes}d`, in_channels, out_channels, a.groups);
    this.in_channels = in_channels;
    this.out_channels = out_channels;
    this.kernel_size = sizes(kernel_size, axes, 'kernel_size');
    this.stride = sizes(a.stride, axes, 'stride');
    this.padding = sizes(a.padding, axes, 'padding');
    this.output_padding = sizes(a.output_padding, axes, 'output_padding');
    this.dilation = sizes(a.dilation, axes, 'dilation');
    this.groups = a.groups;
    this.weight = new Parameter([in_channels, out_channels / a.groups, ...this.kernel_size]);
    this.bias = a.bias ? new Parameter([out_channels]) : null;
  }

  override describe(): Readonly<Record<string, Attr>> {
    const { in_channels, out_channels, kernel_size, stride, padding, output_padding, dilation, groups } = this;
    return {
      in_channels,
      out_channels,
      kernel_size,
      stride,
      padding,
      output_padding,
      dilation,
      groups,
      bias: this.bias !== null,
    };
  }

  forward(x: Tensor): Tensor {
    takesFloats(x, `ConvTranspose${this.kernel_size.length}d`);
    const options = {
      stride: this.stride,
      padding: this.padding,
      outputPadding: this.output_padding,
      dilation: this.dilation,
      groups: this.groups,
    };
    const effect = ops.convTranspose(typeIn(x), this.weight.type, this.bias?.type ?? null, options);
    return run1(effect, [x, this.weight, this.bias], `F.conv_transpose${this.kernel_size.length}d`);
  }
}

export class ConvTranspose1d extends ConvTranspose {
  static override readonly type: string = 'torch.nn.ConvTranspose1d';
  constructor(in_channels: number, out_channels: number, kernel_size: Size, ...rest: ConvTransposeRest) {
    super(1, in_channels, out_channels, kernel_size, rest);
  }
}
export class ConvTranspose2d extends ConvTranspose {
  static override readonly type: string = 'torch.nn.ConvTranspose2d';
  constructor(in_channels: number, out_channels: number, kernel_size: Size, ...rest: ConvTransposeRest) {
    super(2, in_channels, out_channels, kernel_size, rest);
  }
}
export class ConvTranspose3d extends ConvTranspose {
  static override readonly type: string = 'torch.nn.ConvTranspose3d';
  constructor(in_channels: number, out_channels: number, kernel_size: Size, ...rest: ConvTransposeRest) {
    super(3, in_channels, out_channels, kernel_size, rest);
  }
}

/** One value an axis, in a list of the layer's own, which never changes: reports have it too. */
function sizes(value: Size, axes: number, what: string): readonly number[] {
  const list = ops.perAxis(value, axes, what);
  return Object.isFrozen(list) ? list : Object.freeze([...list]);
}

function divisible(what: string, ins: number, outs: number, groups: number): void {
  numbersOnly(what, ins, outs, groups);
  if (!(groups >= 1) || ins % groups !== 0 || outs % groups !== 0)
    throw new ModelError(
      'argument',
      `${what}: ${ins} input and ${outs} output channels do not divide into ${groups} groups`,
      { format: 'nn' },
    );
}
