import type { Dim } from '../../dim/index.js';
import type { Value } from '../../ledger/index.js';
import * as ops from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { bytesOf, type DType, parseDType, type TensorType } from '../../tensor/index.js';
import { PYTHON_SIGNS } from '../operators/signs.js';
import { shapeIn, typeIn } from './argument.js';
import { recordOp, session } from './session.js';
import {
  BINARY_METHODS,
  CASTS,
  INPLACE_METHODS,
  knownUnary,
  PRODUCT_METHODS,
  type TensorMethods,
  UNARY_METHODS,
} from './tensor-methods.js';
import { TensorMoves } from './tensor-moves.js';
import { type Axes, axesOf, chunkSizes, int, partsOf } from './tensor-shapes.js';

/**
 * A tensor without data, with PyTorch's methods. Extents may be free symbols; use `int()` where a plain number is needed.
 * Operators that PyTorch spells with signs are methods: `x.add(y)`, `x.mul(2)`, `x.matmul(y)`.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: methods of one line each are made from lists, below
export class Tensor extends TensorMoves<Tensor> {
  protected override moved(effect: ops.Effect, type: string): Tensor {
    return run1(effect, [this], type);
  }

  /** `number − tensor`, `number / tensor`: what Python's reflected operators do. */
  rsub(other: number): Tensor {
    return this.sub(other);
  }
  rdiv(other: number): Tensor {
    return this.div(other);
  }

  /** Any function of one element, by its PyTorch name: `x.unary('exp')`. The common ones are methods. */
  unary(op: ops.Unary, inplace = false): Tensor {
    knownUnary(op);
    const name = `${op}${inplace ? '_' : ''}`;
    return run1(ops.unary(op, this.type, { inplace }), [this], `torch.${name}`, `Tensor.${name}`);
  }
  relu_(): Tensor {
    return this.unary('relu', true);
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
    return run1(ops.matmul(this.type, typeIn(other)), [this, other], 'torch.matmul', '@');
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
  t(): Tensor {
    return this.ndim < 2 ? this : this.transpose(0, 1);
  }
  to(dtype: DType | string): Tensor {
    return run1(ops.cast(this.type, parseDType(dtype)), [this], 'torch.to');
  }
  type_as(other: Tensor): Tensor {
    return this.to(typeIn(other).dtype);
  }
  split(size: number | readonly number[], dim = 0): Tensor[] {
    const extent = this.shape[ops.axisOf(dim, this.ndim, 'split')] as Dim;
    const sizes = typeof size === 'number' ? partsOf(int(extent, 'split'), size) : shapeIn('split', size);
    return run(ops.split(this.type, sizes, dim), [this], 'torch.split');
  }
  chunk(chunks: number, dim = 0): Tensor[] {
    const extent = this.shape[ops.axisOf(dim, this.ndim, 'chunk')] as Dim;
    return run(ops.split(this.type, chunkSizes(extent, chunks), dim), [this], 'torch.chunk');
  }
  /** `self[index]` with a tensor of integers along an axis. */
  index_select(dim: number, index: Tensor): Tensor {
    return run1(ops.gather(this.type, typeIn(index), dim), [this, index], 'torch.index_select');
  }
  /** Elements along an axis at places given for every output. */
  gather(dim: number, index: Tensor): Tensor {
    ops.axisOf(dim, this.ndim, 'gather');
    const out: TensorType = { dtype: this.dtype, shape: typeIn(index).shape };
    return run1(
      ops.moved('gather_elements', out, 'gather', { readBytes: bytesOf(out) }),
      [this, index],
      'torch.gather',
    );
  }
  /** `src` put at places of a copy of this. */
  scatter(dim: number, index: Tensor, src: Tensor | number): Tensor {
    return this.#put('scatter', dim, index, src, null);
  }
  /** The same, added to what is there. */
  scatter_add(dim: number, index: Tensor, src: Tensor): Tensor {
    return this.#put('scatter_add', dim, index, src, 'add');
  }
  #put(op: 'scatter' | 'scatter_add', dim: number, index: Tensor, src: Tensor | number, by: 'add' | null): Tensor {
    ops.axisOf(dim, this.ndim, op);
    const from = src instanceof Tensor ? src : null;
    const values: TensorType = { dtype: this.dtype, shape: typeIn(index).shape };
    return run1(ops.put(op, this.type, values, by), [this, index, from], `torch.${op}`);
  }
  /** Values and their places. */
  sort(dim = -1): [Tensor, Tensor] {
    const places: TensorType = { dtype: 'int64', shape: this.shape };
    const effect = ops.sort(this.type, ops.axisOf(dim, this.ndim, 'sort'), [this.type, places]);
    const [values, indices] = run(effect, [this], 'torch.sort');
    return [values as Tensor, indices as Tensor];
  }
  argsort(dim = -1): Tensor {
    const places: TensorType = { dtype: 'int64', shape: this.shape };
    return run1(ops.sort(this.type, ops.axisOf(dim, this.ndim, 'argsort'), [places]), [this], 'torch.argsort');
  }
  /** The largest element; with an axis, the largest along it and its place; with a tensor, element by element. */
  max(): Tensor;
  max(other: Tensor): Tensor;
  max(dim: number, keepdim?: boolean): [Tensor, Tensor];
  max(by: Tensor | number | null = null, keepdim = false): Tensor | [Tensor, Tensor] {
    return this.#extreme('max', by, keepdim);
  }
  min(): Tensor;
  min(other: Tensor): Tensor;
  min(dim: number, keepdim?: boolean): [Tensor, Tensor];
  min(by: Tensor | number | null = null, keepdim = false): Tensor | [Tensor, Tensor] {
    return this.#extreme('min', by, keepdim);
  }
  #extreme(op: 'max' | 'min', by: Tensor | number | null, keepdim: boolean): Tensor | [Tensor, Tensor] {
    if (by instanceof Tensor) return op === 'max' ? this.maximum(by) : this.minimum(by);
    const effect = ops.reduce(op, this.type, axesOf(by), { keepdim });
    if (by === null) return run1(effect, [this], `torch.${op}`);
    const [most] = effect.outputs as [TensorType];
    const places: TensorType = { dtype: 'int64', shape: most.shape };
    const [values, indices] = run({ ...effect, outputs: [most, places] }, [this], `torch.${op}`);
    return [values as Tensor, indices as Tensor];
  }
  logsumexp(dim: Axes, keepdim = false): Tensor {
    return this.#reduce('logsumexp', dim, keepdim);
  }
  any(dim: Axes = null, keepdim = false): Tensor {
    return this.#reduce('any', dim, keepdim);
  }
  all(dim: Axes = null, keepdim = false): Tensor {
    return this.#reduce('all', dim, keepdim);
  }
  cumprod(dim: number): Tensor {
    return run1(ops.cumulative('cumprod', this.type, dim), [this], 'torch.cumprod');
  }
  /** JavaScript's own signs would make a text or NaN of a tensor in silence. */
  [Symbol.toPrimitive](): never {
    throw new ModelError('argument', 'a tensor is not a number: JavaScript has no signs for tensors', {
      format: 'nn',
      hint: 'write x.add(y), x.mul(2), x.div(y); a.lt(b) for a < b; x.size(0) for an extent',
    });
  }
  masked_fill(mask: Tensor, _value: number): Tensor {
    return run1(
      ops.where(typeIn(mask), { dtype: this.dtype, shape: [] }, this.type),
      [mask, this],
      'torch.masked_fill',
    );
  }
}

/** Elementwise methods: `x.add(y)`, `x.exp()`, `x.mul_(2)`; and casts: `x.half()`. */
export interface Tensor extends TensorMethods<Tensor, Operand> {}

function method(name: string, value: (this: Tensor, other: Operand) => Tensor): void {
  Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
}
for (const op of UNARY_METHODS)
  method(op, function () {
    return this.unary(op);
  });
for (const op of BINARY_METHODS)
  method(op, function (other) {
    return applyBinary(op, this, other, PYTHON_SIGNS[op] ?? op);
  });
for (const [name, op] of Object.entries(INPLACE_METHODS))
  method(name, function (other) {
    return applyBinary(op, this, other, `${PYTHON_SIGNS[op] ?? op}=`, true);
  });
for (const name of PRODUCT_METHODS)
  method(name, function (other) {
    if (other instanceof Tensor)
      return run1(ops.matmul(this.type, typeIn(other)), [this, other], `torch.${name}`, `Tensor.${name}`);
    throw new ModelError('argument', `${name} takes a tensor`, { format: 'nn' });
  });
for (const [name, dtype] of Object.entries(CASTS))
  method(name, function () {
    return this.to(dtype);
  });

/** The second operand of an elementwise operator. */
export type Operand = Tensor | number;

/** An elementwise operator of two, `through` the function of PyTorch that the code called. */
export function applyBinary(op: ops.Binary, a: Tensor, b: Operand, through: string, inplace = false): Tensor {
  const type = typeIn(a);
  if (b instanceof Tensor) return run1(ops.binary(op, type, b.type, { inplace }), [a, b], `torch.${op}`, through);
  // A Python number does not widen a floating-point tensor.
  const scalar: TensorType = { dtype: a.dtype, shape: [] };
  const effect = op === 'pow' ? ops.power(type, scalar, b, a.dtype) : ops.binary(op, type, scalar, { inplace });
  return run1(effect, [a], `torch.${op}`, through);
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
  return effect.outputs.map((out, i) => resultOf(out, values?.[i]));
}

/** The tensor of a result, and in the record the value that it is. */
function resultOf({ dtype, shape, value: contents }: ops.OutputType, value: Value | undefined): Tensor {
  // Contents may be more than the record keeps.
  const known = contents === undefined ? value?.type : null;
  const made = new Tensor(known ?? (contents === undefined ? { dtype, shape } : { dtype, shape, value: contents }));
  if (value !== undefined) session()?.setValue(made, value);
  return made;
}

/** `run` for the many operators that have one result. */
export function run1(
  effect: ops.Effect,
  inputs: readonly (Tensor | null)[],
  type: string,
  through: string = type,
): Tensor {
  const values = recordOp(effect, inputs, { type, calledThrough: through });
  return resultOf(effect.outputs[0] as ops.OutputType, values?.[0]);
}
