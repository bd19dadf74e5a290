import type { Attr } from '../ops/index.js';
import * as ops from '../ops/index.js';
import { named, type Rest } from './kwargs.js';
import { Module } from './module.js';
import { Parameter, run1, type Tensor } from './tensor.js';

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
    return run1(ops.linear(x.type, this.weight.type, this.bias?.type ?? null), [x, this.weight, this.bias], 'F.linear');
  }
}
