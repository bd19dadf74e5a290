import type { Attr } from '../../ops/index.js';
import * as ops from '../../ops/index.js';
import { typeIn } from './argument.js';
import { takesFloats } from './floats.js';
import { named, type Rest } from './kwargs.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { run1, type Tensor } from './tensor.js';

interface LinearArguments {
  readonly bias?: boolean;
}

/** y = x·Wᵀ + b over the last axis: (…, in) → (…, out). */
export class Linear extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.Linear';
  readonly in_features: number;
  readonly out_features: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(in_features: number, out_features: number, ...rest: Rest<[bias: boolean], LinearArguments>) {
    super();
    const { bias } = named<LinearArguments>('Linear', rest, ['bias'], { bias: true });
    this.in_features = in_features;
    this.out_features = out_features;
    this.weight = new Parameter([out_features, in_features]);
    this.bias = bias ? new Parameter([out_features]) : null;
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { in_features: this.in_features, out_features: this.out_features, bias: this.bias !== null };
  }

  forward(x: Tensor): Tensor {
    takesFloats(x, 'Linear');
    return run1(
      ops.linear(typeIn(x), this.weight.type, this.bias?.type ?? null),
      [x, this.weight, this.bias],
      'F.linear',
    );
  }
}

/** y_o = x1ᵀ·A_o·x2 + b_o: (…, in1), (…, in2) → (…, out). */
export class Bilinear extends Module<[Tensor, Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.Bilinear';
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    in1_features: number,
    in2_features: number,
    out_features: number,
    ...rest: Rest<[bias: boolean], LinearArguments>
  ) {
    super();
    const { bias } = named<LinearArguments>('Bilinear', rest, ['bias'], { bias: true });
    this.weight = new Parameter([out_features, in1_features, in2_features]);
    this.bias = bias ? new Parameter([out_features]) : null;
  }

  forward(a: Tensor, b: Tensor): Tensor {
    return run1(
      ops.bilinear(typeIn(a), typeIn(b), this.weight.type, this.bias?.type ?? null),
      [a, b, this.weight, this.bias],
      'F.bilinear',
    );
  }
}

interface SimilarityArguments {
  readonly dim?: number;
  readonly eps?: number;
}

/** ⟨a, b⟩ / (‖a‖·‖b‖) along an axis. */
export class CosineSimilarity extends Module<[Tensor, Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.CosineSimilarity';
  readonly dim: number;
  constructor(...rest: Rest<[dim: number, eps: number], SimilarityArguments>) {
    super();
    this.dim = named<Required<SimilarityArguments>>('CosineSimilarity', rest, ['dim', 'eps'], {
      dim: 1,
      eps: 1e-8,
    }).dim;
  }
  forward(a: Tensor, b: Tensor): Tensor {
    const norms = a.norm(2, this.dim).mul(b.norm(2, this.dim));
    return a.mul(b).sum(this.dim).div(norms);
  }
}

/** ‖a − b‖ along the last axis. */
export class PairwiseDistance extends Module<[Tensor, Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.PairwiseDistance';
  readonly keepdim: boolean;
  constructor(
    ...rest: Rest<[p: number, eps: number, keepdim: boolean], { p?: number; eps?: number; keepdim?: boolean }>
  ) {
    super();
    this.keepdim = named<{ p: number; eps: number; keepdim: boolean }>(
      'PairwiseDistance',
      rest,
      ['p', 'eps', 'keepdim'],
      { p: 2, eps: 1e-6, keepdim: false },
    ).keepdim;
  }
  forward(a: Tensor, b: Tensor): Tensor {
    return a.sub(b).norm(2, -1, this.keepdim);
  }
}
