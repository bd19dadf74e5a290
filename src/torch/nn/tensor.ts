import { add, type Dim, exactdiv, toNumber } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { type DType, numel, parseDType, type Shape, type TensorType } from '../../tensor/index.js';
import { PYTHON_SIGNS } from '../operators/signs.js';
import { recordOp, session } from './session.js';

/**
 * A tensor without data, with PyTorch's methods. Extents may be free symbols; use `int()` where a plain number is needed.
 * Operators that PyTorch spells with signs are methods: `x.add(y)`, `x.mul(2)`, `x.matmul(y)`.
 */
export class Tensor {
  readonly type: TensorType;

  constructor(type: TensorType) {
    this.type = type;
  }

  get shape(): Shape {
    return this.type.shape;
  }
  get dtype(): DType {
    return this.type.dtype;
  }
  get ndim(): number {
    return this.type.shape.length;
  }
  dim(): number {
    return this.type.shape.length;
  }
  numel(): Dim {
    return numel(this.type.shape);
  }
  /** All extents, or one of them. */
  size(): Shape;
  size(axis: number): Dim;
  size(axis?: number): Shape | Dim {
    if (axis === undefined) return this.shape;
    return this.shape[ops.axisOf(axis, this.ndim, 'size')] as Dim;
  }

  /** Elementwise, with a tensor or a number; PyTorch's signs: `+ − * / ** //`. */
  add(other: Operand): Tensor {
    return this.#with('add', other);
  }
  sub(other: Operand): Tensor {
    return this.#with('sub', other);
  }
  mul(other: Operand): Tensor {
    return this.#with('mul', other);
  }
  div(other: Operand): Tensor {
    return this.#with('div', other);
  }
  pow(other: Operand): Tensor {
    return this.#with('pow', other);
  }
  floor_divide(other: Operand): Tensor {
    return this.#with('floor_divide', other);
  }
  remainder(other: Operand): Tensor {
    return this.#with('remainder', other);
  }
  maximum(other: Operand): Tensor {
    return this.#with('maximum', other);
  }
  minimum(other: Operand): Tensor {
    return this.#with('minimum', other);
  }
  eq(other: Operand): Tensor {
    return this.#with('eq', other);
  }
  ne(other: Operand): Tensor {
    return this.#with('ne', other);
  }
  lt(other: Operand): Tensor {
    return this.#with('lt', other);
  }
  le(other: Operand): Tensor {
    return this.#with('le', other);
  }
  gt(other: Operand): Tensor {
    return this.#with('gt', other);
  }
  ge(other: Operand): Tensor {
    return this.#with('ge', other);
  }
  add_(other: Operand): Tensor {
    return this.#with('add', other, true);
  }
  sub_(other: Operand): Tensor {
    return this.#with('sub', other, true);
  }
  mul_(other: Operand): Tensor {
    return this.#with('mul', other, true);
  }
  div_(other: Operand): Tensor {
    return this.#with('div', other, true);
  }
  /** `number − tensor`, `number / tensor`: what Python's reflected operators do. */
  rsub(other: number): Tensor {
    return this.#with('sub', other);
  }
  rdiv(other: number): Tensor {
    return this.#with('div', other);
  }

  #with(op: ops.Binary, other: Operand, inplace = false): Tensor {
    return applyBinary(op, this, other, `${PYTHON_SIGNS[op] ?? op}${inplace ? '=' : ''}`, inplace);
  }

  /** Any function of one element, by its PyTorch name: `x.unary('exp')`. The common ones are methods. */
  unary(op: ops.Unary, inplace = false): Tensor {
    const name = `${op}${inplace ? '_' : ''}`;
    return run1(ops.unary(op, this.type, { inplace }), [this], `torch.${name}`, `Tensor.${name}`);
  }
  relu(): Tensor {
    return this.unary('relu');
  }
  relu_(): Tensor {
    return this.unary('relu', true);
  }
  sigmoid(): Tensor {
    return this.unary('sigmoid');
  }
  tanh(): Tensor {
    return this.unary('tanh');
  }
  exp(): Tensor {
    return this.unary('exp');
  }
  log(): Tensor {
    return this.unary('log');
  }
  sqrt(): Tensor {
    return this.unary('sqrt');
  }
  rsqrt(): Tensor {
    return this.unary('rsqrt');
  }
  abs(): Tensor {
    return this.unary('abs');
  }
  neg(): Tensor {
    return this.unary('neg');
  }
  square(): Tensor {
    return this.unary('square');
  }
  erf(): Tensor {
    return this.unary('erf');
  }
  sin(): Tensor {
    return this.unary('sin');
  }
  cos(): Tensor {
    return this.unary('cos');
  }
  floor(): Tensor {
    return this.unary('floor');
  }
  ceil(): Tensor {
    return this.unary('ceil');
  }
  round(): Tensor {
    return this.unary('round');
  }
  reciprocal(): Tensor {
    return this.unary('reciprocal');
  }
  /** Bounds on one side or on both. */
  clamp(min: number | null = null, max: number | null = null): Tensor {
    const one = min === null || max === null;
    return run1(ops.clamp(this.type, one ? 1 : 2), [this], 'torch.clamp', 'Tensor.clamp');
  }
  softmax(dim: number): Tensor {
    return run1(ops.softmax(this.type, dim), [this], 'torch.softmax', 'Tensor.softmax');
  }
  log_softmax(dim: number): Tensor {
    return run1(ops.softmax(this.type, dim, true), [this], 'torch.log_softmax', 'Tensor.log_softmax');
  }

  matmul(other: Tensor): Tensor {
    return run1(ops.matmul(this.type, other.type), [this, other], 'torch.matmul', '@');
  }
  mv(other: Tensor): Tensor {
    return run1(ops.matmul(this.type, other.type), [this, other], 'torch.mv', 'Tensor.mv');
  }
  mm(other: Tensor): Tensor {
    return run1(ops.matmul(this.type, other.type), [this, other], 'torch.mm', 'Tensor.mm');
  }
  bmm(other: Tensor): Tensor {
    return run1(ops.matmul(this.type, other.type), [this, other], 'torch.bmm', 'Tensor.bmm');
  }

  sum(dim: Axes = null, keepdim = false): Tensor {
    return this.#reduce('sum', dim, keepdim);
  }
  mean(dim: Axes = null, keepdim = false): Tensor {
    return this.#reduce('mean', dim, keepdim);
  }
  prod(dim: Axes = null, keepdim = false): Tensor {
    return this.#reduce('prod', dim, keepdim);
  }
  amax(dim: Axes = null, keepdim = false): Tensor {
    return this.#reduce('max', dim, keepdim);
  }
  amin(dim: Axes = null, keepdim = false): Tensor {
    return this.#reduce('min', dim, keepdim);
  }
  argmax(dim: Axes = null, keepdim = false): Tensor {
    return this.#reduce('argmax', dim, keepdim);
  }
  argmin(dim: Axes = null, keepdim = false): Tensor {
    return this.#reduce('argmin', dim, keepdim);
  }
  var(dim: Axes = null, keepdim = false): Tensor {
    return run1(ops.variance(this.type, axesOf(dim), { keepdim }), [this], 'torch.var');
  }
  std(dim: Axes = null, keepdim = false): Tensor {
    return run1(ops.variance(this.type, axesOf(dim), { keepdim, root: true }), [this], 'torch.std');
  }
  norm(p: 1 | 2 = 2, dim: Axes = null, keepdim = false): Tensor {
    return this.#reduce(p === 1 ? 'l1' : 'l2', dim, keepdim);
  }
  cumsum(dim: number): Tensor {
    return run1(ops.cumulative('cumsum', this.type, dim), [this], 'torch.cumsum');
  }
  topk(k: number, dim = -1): [Tensor, Tensor] {
    const [values, indices] = run(ops.topk(this.type, k, dim), [this], 'torch.topk');
    return [values as Tensor, indices as Tensor];
  }
  #reduce(op: ops.Reduction, dim: Axes, keepdim: boolean): Tensor {
    return run1(ops.reduce(op, this.type, axesOf(dim), { keepdim }), [this], `torch.${op}`);
  }

  view(...shape: readonly Dim[] | [Shape]): Tensor {
    return run1(ops.reshape(this.type, listOf(shape)), [this], 'torch.view');
  }
  reshape(...shape: readonly Dim[] | [Shape]): Tensor {
    return run1(ops.reshape(this.type, listOf(shape)), [this], 'torch.reshape');
  }
  flatten(start_dim = 0, end_dim = -1): Tensor {
    return run1(ops.flatten(this.type, start_dim, end_dim), [this], 'torch.flatten');
  }
  unflatten(dim: number, sizes: Shape): Tensor {
    const at = ops.axisOf(dim, this.ndim, 'unflatten');
    const extent = { dtype: this.dtype, shape: [this.shape[at] as Dim] };
    const inner = ops.reshape(extent, sizes).outputs[0]?.shape ?? [];
    const shape = [...this.shape.slice(0, at), ...inner, ...this.shape.slice(at + 1)];
    return run1(ops.reshape(this.type, shape), [this], 'torch.unflatten');
  }
  permute(...order: readonly number[] | [readonly number[]]): Tensor {
    return run1(ops.permute(this.type, listOf(order)), [this], 'torch.permute');
  }
  transpose(a: number, b: number): Tensor {
    return run1(ops.transpose(this.type, a, b), [this], 'torch.transpose');
  }
  t(): Tensor {
    return this.ndim < 2 ? this : this.transpose(0, 1);
  }
  /** The same elements in row-major order: a copy where this is a view that is not, which shapes alone do not tell. */
  contiguous(): Tensor {
    return run1(ops.identity(this.type, 'contiguous'), [this], 'torch.contiguous');
  }
  clone(): Tensor {
    return run1(ops.copy(this.type, 'clone'), [this], 'torch.clone');
  }
  detach(): Tensor {
    return run1(ops.identity(this.type, 'detach'), [this], 'torch.detach');
  }
  to(dtype: DType | string): Tensor {
    return run1(ops.cast(this.type, parseDType(dtype)), [this], 'torch.to');
  }
  float(): Tensor {
    return this.to('float32');
  }
  type_as(other: Tensor): Tensor {
    return this.to(other.dtype);
  }
  unsqueeze(dim: number): Tensor {
    return run1(ops.unsqueeze(this.type, [dim]), [this], 'torch.unsqueeze');
  }
  squeeze(dim: number | null = null): Tensor {
    return run1(ops.squeeze(this.type, dim === null ? null : [dim]), [this], 'torch.squeeze');
  }
  expand(...shape: readonly Dim[] | [Shape]): Tensor {
    return run1(ops.expand(this.type, listOf(shape)), [this], 'torch.expand');
  }
  expand_as(other: Tensor): Tensor {
    return this.expand(other.shape);
  }
  repeat(...repeats: readonly Dim[] | [Shape]): Tensor {
    return run1(ops.tile(this.type, listOf(repeats)), [this], 'torch.repeat');
  }
  roll(_shifts: number | readonly number[], _dims: number | readonly number[]): Tensor {
    return run1(ops.copy(this.type, 'roll'), [this], 'torch.roll');
  }
  flip(_dims: readonly number[]): Tensor {
    return run1(ops.copy(this.type, 'flip'), [this], 'torch.flip');
  }
  split(size: number | readonly number[], dim = 0): Tensor[] {
    const extent = this.shape[ops.axisOf(dim, this.ndim, 'split')] as Dim;
    const sizes = typeof size === 'number' ? partsOf(int(extent, 'split'), size) : size;
    return run(ops.split(this.type, sizes, dim), [this], 'torch.split');
  }
  chunk(chunks: number, dim = 0): Tensor[] {
    const extent = this.shape[ops.axisOf(dim, this.ndim, 'chunk')] as Dim;
    const each = exactdiv(extent, chunks);
    const sizes =
      each === undefined
        ? partsOf(int(extent, 'chunk'), Math.ceil(int(extent) / chunks))
        : new Array<Dim>(chunks).fill(each);
    return run(ops.split(this.type, sizes, dim), [this], 'torch.chunk');
  }
  unbind(dim = 0): Tensor[] {
    const extent = int(this.shape[ops.axisOf(dim, this.ndim, 'unbind')] as Dim, 'unbind');
    return Array.from({ length: extent }, (_, i) => this.select(dim, i));
  }
  select(dim: number, _index: number): Tensor {
    return run1(ops.select(this.type, dim), [this], 'torch.select');
  }
  narrow(dim: number, start: Dim, length: Dim): Tensor {
    return this.slice(dim, start, add(start, length));
  }
  /** `x[..., start:end:step, ...]` along one axis. */
  slice(dim: number, start: Dim | null = null, end: Dim | null = null, step = 1): Tensor {
    return run1(ops.slice(this.type, [{ axis: dim, start, end, step }]), [this], 'torch.slice');
  }
  /** `self[index]` with a tensor of integers along an axis. */
  index_select(dim: number, index: Tensor): Tensor {
    return run1(ops.gather(this.type, index.type, dim), [this, index], 'torch.index_select');
  }
  masked_fill(mask: Tensor, _value: number): Tensor {
    return run1(ops.where(mask.type, { dtype: this.dtype, shape: [] }, this.type), [mask, this], 'torch.masked_fill');
  }
}

/** What an elementwise operator takes beside the tensor itself. */
export type Operand = Tensor | number;

/** An elementwise operator of two, `through` the function of PyTorch that the code called. */
export function applyBinary(op: ops.Binary, a: Tensor, b: Operand, through: string, inplace = false): Tensor {
  if (b instanceof Tensor) return run1(ops.binary(op, a.type, b.type, { inplace }), [a, b], `torch.${op}`, through);
  // A Python number does not widen a floating-point tensor.
  const scalar: TensorType = { dtype: a.dtype, shape: [] };
  const effect = op === 'pow' ? ops.power(a.type, scalar, b, a.dtype) : ops.binary(op, a.type, scalar, { inplace });
  return run1(effect, [a], `torch.${op}`, through);
}
export type Axes = number | readonly number[] | null;

function axesOf(dim: Axes): readonly number[] | null {
  return typeof dim === 'number' ? [dim] : dim;
}

function listOf<T>(items: readonly T[] | readonly [readonly T[]]): readonly T[] {
  return items.length === 1 && Array.isArray(items[0]) ? items[0] : (items as readonly T[]);
}

/** `size`, `size`, …, and what is left. */
function partsOf(extent: number, size: number): number[] {
  if (!(size >= 1))
    throw new ModelError('argument', `split: parts of ${size}`, { hint: 'a part has at least one element' });
  return Array.from({ length: Math.max(1, Math.ceil(extent / size)) }, (_, i) => Math.min(size, extent - i * size));
}

/**
 * Applies an operator to tensors: records it where a model is being profiled, and gives its results. `through` is the function
 * of PyTorch that the code called, where `type` is not that.
 */
export function run(
  effect: ops.Effect,
  inputs: readonly (Tensor | null)[],
  type: string,
  through: string = type,
): Tensor[] {
  const values = recordOp(effect, inputs, { type, calledThrough: through });
  return effect.outputs.map((out, i) => {
    const made = new Tensor({
      dtype: out.dtype,
      shape: out.shape,
      ...(out.value === undefined ? {} : { value: out.value }),
    });
    const value = values?.[i];
    if (value !== undefined) session()?.values.set(made, value);
    return made;
  });
}

/** `run` for the many operators that have one result. */
export function run1(
  effect: ops.Effect,
  inputs: readonly (Tensor | null)[],
  type: string,
  through: string = type,
): Tensor {
  return run(effect, inputs, type, through)[0] as Tensor;
}

/** A plain number from an extent. Throws ModelError `free-symbol` where it is symbolic: bind it to go on. */
export function int(d: Dim, what = 'a size in the model'): number {
  return typeof d === 'number' ? d : toNumber(d, what);
}
