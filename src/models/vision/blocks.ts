import * as nn from '../../torch/nn/index.js';
import { functional as F } from '../../torch/nn/index.js';
import { named } from '../../torch/nn/kwargs.js';

/** Builds the normalisation of `channels` features; null if a block has none. */
export type Norm = ((channels: number) => nn.Module) | null;
/** Builds an activation; null if a block has none. */
export type Activation = (() => nn.Module) | null;

export const batchNorm = (channels: number): nn.Module => new nn.BatchNorm2d(channels);
/** Batch norm with another epsilon, as the families that came from TensorFlow have it. */
export const batchNormEps =
  (eps: number, momentum = 0.1) =>
  (channels: number): nn.Module =>
    new nn.BatchNorm2d(channels, { eps, momentum });
export const relu = (): nn.Module => new nn.ReLU({ inplace: true });
export const relu6 = (): nn.Module => new nn.ReLU6({ inplace: true });
export const silu = (): nn.Module => new nn.SiLU({ inplace: true });
export const gelu = (): nn.Module => new nn.GELU();
export const hardswish = (): nn.Module => new nn.Hardswish({ inplace: true });

/** Options of every classifier: how many classes its last layer tells apart. */
export interface ClassifierOptions {
  readonly num_classes?: number;
}

/** Options with their defaults. An unknown name is an error: mistyped, it would count another model. */
export function withDefaults<T extends object>(model: string, given: Partial<T>, defaults: T): T {
  return named(model, [given], Object.keys(defaults) as (keyof T & string)[], defaults);
}

export interface ConvNormOptions {
  readonly stride?: number;
  /** Left out: as much as keeps the extent at stride 1. */
  readonly padding?: number;
  readonly groups?: number;
  readonly dilation?: number;
  readonly norm?: Norm;
  readonly activation?: Activation;
  /** Left out: a bias exactly where no norm follows. */
  readonly bias?: boolean;
}

/** Convolution, norm and activation, (N, in, H, W) → (N, out, H', W'); the last two may be missing. */
export class Conv2dNormActivation extends nn.Sequential {
  static override readonly type: string = 'torchvision.ops.misc.Conv2dNormActivation';

  constructor(channels: number, out: number, kernel: number, options: ConvNormOptions = {}) {
    const { stride = 1, groups = 1, dilation = 1, norm = batchNorm, activation = relu } = options;
    const { padding = Math.floor((kernel - 1) / 2) * dilation, bias = norm === null } = options;
    const layers: nn.Module[] = [new nn.Conv2d(channels, out, kernel, { stride, padding, dilation, groups, bias })];
    if (norm !== null) layers.push(norm(out));
    if (activation !== null) layers.push(activation());
    super(...layers);
  }
}

/** Weighs each channel by a gate that two 1×1 convolutions compute from the channels' means. */
export class SqueezeExcitation extends nn.Module {
  static override readonly type: string = 'torchvision.ops.misc.SqueezeExcitation';
  avgpool: nn.Module;
  fc1: nn.Module;
  fc2: nn.Module;
  activation: nn.Module;
  scale_activation: nn.Module;

  constructor(
    channels: number,
    squeezed: number,
    activation: () => nn.Module = () => new nn.ReLU(),
    scale_activation: () => nn.Module = () => new nn.Sigmoid(),
  ) {
    super();
    this.avgpool = new nn.AdaptiveAvgPool2d(1);
    this.fc1 = new nn.Conv2d(channels, squeezed, 1);
    this.fc2 = new nn.Conv2d(squeezed, channels, 1);
    this.activation = activation();
    this.scale_activation = scale_activation();
  }

  forward(x: nn.Tensor): nn.Tensor {
    const squeezed = this.activation(this.fc1(this.avgpool(x)));
    return this.scale_activation(this.fc2(squeezed)).mul(x);
  }
}

/** Linear layers with an activation between them and a dropout after each. */
export class MLP extends nn.Sequential {
  static override readonly type: string = 'torchvision.ops.misc.MLP';

  constructor(channels: number, hidden: readonly number[], activation: () => nn.Module, dropout = 0) {
    const layers: nn.Module[] = [];
    let features = channels;
    for (const [i, width] of hidden.entries()) {
      layers.push(new nn.Linear(features, width));
      if (i < hidden.length - 1) layers.push(activation());
      layers.push(new nn.Dropout(dropout));
      features = width;
    }
    super(...layers);
  }
}

/** Axes in another order, as a layer. */
export class Permute extends nn.Module {
  static override readonly type: string = 'torchvision.ops.misc.Permute';
  readonly dims: readonly number[];

  constructor(dims: readonly number[]) {
    super();
    this.dims = dims;
  }

  forward(x: nn.Tensor): nn.Tensor {
    return x.permute(this.dims);
  }
}

/** Drops whole residual branches of some samples in training; at inference it is the identity, and no operator runs. */
export class StochasticDepth extends nn.Module {
  static override readonly type: string = 'torchvision.ops.stochastic_depth.StochasticDepth';
  readonly p: number;

  constructor(p: number) {
    super();
    this.p = p;
  }

  forward(x: nn.Tensor): nn.Tensor {
    if (!this.training || this.p === 0) return x;
    const kept = F.rand([x.size(0), ...new Array<number>(x.ndim - 1).fill(1)]);
    return x.mul(kept.div_(1 - this.p));
  }
}

/** The multiple of `divisor` nearest to `value`, but never more than a tenth below it. */
export function makeDivisible(value: number, divisor = 8): number {
  const near = Math.max(divisor, Math.floor((value + divisor / 2) / divisor) * divisor);
  return near < 0.9 * value ? near + divisor : near;
}
