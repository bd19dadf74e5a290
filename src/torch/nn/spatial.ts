import { type Dim, exactdiv, floordiv, mul } from '../../dim/index.js';
import type { Attr } from '../../ops/index.js';
import * as ops from '../../ops/index.js';
import type { Shape } from '../../tensor/index.js';
import { typeIn } from './argument.js';
import type { Size } from './conv.js';
import { type InterpolateMode, interpolate } from './functional.js';
import { named, type Rest } from './kwargs.js';
import { Module } from './module.js';
import { run1, type Tensor } from './tensor.js';

/** One value for all sides, or PyTorch's list: the last axis first, two values each. */
export type Pads = number | readonly number[];

abstract class Pad extends Module<[Tensor], Tensor> {
  readonly axes: number;
  readonly mode: string;
  readonly padding: readonly number[];
  constructor(axes: number, mode: string, padding: Pads) {
    super();
    this.axes = axes;
    this.mode = mode;
    this.padding = ops.perAxis(padding, 2 * axes, 'padding');
  }
  override describe(): Readonly<Record<string, Attr>> {
    return { padding: [...this.padding] };
  }
  forward(x: Tensor): Tensor {
    const pads = x.shape.map((_, i): readonly [Dim, Dim] => {
      const at = 2 * (x.ndim - 1 - i);
      return [this.padding[at] ?? 0, this.padding[at + 1] ?? 0];
    });
    return run1(ops.pad(typeIn(x), pads, this.mode), [x], 'F.pad');
  }
}
export class ConstantPad1d extends Pad {
  static override readonly type: string = 'torch.nn.ConstantPad1d';
  constructor(padding: Pads, _value = 0) {
    super(1, 'constant', padding);
  }
}
export class ConstantPad2d extends Pad {
  static override readonly type: string = 'torch.nn.ConstantPad2d';
  constructor(padding: Pads, _value = 0) {
    super(2, 'constant', padding);
  }
}
export class ConstantPad3d extends Pad {
  static override readonly type: string = 'torch.nn.ConstantPad3d';
  constructor(padding: Pads, _value = 0) {
    super(3, 'constant', padding);
  }
}
export class ZeroPad1d extends ConstantPad1d {
  static override readonly type: string = 'torch.nn.ZeroPad1d';
}
export class ZeroPad2d extends ConstantPad2d {
  static override readonly type: string = 'torch.nn.ZeroPad2d';
}
export class ZeroPad3d extends ConstantPad3d {
  static override readonly type: string = 'torch.nn.ZeroPad3d';
}
export class ReflectionPad1d extends Pad {
  static override readonly type: string = 'torch.nn.ReflectionPad1d';
  constructor(padding: Pads) {
    super(1, 'reflect', padding);
  }
}
export class ReflectionPad2d extends Pad {
  static override readonly type: string = 'torch.nn.ReflectionPad2d';
  constructor(padding: Pads) {
    super(2, 'reflect', padding);
  }
}
export class ReflectionPad3d extends Pad {
  static override readonly type: string = 'torch.nn.ReflectionPad3d';
  constructor(padding: Pads) {
    super(3, 'reflect', padding);
  }
}
export class ReplicationPad1d extends Pad {
  static override readonly type: string = 'torch.nn.ReplicationPad1d';
  constructor(padding: Pads) {
    super(1, 'replicate', padding);
  }
}
export class ReplicationPad2d extends Pad {
  static override readonly type: string = 'torch.nn.ReplicationPad2d';
  constructor(padding: Pads) {
    super(2, 'replicate', padding);
  }
}
export class ReplicationPad3d extends Pad {
  static override readonly type: string = 'torch.nn.ReplicationPad3d';
  constructor(padding: Pads) {
    super(3, 'replicate', padding);
  }
}
export class CircularPad1d extends Pad {
  static override readonly type: string = 'torch.nn.CircularPad1d';
  constructor(padding: Pads) {
    super(1, 'circular', padding);
  }
}
export class CircularPad2d extends Pad {
  static override readonly type: string = 'torch.nn.CircularPad2d';
  constructor(padding: Pads) {
    super(2, 'circular', padding);
  }
}
export class CircularPad3d extends Pad {
  static override readonly type: string = 'torch.nn.CircularPad3d';
  constructor(padding: Pads) {
    super(3, 'circular', padding);
  }
}

export interface UpsampleArguments {
  readonly size?: Dim | Shape | null;
  readonly scale_factor?: number | readonly number[] | null;
  readonly mode?: InterpolateMode;
  readonly align_corners?: boolean | null;
}
type UpsampleRest = Rest<
  [
    size: Dim | Shape | null,
    scale_factor: number | readonly number[] | null,
    mode: InterpolateMode,
    align_corners: boolean | null,
  ],
  UpsampleArguments
>;

/** Spatial axes to a size, or by a factor. */
export class Upsample extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.Upsample';
  readonly options: Required<UpsampleArguments>;
  constructor(...rest: UpsampleRest) {
    super();
    this.options = named<Required<UpsampleArguments>>(
      'Upsample',
      rest,
      ['size', 'scale_factor', 'mode', 'align_corners'],
      { size: null, scale_factor: null, mode: 'nearest', align_corners: null },
    );
  }
  override describe(): Readonly<Record<string, Attr>> {
    return this.options as Readonly<Record<string, Attr>>;
  }
  forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }
}
type ScaleRest = Rest<
  [size: Dim | Shape | null, scale_factor: number | readonly number[] | null],
  { size?: Dim | Shape | null; scale_factor?: number | readonly number[] | null }
>;
const scaleOf = (rest: readonly unknown[]) =>
  named<{ size?: Dim | Shape | null; scale_factor?: number | readonly number[] | null }>(
    'Upsampling',
    rest,
    ['size', 'scale_factor'],
    {},
  );
export class UpsamplingNearest2d extends Upsample {
  static override readonly type: string = 'torch.nn.UpsamplingNearest2d';
  constructor(...rest: ScaleRest) {
    super({ ...scaleOf(rest), mode: 'nearest' });
  }
}
export class UpsamplingBilinear2d extends Upsample {
  static override readonly type: string = 'torch.nn.UpsamplingBilinear2d';
  constructor(...rest: ScaleRest) {
    super({ ...scaleOf(rest), mode: 'bilinear', align_corners: true });
  }
}

/** N×C·r²×H×W → N×C×H·r×W·r. */
export class PixelShuffle extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.PixelShuffle';
  readonly upscale_factor: number;
  constructor(upscale_factor: number) {
    super();
    this.upscale_factor = upscale_factor;
  }
  forward(x: Tensor): Tensor {
    const r = this.upscale_factor;
    const [c, h, w] = x.shape.slice(-3) as [Dim, Dim, Dim];
    const channels = exactdiv(c, r * r);
    if (channels === undefined) throw ops.shapeError(`PixelShuffle: ${ops.show([c])} channels do not divide by ${r}²`);
    return run1(
      ops.copy(typeIn(x), 'pixel_shuffle', [...x.shape.slice(0, -3), channels, mul(h, r), mul(w, r)]),
      [x],
      'F.pixel_shuffle',
    );
  }
}
/** The reverse of PixelShuffle. */
export class PixelUnshuffle extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.PixelUnshuffle';
  readonly downscale_factor: number;
  constructor(downscale_factor: number) {
    super();
    this.downscale_factor = downscale_factor;
  }
  forward(x: Tensor): Tensor {
    const r = this.downscale_factor;
    const [c, h, w] = x.shape.slice(-3) as [Dim, Dim, Dim];
    return run1(
      ops.copy(typeIn(x), 'pixel_unshuffle', [...x.shape.slice(0, -3), mul(c, r * r), floordiv(h, r), floordiv(w, r)]),
      [x],
      'F.pixel_unshuffle',
    );
  }
}
export class ChannelShuffle extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.ChannelShuffle';
  readonly groups: number;
  constructor(groups: number) {
    super();
    this.groups = groups;
  }
  forward(x: Tensor): Tensor {
    return run1(ops.copy(typeIn(x), 'channel_shuffle'), [x], 'F.channel_shuffle');
  }
}

interface WindowArguments {
  readonly dilation?: Size;
  readonly padding?: Size;
  readonly stride?: Size;
}
type WindowRest = Rest<[dilation: Size, padding: Size, stride: Size], WindowArguments>;
const WINDOW = { dilation: 1, padding: 0, stride: 1 } as const;

/** Sliding blocks as columns: N×C×H×W → N×(C·∏kernel)×L, L the number of positions. */
export class Unfold extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.Unfold';
  readonly kernel_size: readonly number[];
  readonly options: Required<WindowArguments>;
  constructor(kernel_size: Size, ...rest: WindowRest) {
    super();
    this.kernel_size = ops.perAxis(kernel_size, 2, 'kernel_size');
    this.options = named<Required<WindowArguments>>('Unfold', rest, ['dilation', 'padding', 'stride'], WINDOW);
  }
  forward(x: Tensor): Tensor {
    const positions = blockPositions(x.shape.slice(-2), this.kernel_size, this.options);
    const [k1, k2] = this.kernel_size as readonly [number, number];
    const shape = [...x.shape.slice(0, -3), mul(x.size(-3), k1 * k2), positions];
    return run1(ops.copy(typeIn(x), 'unfold', shape), [x], 'F.unfold');
  }
}

/** The sum of overlapping blocks: N×(C·∏kernel)×L → N×C×output_size. One add per column entry at most. */
export class Fold extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.Fold';
  readonly output_size: readonly number[];
  readonly kernel_size: readonly number[];
  readonly options: Required<WindowArguments>;
  constructor(output_size: Size, kernel_size: Size, ...rest: WindowRest) {
    super();
    this.output_size = ops.perAxis(output_size, 2, 'output_size');
    this.kernel_size = ops.perAxis(kernel_size, 2, 'kernel_size');
    this.options = named<Required<WindowArguments>>('Fold', rest, ['dilation', 'padding', 'stride'], WINDOW);
  }
  forward(x: Tensor): Tensor {
    const [k1, k2] = this.kernel_size as readonly [number, number];
    const positions = blockPositions(this.output_size, this.kernel_size, this.options);
    ops.same(x.size(-1), positions, `Fold: positions of ${ops.show(x.shape)}`);
    const shape = [...x.shape.slice(0, -2), floordiv(x.size(-2), k1 * k2), ...this.output_size];
    return run1(ops.fold2d(typeIn(x), shape), [x], 'F.fold');
  }
}

function blockPositions(spatial: Shape, kernel: readonly number[], o: Required<WindowArguments>): Dim {
  const of = (i: number): Dim => {
    const at = (s: Size) => ops.perAxis(s, 2, 'window')[i] as number;
    const window = {
      kernel: kernel[i] as number,
      stride: at(o.stride),
      dilation: at(o.dilation),
      padding: [at(o.padding), at(o.padding)] as const,
    };
    return ops.windowed(spatial[i] as Dim, window, 'unfold');
  };
  return mul(of(0), of(1));
}
