import { type Dim, product } from '../../dim/index.js';
import type { Attr } from '../../ops/index.js';
import * as ops from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { numbersOnly, typeIn } from './argument.js';
import { named, type Rest } from './kwargs.js';
import { Module } from './module.js';
import { Buffer, Parameter } from './parameter.js';
import { inside } from './session.js';
import { run1, type Tensor } from './tensor.js';

interface BatchNormArguments {
  readonly eps?: number;
  readonly momentum?: number | null;
  readonly affine?: boolean;
  readonly track_running_stats?: boolean;
}
type BatchNormRest = Rest<
  [eps: number, momentum: number | null, affine: boolean, track_running_stats: boolean],
  BatchNormArguments
>;
const COUNTER = { dtype: 'int64' } as const;
const NORM_NAMES = ['eps', 'momentum', 'affine', 'track_running_stats'] as const;

/** Scale, shift and running statistics of `num_features` channels; the counter of batches is a buffer of one element. */
abstract class Normalization extends Module<[Tensor], Tensor> {
  readonly num_features: number;
  readonly eps: number;
  readonly affine: boolean;
  readonly track_running_stats: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  running_mean: Buffer | null;
  running_var: Buffer | null;
  num_batches_tracked: Buffer | null;

  constructor(what: string, num_features: number, rest: readonly unknown[], defaults: Required<BatchNormArguments>) {
    super();
    const a = named<Required<BatchNormArguments>>(what, rest, NORM_NAMES, defaults);
    this.num_features = num_features;
    this.eps = a.eps;
    this.affine = a.affine;
    this.track_running_stats = a.track_running_stats;
    const each = [num_features];
    this.weight = a.affine ? new Parameter(each) : null;
    this.bias = a.affine ? new Parameter(each) : null;
    this.running_mean = a.track_running_stats ? new Buffer(each) : null;
    this.running_var = a.track_running_stats ? new Buffer(each) : null;
    this.num_batches_tracked = a.track_running_stats ? new Buffer([], COUNTER) : null;
  }

  override describe(): Readonly<Record<string, Attr>> {
    return {
      num_features: this.num_features,
      eps: this.eps,
      affine: this.affine,
      track_running_stats: this.track_running_stats,
    };
  }

  /** Rank of the input with a batch axis, where the class fixes it. */
  protected check(x: Tensor, ranks: readonly number[]): void {
    if (!ranks.includes(x.ndim))
      throw ops.shapeError(`${this.constructor.name}: expected ${ranks.join(' or ')} axes, found ${ops.show(x.shape)}`);
  }
}

const BATCH = { eps: 1e-5, momentum: 0.1, affine: true, track_running_stats: true } as const;

abstract class BatchNorm extends Normalization {
  protected abstract get ranks(): readonly number[];
  constructor(num_features: number, ...rest: BatchNormRest) {
    super('BatchNorm', num_features, rest, BATCH);
  }
  forward(x: Tensor): Tensor {
    this.check(x, this.ranks);
    const batchStatistics = this.running_mean === null || this.training;
    const effect = ops.batchNorm(
      typeIn(x),
      { weight: this.weight?.type ?? null, bias: this.bias?.type ?? null },
      { batchStatistics },
    );
    return run1(effect, [x, this.weight, this.bias, this.running_mean, this.running_var], 'F.batch_norm');
  }
}
const FLAT = [2, 3];
const IMAGES = [4];
const VOLUMES = [5];
const ANY = [2, 3, 4, 5];

export class BatchNorm1d extends BatchNorm {
  static override readonly type: string = 'torch.nn.BatchNorm1d';
  protected get ranks(): readonly number[] {
    return FLAT;
  }
}
export class BatchNorm2d extends BatchNorm {
  static override readonly type: string = 'torch.nn.BatchNorm2d';
  protected get ranks(): readonly number[] {
    return IMAGES;
  }
}
export class BatchNorm3d extends BatchNorm {
  static override readonly type: string = 'torch.nn.BatchNorm3d';
  protected get ranks(): readonly number[] {
    return VOLUMES;
  }
}
export class SyncBatchNorm extends BatchNorm {
  static override readonly type: string = 'torch.nn.SyncBatchNorm';
  protected get ranks(): readonly number[] {
    return ANY;
  }
}

const INSTANCE = { eps: 1e-5, momentum: 0.1, affine: false, track_running_stats: false } as const;

abstract class InstanceNorm extends Normalization {
  protected abstract readonly axes: number;
  constructor(num_features: number, ...rest: BatchNormRest) {
    super('InstanceNorm', num_features, rest, INSTANCE);
  }
  forward(x: Tensor): Tensor {
    this.check(x, [this.axes + 1, this.axes + 2]);
    const effect = ops.instanceNorm(
      typeIn(x),
      { weight: this.weight?.type ?? null, bias: this.bias?.type ?? null },
      { spatialAxes: this.axes, runningStatistics: this.running_mean !== null && !this.training },
    );
    return run1(effect, [x, this.weight, this.bias, this.running_mean, this.running_var], 'F.instance_norm');
  }
}
export class InstanceNorm1d extends InstanceNorm {
  static override readonly type: string = 'torch.nn.InstanceNorm1d';
  protected readonly axes = 1;
}
export class InstanceNorm2d extends InstanceNorm {
  static override readonly type: string = 'torch.nn.InstanceNorm2d';
  protected readonly axes = 2;
}
export class InstanceNorm3d extends InstanceNorm {
  static override readonly type: string = 'torch.nn.InstanceNorm3d';
  protected readonly axes = 3;
}

interface LayerNormArguments {
  readonly eps?: number;
  readonly elementwise_affine?: boolean;
  readonly bias?: boolean;
}

/** Over the last axes, as many as `normalized_shape` has: …×shape → …×shape. */
export class LayerNorm extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.LayerNorm';
  readonly normalized_shape: readonly Dim[];
  readonly eps: number;
  readonly elementwise_affine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(
    normalized_shape: Dim | readonly Dim[],
    ...rest: Rest<[eps: number, elementwise_affine: boolean, bias: boolean], LayerNormArguments>
  ) {
    super();
    const a = named<Required<LayerNormArguments>>('LayerNorm', rest, ['eps', 'elementwise_affine', 'bias'], {
      eps: 1e-5,
      elementwise_affine: true,
      bias: true,
    });
    this.normalized_shape = Array.isArray(normalized_shape)
      ? (normalized_shape as readonly Dim[])
      : [normalized_shape as Dim];
    this.eps = a.eps;
    this.elementwise_affine = a.elementwise_affine;
    this.weight = a.elementwise_affine ? new Parameter(this.normalized_shape) : null;
    this.bias = a.elementwise_affine && a.bias ? new Parameter(this.normalized_shape) : null;
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { normalized_shape: [...this.normalized_shape], eps: this.eps, elementwise_affine: this.elementwise_affine };
  }

  forward(x: Tensor): Tensor {
    const effect = ops.layerNorm(typeIn(x), this.normalized_shape, {
      weight: this.weight?.type ?? null,
      bias: this.bias?.type ?? null,
    });
    return run1(effect, [x, this.weight, this.bias], 'F.layer_norm');
  }
}

interface RMSNormArguments {
  readonly eps?: number | null;
  readonly elementwise_affine?: boolean;
}

export class RMSNorm extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.RMSNorm';
  readonly normalized_shape: readonly Dim[];
  readonly elementwise_affine: boolean;
  weight: Parameter | null;

  constructor(
    normalized_shape: Dim | readonly Dim[],
    ...rest: Rest<[eps: number | null, elementwise_affine: boolean], RMSNormArguments>
  ) {
    super();
    const a = named<Required<RMSNormArguments>>('RMSNorm', rest, ['eps', 'elementwise_affine'], {
      eps: null,
      elementwise_affine: true,
    });
    this.normalized_shape = Array.isArray(normalized_shape)
      ? (normalized_shape as readonly Dim[])
      : [normalized_shape as Dim];
    this.elementwise_affine = a.elementwise_affine;
    this.weight = a.elementwise_affine ? new Parameter(this.normalized_shape) : null;
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { normalized_shape: [...this.normalized_shape], elementwise_affine: this.elementwise_affine };
  }

  forward(x: Tensor): Tensor {
    return run1(
      ops.rmsNorm(typeIn(x), this.normalized_shape, this.weight?.type ?? null),
      [x, this.weight],
      'F.rms_norm',
    );
  }
}

interface GroupNormArguments {
  readonly eps?: number;
  readonly affine?: boolean;
}

export class GroupNorm extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.GroupNorm';
  readonly num_groups: number;
  readonly num_channels: number;
  readonly affine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(
    num_groups: number,
    num_channels: number,
    ...rest: Rest<[eps: number, affine: boolean], GroupNormArguments>
  ) {
    super();
    const a = named<Required<GroupNormArguments>>('GroupNorm', rest, ['eps', 'affine'], { eps: 1e-5, affine: true });
    numbersOnly('GroupNorm', num_groups, num_channels);
    if (num_channels % num_groups !== 0)
      throw new ModelError('argument', `GroupNorm: ${num_channels} channels do not divide into ${num_groups} groups`, {
        format: 'nn',
      });
    this.num_groups = num_groups;
    this.num_channels = num_channels;
    this.affine = a.affine;
    this.weight = a.affine ? new Parameter([num_channels]) : null;
    this.bias = a.affine ? new Parameter([num_channels]) : null;
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { num_groups: this.num_groups, num_channels: this.num_channels, affine: this.affine };
  }

  forward(x: Tensor): Tensor {
    const effect = ops.groupNorm(typeIn(x), this.num_groups, {
      weight: this.weight?.type ?? null,
      bias: this.bias?.type ?? null,
    });
    return run1(effect, [x, this.weight, this.bias], 'F.group_norm');
  }
}

interface LocalResponseArguments {
  readonly alpha?: number;
  readonly beta?: number;
  readonly k?: number;
}

export class LocalResponseNorm extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.LocalResponseNorm';
  readonly size: number;
  constructor(size: number, ...rest: Rest<[alpha: number, beta: number, k: number], LocalResponseArguments>) {
    super();
    named<LocalResponseArguments>('LocalResponseNorm', rest, ['alpha', 'beta', 'k'], {});
    this.size = size;
  }
  forward(x: Tensor): Tensor {
    return inside('F.local_response_norm', () => {
      const lead = x.ndim - 2;
      const [front, behind] = [Math.floor(this.size / 2), Math.floor((this.size - 1) / 2)];
      const axes = lead === 1 ? 2 : 3;
      // The channels become an axis of a picture of their own, over which the squares are averaged.
      const [n, c, ...spatial] = x.shape as [Dim, Dim, ...Dim[]];
      const flat = lead === 1 ? [] : [spatial[0] as Dim, product(spatial.slice(1))];
      const squares = x.mul(x);
      const picture = lead === 1 ? squares.unsqueeze(1) : squares.view([n, 1, c, ...flat]);
      const padded = run1(
        ops.pad(
          typeIn(picture),
          picture.shape.map((_, i): readonly [number, number] => (i === 2 ? [front, behind] : [0, 0])),
        ),
        [picture],
        'F.pad',
      );
      const kernel = [this.size, ...new Array<number>(axes - 1).fill(1)];
      const pooled = run1(ops.pool('avg', typeIn(padded), axes, { kernel, stride: 1 }), [padded], `F.avg_pool${axes}d`);
      const mean = lead === 1 ? pooled.squeeze(1) : pooled.squeeze(1).view(x.shape);
      return x.div(mean.mul(1).add(1).pow(0.75));
    });
  }
}
