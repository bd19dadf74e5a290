import type { Dim } from '../../dim/index.js';
import type { Attr } from '../../ops/index.js';
import * as ops from '../../ops/index.js';
import { typeIn } from './argument.js';
import type { Size } from './conv.js';
import { lp_pool1d, lp_pool2d, lp_pool3d, max_unpool1d, max_unpool2d, max_unpool3d } from './functional-pool.js';
import { named, type Rest } from './kwargs.js';
import { Module } from './module.js';
import { type OutputSize, outputSizes } from './output-size.js';
import { pooled } from './pool.js';
import { run1, type Tensor } from './tensor.js';

export interface MaxPoolArguments {
  readonly stride?: Size | null;
  readonly padding?: Size;
  readonly dilation?: Size;
  readonly return_indices?: boolean;
  readonly ceil_mode?: boolean;
}
type MaxPoolRest = Rest<
  [stride: Size | null, padding: Size, dilation: Size, return_indices: boolean, ceil_mode: boolean],
  MaxPoolArguments
>;

abstract class MaxPool extends Module<[Tensor], Tensor> {
  readonly axes: number;
  readonly kernel_size: Size;
  readonly options: Required<MaxPoolArguments>;

  constructor(axes: number, kernel_size: Size, rest: readonly unknown[]) {
    super();
    this.axes = axes;
    this.kernel_size = kernel_size;
    this.options = named<Required<MaxPoolArguments>>(
      `MaxPool${axes}d`,
      rest,
      ['stride', 'padding', 'dilation', 'return_indices', 'ceil_mode'],
      {
        stride: null,
        padding: 0,
        dilation: 1,
        return_indices: false,
        ceil_mode: false,
      },
    );
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { kernel_size: this.kernel_size as Attr, ...(this.options as Readonly<Record<string, Attr>>) };
  }

  /** The maxima; `functional.max_pool2d_with_indices` gives their places too. */
  forward(x: Tensor): Tensor {
    return pooled('max', this.axes, x, this.kernel_size, this.options, this.options.return_indices)[0] as Tensor;
  }
}
export class MaxPool1d extends MaxPool {
  static override readonly type: string = 'torch.nn.MaxPool1d';
  constructor(kernel_size: Size, ...rest: MaxPoolRest) {
    super(1, kernel_size, rest);
  }
}
export class MaxPool2d extends MaxPool {
  static override readonly type: string = 'torch.nn.MaxPool2d';
  constructor(kernel_size: Size, ...rest: MaxPoolRest) {
    super(2, kernel_size, rest);
  }
}
export class MaxPool3d extends MaxPool {
  static override readonly type: string = 'torch.nn.MaxPool3d';
  constructor(kernel_size: Size, ...rest: MaxPoolRest) {
    super(3, kernel_size, rest);
  }
}

export interface AvgPoolArguments {
  readonly stride?: Size | null;
  readonly padding?: Size;
  readonly ceil_mode?: boolean;
  readonly count_include_pad?: boolean;
  readonly divisor_override?: number | null;
}
type AvgPoolRest = Rest<
  [stride: Size | null, padding: Size, ceil_mode: boolean, count_include_pad: boolean, divisor_override: number | null],
  AvgPoolArguments
>;

abstract class AvgPool extends Module<[Tensor], Tensor> {
  readonly axes: number;
  readonly kernel_size: Size;
  readonly options: Required<AvgPoolArguments>;

  constructor(axes: number, kernel_size: Size, rest: readonly unknown[]) {
    super();
    this.axes = axes;
    this.kernel_size = kernel_size;
    this.options = named<Required<AvgPoolArguments>>(
      `AvgPool${axes}d`,
      rest,
      ['stride', 'padding', 'ceil_mode', 'count_include_pad', 'divisor_override'],
      {
        stride: null,
        padding: 0,
        ceil_mode: false,
        count_include_pad: true,
        divisor_override: null,
      },
    );
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { kernel_size: this.kernel_size as Attr, ...(this.options as Readonly<Record<string, Attr>>) };
  }

  forward(x: Tensor): Tensor {
    return pooled('avg', this.axes, x, this.kernel_size, this.options)[0] as Tensor;
  }
}
export class AvgPool1d extends AvgPool {
  static override readonly type: string = 'torch.nn.AvgPool1d';
  constructor(kernel_size: Size, ...rest: AvgPoolRest) {
    super(1, kernel_size, rest);
  }
}
export class AvgPool2d extends AvgPool {
  static override readonly type: string = 'torch.nn.AvgPool2d';
  constructor(kernel_size: Size, ...rest: AvgPoolRest) {
    super(2, kernel_size, rest);
  }
}
export class AvgPool3d extends AvgPool {
  static override readonly type: string = 'torch.nn.AvgPool3d';
  constructor(kernel_size: Size, ...rest: AvgPoolRest) {
    super(3, kernel_size, rest);
  }
}

abstract class AdaptivePool extends Module<[Tensor], Tensor> {
  readonly kind: 'avg' | 'max';
  readonly axes: number;
  readonly output_size: readonly (Dim | null)[];

  constructor(kind: 'avg' | 'max', axes: number, output_size: OutputSize) {
    super();
    this.kind = kind;
    this.axes = axes;
    this.output_size = outputSizes(output_size, axes);
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { output_size: [...this.output_size] };
  }

  forward(x: Tensor): Tensor {
    return run1(
      ops.adaptivePool(this.kind, typeIn(x), this.output_size),
      [x],
      `F.adaptive_${this.kind}_pool${this.axes}d`,
    );
  }
}
export class AdaptiveAvgPool1d extends AdaptivePool {
  static override readonly type: string = 'torch.nn.AdaptiveAvgPool1d';
  constructor(output_size: OutputSize) {
    super('avg', 1, output_size);
  }
}
export class AdaptiveAvgPool2d extends AdaptivePool {
  static override readonly type: string = 'torch.nn.AdaptiveAvgPool2d';
  constructor(output_size: OutputSize) {
    super('avg', 2, output_size);
  }
}
export class AdaptiveAvgPool3d extends AdaptivePool {
  static override readonly type: string = 'torch.nn.AdaptiveAvgPool3d';
  constructor(output_size: OutputSize) {
    super('avg', 3, output_size);
  }
}
export class AdaptiveMaxPool1d extends AdaptivePool {
  static override readonly type: string = 'torch.nn.AdaptiveMaxPool1d';
  constructor(output_size: OutputSize) {
    super('max', 1, output_size);
  }
}
export class AdaptiveMaxPool2d extends AdaptivePool {
  static override readonly type: string = 'torch.nn.AdaptiveMaxPool2d';
  constructor(output_size: OutputSize) {
    super('max', 2, output_size);
  }
}
export class AdaptiveMaxPool3d extends AdaptivePool {
  static override readonly type: string = 'torch.nn.AdaptiveMaxPool3d';
  constructor(output_size: OutputSize) {
    super('max', 3, output_size);
  }
}

/** (Σ xᵖ)^(1/p) over windows, as PyTorch finds it: from the mean of the powers. */
abstract class LPPool extends Module<[Tensor], Tensor> {
  readonly axes: number;
  readonly norm_type: number;
  readonly kernel_size: Size;
  readonly options: { stride: Size | null; ceil_mode: boolean };

  constructor(axes: number, norm_type: number, kernel_size: Size, rest: readonly unknown[]) {
    super();
    this.axes = axes;
    this.norm_type = norm_type;
    this.kernel_size = kernel_size;
    this.options = named<{ stride: Size | null; ceil_mode: boolean }>(`LPPool${axes}d`, rest, ['stride', 'ceil_mode'], {
      stride: null,
      ceil_mode: false,
    });
  }

  override describe(): Readonly<Record<string, Attr>> {
    return {
      norm_type: this.norm_type,
      kernel_size: this.kernel_size as Attr,
      ...(this.options as Readonly<Record<string, Attr>>),
    };
  }

  forward(x: Tensor): Tensor {
    const { stride, ceil_mode } = this.options;
    const pool = [lp_pool1d, lp_pool2d, lp_pool3d][this.axes - 1] as typeof lp_pool2d;
    return pool(x, this.norm_type, this.kernel_size, stride, ceil_mode);
  }
}
type LPPoolRest = Rest<[stride: Size | null, ceil_mode: boolean], { stride?: Size | null; ceil_mode?: boolean }>;
export class LPPool1d extends LPPool {
  static override readonly type: string = 'torch.nn.LPPool1d';
  constructor(norm_type: number, kernel_size: Size, ...rest: LPPoolRest) {
    super(1, norm_type, kernel_size, rest);
  }
}
export class LPPool2d extends LPPool {
  static override readonly type: string = 'torch.nn.LPPool2d';
  constructor(norm_type: number, kernel_size: Size, ...rest: LPPoolRest) {
    super(2, norm_type, kernel_size, rest);
  }
}
export class LPPool3d extends LPPool {
  static override readonly type: string = 'torch.nn.LPPool3d';
  constructor(norm_type: number, kernel_size: Size, ...rest: LPPoolRest) {
    super(3, norm_type, kernel_size, rest);
  }
}

interface UnpoolArguments {
  readonly stride?: Size | null;
  readonly padding?: Size;
}
type UnpoolRest = Rest<[stride: Size | null, padding: Size], UnpoolArguments>;

/** Values back at the places that a max pool took them from: of `functional.max_pool2d_with_indices`. */
abstract class MaxUnpool extends Module<[Tensor, Tensor, (readonly Dim[] | null)?], Tensor> {
  readonly axes: number;
  readonly kernel_size: Size;
  readonly options: Required<UnpoolArguments>;

  constructor(axes: number, kernel_size: Size, rest: readonly unknown[]) {
    super();
    this.axes = axes;
    this.kernel_size = kernel_size;
    this.options = named<Required<UnpoolArguments>>(`MaxUnpool${axes}d`, rest, ['stride', 'padding'], {
      stride: null,
      padding: 0,
    });
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { kernel_size: this.kernel_size as Attr, ...(this.options as Readonly<Record<string, Attr>>) };
  }

  forward(x: Tensor, indices: Tensor, output_size: readonly Dim[] | null = null): Tensor {
    const unpool = [max_unpool1d, max_unpool2d, max_unpool3d][this.axes - 1] as typeof max_unpool2d;
    return unpool(x, indices, this.kernel_size, { ...this.options, output_size });
  }
}
export class MaxUnpool1d extends MaxUnpool {
  static override readonly type: string = 'torch.nn.MaxUnpool1d';
  constructor(kernel_size: Size, ...rest: UnpoolRest) {
    super(1, kernel_size, rest);
  }
}
export class MaxUnpool2d extends MaxUnpool {
  static override readonly type: string = 'torch.nn.MaxUnpool2d';
  constructor(kernel_size: Size, ...rest: UnpoolRest) {
    super(2, kernel_size, rest);
  }
}
export class MaxUnpool3d extends MaxUnpool {
  static override readonly type: string = 'torch.nn.MaxUnpool3d';
  constructor(kernel_size: Size, ...rest: UnpoolRest) {
    super(3, kernel_size, rest);
  }
}
