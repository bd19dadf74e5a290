import type { Attr } from '../../ops/index.js';
import * as ops from '../../ops/index.js';
import { typeIn } from './argument.js';
import { named, type Rest } from './kwargs.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { inside } from './session.js';
import { run1, type Tensor } from './tensor.js';

/** `F.relu`: one text for all layers. */
function functionName(name: string): string {
  let full = names.get(name);
  if (full === undefined) {
    full = `F.${name}`;
    names.set(name, full);
  }
  return full;
}
const names = new Map<string, string>();

interface Inplace {
  readonly inplace?: boolean;
}

/**
 * An activation without parameters: any shape → the same shape. What all of a class have in common is said by getters, so that
 * none of the many activations of a model has a field of it.
 */
abstract class Activation extends Module<[Tensor], Tensor> {
  abstract get op(): ops.Unary;
  /** The function that the layer calls. */
  get calls(): string {
    return this.op;
  }
  readonly inplace: boolean = false;

  override describe(): Readonly<Record<string, Attr>> {
    return this.inplace ? { inplace: true } : {};
  }

  forward(x: Tensor): Tensor {
    const effect = ops.unary(this.op, typeIn(x), { inplace: this.inplace });
    return run1(effect, [x], functionName(this.op), functionName(this.calls));
  }
}

/** One that can overwrite its input: `new ReLU(true)` or `new ReLU({ inplace: true })`. */
abstract class InplaceActivation extends Activation {
  override readonly inplace: boolean;
  constructor(...rest: Rest<[inplace: boolean], Inplace>) {
    super();
    this.inplace = named<Required<Inplace>>(new.target.name, rest, ['inplace'], { inplace: false }).inplace;
  }
}

export class ReLU extends InplaceActivation {
  static override readonly type: string = 'torch.nn.ReLU';
  get op() {
    return 'relu' as const;
  }
}
export class ReLU6 extends InplaceActivation {
  static override readonly type: string = 'torch.nn.ReLU6';
  get op() {
    return 'relu6' as const;
  }
  override get calls(): string {
    return 'hardtanh';
  }
}
export class SiLU extends InplaceActivation {
  static override readonly type: string = 'torch.nn.SiLU';
  get op() {
    return 'silu' as const;
  }
}
export class Mish extends InplaceActivation {
  static override readonly type: string = 'torch.nn.Mish';
  get op() {
    return 'mish' as const;
  }
}
export class Hardswish extends InplaceActivation {
  static override readonly type: string = 'torch.nn.Hardswish';
  get op() {
    return 'hardswish' as const;
  }
}
export class Hardsigmoid extends InplaceActivation {
  static override readonly type: string = 'torch.nn.Hardsigmoid';
  get op() {
    return 'hardsigmoid' as const;
  }
}
export class SELU extends InplaceActivation {
  static override readonly type: string = 'torch.nn.SELU';
  get op() {
    return 'selu' as const;
  }
}
export class Sigmoid extends Activation {
  static override readonly type: string = 'torch.nn.Sigmoid';
  get op() {
    return 'sigmoid' as const;
  }
}
export class Tanh extends Activation {
  static override readonly type: string = 'torch.nn.Tanh';
  get op() {
    return 'tanh' as const;
  }
}
export class LogSigmoid extends Activation {
  static override readonly type: string = 'torch.nn.LogSigmoid';
  get op() {
    return 'log_sigmoid' as const;
  }
  override get calls(): string {
    return 'logsigmoid';
  }
}
export class Softsign extends Activation {
  static override readonly type: string = 'torch.nn.Softsign';
  get op() {
    return 'softsign' as const;
  }
}
export class Tanhshrink extends Activation {
  static override readonly type: string = 'torch.nn.Tanhshrink';
  get op() {
    return 'tanhshrink' as const;
  }
}

/** Activations with constants that do not change what they cost; the last argument may be `inplace`. */
abstract class Tuned extends Activation {
  readonly constants: Readonly<Record<string, unknown>>;
  override readonly inplace: boolean;
  constructor(what: string, rest: readonly unknown[], defaults: Readonly<Record<string, unknown>>) {
    super();
    const all = named<Record<string, unknown>>(what, rest, Object.keys(defaults), defaults);
    this.constants = all;
    this.inplace = all['inplace'] === true;
  }
  override describe(): Readonly<Record<string, Attr>> {
    return this.constants as Readonly<Record<string, Attr>>;
  }
}
type TunedRest<N extends string> = Rest<[number, number, boolean], Partial<Record<N, number>> & Inplace>;

export class LeakyReLU extends Tuned {
  static override readonly type: string = 'torch.nn.LeakyReLU';
  get op() {
    return 'leaky_relu' as const;
  }
  constructor(
    ...rest: Rest<[negative_slope: number, inplace: boolean], { negative_slope?: number; inplace?: boolean }>
  ) {
    super('LeakyReLU', rest, { negative_slope: 0.01, inplace: false });
  }
}
export class ELU extends Tuned {
  static override readonly type: string = 'torch.nn.ELU';
  get op() {
    return 'elu' as const;
  }
  constructor(...rest: Rest<[alpha: number, inplace: boolean], { alpha?: number; inplace?: boolean }>) {
    super('ELU', rest, { alpha: 1, inplace: false });
  }
}
export class CELU extends Tuned {
  static override readonly type: string = 'torch.nn.CELU';
  get op() {
    return 'celu' as const;
  }
  constructor(...rest: Rest<[alpha: number, inplace: boolean], { alpha?: number; inplace?: boolean }>) {
    super('CELU', rest, { alpha: 1, inplace: false });
  }
}
export class RReLU extends Tuned {
  static override readonly type: string = 'torch.nn.RReLU';
  get op() {
    return 'rrelu' as const;
  }
  constructor(...rest: TunedRest<'lower' | 'upper'>) {
    super('RReLU', rest, { lower: 1 / 8, upper: 1 / 3, inplace: false });
  }
}
export class Hardtanh extends Tuned {
  static override readonly type: string = 'torch.nn.Hardtanh';
  get op() {
    return 'hardtanh' as const;
  }
  constructor(...rest: TunedRest<'min_val' | 'max_val'>) {
    super('Hardtanh', rest, { min_val: -1, max_val: 1, inplace: false });
  }
}
export class Threshold extends Tuned {
  static override readonly type: string = 'torch.nn.Threshold';
  get op() {
    return 'threshold' as const;
  }
  constructor(...rest: TunedRest<'threshold' | 'value'>) {
    super('Threshold', rest, { threshold: 0, value: 0, inplace: false });
  }
}
export class Softplus extends Tuned {
  static override readonly type: string = 'torch.nn.Softplus';
  get op() {
    return 'softplus' as const;
  }
  constructor(...rest: Rest<[beta: number, threshold: number], { beta?: number; threshold?: number }>) {
    super('Softplus', rest, { beta: 1, threshold: 20 });
  }
}
export class Softshrink extends Tuned {
  static override readonly type: string = 'torch.nn.Softshrink';
  get op() {
    return 'softshrink' as const;
  }
  constructor(...rest: Rest<[lambd: number], { lambd?: number }>) {
    super('Softshrink', rest, { lambd: 0.5 });
  }
}
export class Hardshrink extends Tuned {
  static override readonly type: string = 'torch.nn.Hardshrink';
  get op() {
    return 'hardshrink' as const;
  }
  constructor(...rest: Rest<[lambd: number], { lambd?: number }>) {
    super('Hardshrink', rest, { lambd: 0.5 });
  }
}
export class GELU extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.GELU';
  readonly approximate: 'none' | 'tanh';
  constructor(...rest: Rest<[approximate: 'none' | 'tanh'], { approximate?: 'none' | 'tanh' }>) {
    super();
    this.approximate = named<{ approximate: 'none' | 'tanh' }>('GELU', rest, ['approximate'], {
      approximate: 'none',
    }).approximate;
  }
  override describe(): Readonly<Record<string, Attr>> {
    return { approximate: this.approximate };
  }
  forward(x: Tensor): Tensor {
    return run1(ops.unary(this.approximate === 'tanh' ? 'gelu_tanh' : 'gelu', typeIn(x)), [x], 'F.gelu');
  }
}

/** A learnable slope for all channels or one for each. */
export class PReLU extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.PReLU';
  readonly num_parameters: number;
  weight: Parameter;
  constructor(...rest: Rest<[num_parameters: number, init: number], { num_parameters?: number; init?: number }>) {
    super();
    const { num_parameters } = named<{ num_parameters: number; init: number }>(
      'PReLU',
      rest,
      ['num_parameters', 'init'],
      { num_parameters: 1, init: 0.25 },
    );
    this.num_parameters = num_parameters;
    this.weight = new Parameter([num_parameters]);
  }
  override describe(): Readonly<Record<string, Attr>> {
    return { num_parameters: this.num_parameters };
  }
  forward(x: Tensor): Tensor {
    return run1(ops.unary('prelu', typeIn(x)), [x, this.weight], 'F.prelu');
  }
}

/** Half of an axis gates the other half: a·sigmoid(b). */
export class GLU extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.GLU';
  readonly dim: number;
  constructor(...rest: Rest<[dim: number], { dim?: number }>) {
    super();
    this.dim = named<{ dim: number }>('GLU', rest, ['dim'], { dim: -1 }).dim;
  }
  forward(x: Tensor): Tensor {
    return run1(ops.glu(typeIn(x), this.dim), [x], 'F.glu');
  }
}

abstract class Along extends Module<[Tensor], Tensor> {
  readonly dim: number | null;
  constructor(...rest: Rest<[dim: number], { dim?: number | null }>) {
    super();
    this.dim = named<{ dim: number | null }>(new.target.name, rest, ['dim'], { dim: null }).dim;
  }
  override describe(): Readonly<Record<string, Attr>> {
    return { dim: this.dim };
  }
  /** PyTorch's rule where no axis is given: 0 for 0, 1 or 3 axes, else 1. */
  protected axis(x: Tensor): number {
    return this.dim ?? (x.ndim === 0 || x.ndim === 1 || x.ndim === 3 ? 0 : 1);
  }
}
export class Softmax extends Along {
  static override readonly type: string = 'torch.nn.Softmax';
  forward(x: Tensor): Tensor {
    return run1(ops.softmax(typeIn(x), this.axis(x)), [x], 'F.softmax');
  }
}
export class LogSoftmax extends Along {
  static override readonly type: string = 'torch.nn.LogSoftmax';
  forward(x: Tensor): Tensor {
    return run1(ops.softmax(typeIn(x), this.axis(x), true), [x], 'F.log_softmax');
  }
}
export class Softmin extends Along {
  static override readonly type: string = 'torch.nn.Softmin';
  forward(x: Tensor): Tensor {
    return inside('F.softmin', () => x.neg().softmax(this.axis(x)));
  }
}
export class Softmax2d extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.Softmax2d';
  forward(x: Tensor): Tensor {
    return run1(ops.softmax(typeIn(x), -3), [x], 'F.softmax');
  }
}
