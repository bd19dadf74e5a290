import { type Dim, isStatic, toNumber } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import { type Effect, followedBy, unary } from '../../../ops/index.js';
import type { DType, TensorType } from '../../../tensor/index.js';
import type { FlatTable } from '../../../wire/flatbuffers.js';
import type { Layer, LayerTable } from '../../layer-graph/layer.js';

/** The table of an operator's settings, and which kind of table it is. */
export interface Settings {
  readonly main: FlatTable | null;
  readonly kind: number;
  /** A stored tensor that says how an operator works: no weight. */
  readonly setting?: true;
}

export type MnnCall = Layer<Settings>;
export type Table = LayerTable<Settings>;

export const i32 = (n: MnnCall, field: number, otherwise = 0): number =>
  n.attrs.main?.i32(field, otherwise) ?? otherwise;
export const u8 = (n: MnnCall, field: number, otherwise = 0): number => n.attrs.main?.u8(field, otherwise) ?? otherwise;
export const flag = (n: MnnCall, field: number, otherwise = false): boolean =>
  n.attrs.main?.bool(field, otherwise) ?? otherwise;
export const ints = (n: MnnCall, field: number): number[] => n.attrs.main?.ints(field) ?? [];
/** How many floats a field holds, which are not read. */
export const floats = (n: MnnCall, field: number): number => n.attrs.main?.vector(field, 4, Infinity).length ?? 0;

/** Contents of an input that the operator cannot be worked out without. */
export function dims(n: MnnCall, i: number, what: string): readonly Dim[] {
  const { value } = n.in(i);
  if (value === undefined) throw new Unsupported(`its ${what} (${n.node.input[i]}) is not known`, i);
  return value;
}

export function numbers(n: MnnCall, i: number, what: string): number[] {
  return dims(n, i, what).map((d) => {
    if (!isStatic(d)) throw new Unsupported(`its ${what} depends on a free extent`, i);
    return toNumber(d, what);
  });
}

/** The effect with the activation that two flags fuse into it. */
export function activated(effect: Effect, relu: boolean, relu6: boolean): Effect {
  const [out] = effect.outputs;
  if (out === undefined || (!relu && !relu6)) return effect;
  return followedBy(effect, unary(relu6 ? 'relu6' : 'relu', out));
}

/** How weights are stored: a table of their quantisation says so. */
export function weightType(table: FlatTable | null): DType {
  const quantised = table?.table(3) ?? null;
  if (table?.table(4) !== null && table !== null) return 'int8';
  if (quantised === null) return 'float32';
  if (quantised.i32(2) === 3) return 'float16';
  const bits = quantised.i32(7);
  return bits > 0 && bits <= 4 ? 'int4' : 'int8';
}

export const scalar = (x: TensorType): TensorType => ({ dtype: x.dtype, shape: [] });
