import { type Dim, isStatic, sym, toNumber } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import type { Storage, Trace, Value } from '../../ledger/index.js';
import type { Effect, OutputType } from '../../ops/index.js';
import { axisOf } from '../../ops/index.js';
import type { DType, TensorType } from '../../tensor/index.js';
import { dtypeOf, type Operand, scalarType } from './dtypes.js';
import { type Arg, type AtenCall, isFloat, isValue } from './types.js';

/** When a storage was last written to, as the id of the value that wrote: contents known before are no longer so. */
const written = new WeakMap<Storage, number>();

/** The type of a value, without contents that were overwritten since; null if it is not known. */
export function typeOf(value: Value): TensorType | null {
  const { type } = value;
  if (type === null || !('value' in type) || (written.get(value.storage) ?? -1) <= value.id) return type;
  return { dtype: type.dtype, shape: type.shape };
}

/** One call of an operator: its arguments by PyTorch's names, and the way to record what it does. */
export class Call {
  readonly trace: Trace;
  readonly request: AtenCall;
  /** The name without the underscore of the spelling that writes in place. */
  readonly name: string;
  /** Whether the result takes the place of `self`. */
  readonly inplace: boolean;
  readonly #args: ReadonlyMap<string, Arg>;

  constructor(trace: Trace, request: AtenCall, name: string, inplace: boolean, args: ReadonlyMap<string, Arg>) {
    this.trace = trace;
    this.request = request;
    this.name = name;
    this.inplace = inplace || args.get('inplace') === true;
    this.#args = args;
  }

  /** Whether an argument is given and not None. */
  has(name: string): boolean {
    return (this.#args.get(name) ?? null) !== null;
  }

  arg(name: string): Arg {
    return this.#args.get(name) ?? null;
  }

  value(name: string): Value {
    const arg = this.arg(name);
    if (isValue(arg)) return arg;
    throw new Unsupported(`its argument ${name} is not a tensor`);
  }

  type(name: string): TensorType {
    return known(this.value(name), name);
  }

  optional(name: string): Value | null {
    const arg = this.arg(name);
    return isValue(arg) ? arg : null;
  }

  optionalType(name: string): TensorType | null {
    const value = this.optional(name);
    return value === null ? null : known(value, name);
  }

  /** The tensors of a list; one tensor is a list of one. */
  values(name: string): Value[] {
    const arg = this.arg(name);
    const list = isValue(arg) ? [arg] : Array.isArray(arg) ? (arg as readonly Arg[]) : [];
    return list.filter(isValue);
  }

  types(name: string): TensorType[] {
    return this.values(name).map((value) => known(value, name));
  }

  /** A tensor, or a number as a tensor of no axes. */
  operand(name: string): Operand & { readonly value: Value | null } {
    const arg = this.arg(name);
    return isValue(arg)
      ? { type: known(arg, name), number: false, value: arg }
      : { type: scalarType(arg), number: true, value: null };
  }

  /** An integer that may be free. */
  dim(name: string): Dim {
    return dimOf(this.arg(name), name);
  }

  /** Integers that may be free; one is a list of one. */
  dims(name: string): Dim[] {
    const arg = this.arg(name);
    if (isValue(arg) && arg.type?.shape.length === 1) {
      const { value } = known(arg, name);
      if (value !== undefined) return value.map((d) => whole(d, name));
    }
    return Array.isArray(arg)
      ? (arg as readonly Arg[]).map((item) => dimOf(item, name))
      : arg === null
        ? []
        : [dimOf(arg, name)];
  }

  int(name: string): number {
    const d = this.dim(name);
    if (!isStatic(d)) throw new Unsupported(`its argument ${name} is symbolic`);
    return toNumber(d, name);
  }

  ints(name: string): number[] {
    return this.dims(name).map((d) => {
      if (!isStatic(d)) throw new Unsupported(`its argument ${name} is symbolic`);
      return toNumber(d, name);
    });
  }

  /** A number of the program; null if it is not a number, or not known. */
  number(name: string): number | null {
    const arg = this.arg(name);
    if (isFloat(arg)) return arg.float;
    if (typeof arg === 'boolean') return Number(arg);
    if (isValue(arg)) {
      const [only] = typeOf(arg)?.value ?? [];
      return only !== undefined && isStatic(only) ? Number(only) : null;
    }
    return typeof arg === 'number' || typeof arg === 'bigint' ? Number(arg) : null;
  }

  bool(name: string): boolean {
    const arg = this.arg(name);
    return arg === true || (typeof arg === 'number' && arg !== 0);
  }

  text(name: string): string {
    const arg = this.arg(name);
    return typeof arg === 'string' ? arg : '';
  }

  dtype(name = 'dtype'): DType | null {
    return dtypeOf(this.arg(name));
  }

  /** An axis of `self`, counted from the front. */
  axis(name: string, rank: number): number {
    return axisOf(this.int(name), rank, this.name);
  }

  /** Axes, or null for all: None or an empty list. */
  axes(name: string): readonly number[] | null {
    const axes = this.ints(name);
    return axes.length === 0 ? null : axes;
  }

  /** An extent that depends on the data: what the file calls it, or a free dimension. */
  fresh(output: number, axis: number): Dim {
    const said = this.request.hints?.[output]?.shape[axis];
    const name = this.name.slice(this.name.lastIndexOf('.') + 1);
    return said ?? sym(`${name}_${this.trace.entries.length}${axis === 0 ? '' : `_${axis}`}`, { min: 0 });
  }

  /** Records an effect; in the in-place spelling its first output takes the place of the first input. */
  make(effect: Effect, inputs: readonly (Value | null)[]): Value[] {
    const self = this.inplace ? inputs[0] : undefined;
    const outputs = self ? effect.outputs.map((out, i) => (i === 0 ? inPlace(out, self) : out)) : effect.outputs;
    const settled = this.request.settle?.({ ...effect, outputs }) ?? { ...effect, outputs };
    const made = this.trace.apply(settled, inputs, this.request.spelling);
    for (const [i, out] of outputs.entries())
      if (out.inplace !== undefined) {
        const result = made[i] as Value;
        written.set(result.storage, result.id);
      }
    return made;
  }
}

/** What is written into `self` has its shape and dtype; a view of it (`unsqueeze_`, dropout) stays one. */
function inPlace(out: OutputType, self: Value): OutputType {
  if (out.view !== undefined) return out;
  const { dtype, shape } = self.type ?? out;
  return { dtype, shape, inplace: 0, ...(out.value === undefined ? {} : { value: out.value }) };
}

function known(value: Value, name: string): TensorType {
  const type = typeOf(value);
  if (type === null) throw new Unsupported(`the shape of its argument ${name} is not known`);
  return type;
}

/** Files hold integers as floats here and there; a fraction, NaN or infinity is neither an extent nor a position. */
function whole(d: Dim, name: string): Dim {
  if (typeof d !== 'number' || Number.isSafeInteger(d)) return d;
  if (!Number.isInteger(d)) throw new Unsupported(`its argument ${name} is ${d}, not an integer`);
  return BigInt(d);
}

function dimOf(arg: Arg, name: string): Dim {
  if (isFloat(arg)) return whole(arg.float, name);
  if (typeof arg === 'boolean') return Number(arg);
  if (isValue(arg)) {
    const { value } = known(arg, name);
    if (value?.length === 1) return whole(value[0] as Dim, name);
    throw new Unsupported(`its argument ${name} depends on the data`);
  }
  if (arg === null || typeof arg === 'string' || Array.isArray(arg))
    throw new Unsupported(`its argument ${name} is not an integer`);
  return arg as Dim;
}
