import type { Dim } from '../../../dim/index.js';
import { isStatic, toNumber } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import { type Effect, type Unary, unary } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import type { DType, TensorType } from '../../../tensor/index.js';
import type { Layer, LayerTable } from '../../layer-graph/layer.js';
import type { Attributes } from '../program.js';

export type PaddleCall = Layer<Attributes>;
export type Table = LayerTable<Attributes>;

/** Places of an input among all of them: by its name, or by its number where inputs have none. */
export function placesOf(n: PaddleCall, slot: string, number: number): readonly number[] {
  return (n.attrs.slots.get(slot) ?? n.attrs.slots.get(`#${number}`) ?? []).filter((i) => n.has(i));
}

/** The type of an input. Throws ModelError if it is not given, `Unsupported` where it is not known. */
export function input(n: PaddleCall, slot: string, number: number): TensorType {
  const [at] = placesOf(n, slot, number);
  if (at === undefined) throw n.error(`needs its input ${slot}`);
  return n.in(at);
}

export function optional(n: PaddleCall, slot: string, number: number): TensorType | null {
  const [at] = placesOf(n, slot, number);
  return at === undefined ? null : n.in(at);
}

export function all(n: PaddleCall, slot: string, number: number): TensorType[] {
  const places = placesOf(n, slot, number);
  if (places.length === 0) throw n.error(`needs its input ${slot}`);
  return places.map((i) => n.in(i));
}

/** Contents of an input: of one tensor, or of several that hold a number each; undefined if they are not known. */
export function contents(n: PaddleCall, slot: string, number: number): readonly Dim[] | undefined {
  const places = placesOf(n, slot, number);
  if (places.length === 0) return undefined;
  const found = places.flatMap((i): (Dim | null)[] => {
    const type = n.in(i);
    return type.value === undefined ? [null] : [...type.value];
  });
  return found.every((d): d is Dim => d !== null) ? found : undefined;
}

/** Numbers that an input holds if there is one, else an attribute. */
export function dims(n: PaddleCall, slots: readonly string[], number: number, attribute: string): readonly Dim[] {
  for (const slot of slots) {
    if (placesOf(n, slot, number).length === 0) continue;
    const found = contents(n, slot, number);
    if (found !== undefined) return found;
    const given = n.attrs.numbers(attribute);
    if (given.length > 0 && given.every((d) => d > 0)) return given;
    throw new Unsupported(`its ${attribute} is not known`, placesOf(n, slot, number)[0] ?? null);
  }
  return n.attrs.numbers(attribute);
}

export function numbers(n: PaddleCall, slots: readonly string[], number: number, attribute: string): number[] {
  return dims(n, slots, number, attribute).map((d) => {
    if (!isStatic(d)) throw new Unsupported(`its ${attribute} depends on a free extent`);
    return toNumber(d, attribute);
  });
}

export const X = (n: PaddleCall): TensorType => input(n, 'X', 0);

/** Element types by the numbers of attributes, and by their names in PIR. */
const DTYPES: readonly DType[] = ['bool', 'int16', 'int32', 'int64', 'float16', 'float32', 'float64'];
const NAMED: Readonly<Record<string, DType>> = byName({
  bool: 'bool',
  uint8: 'uint8',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  float16: 'float16',
  bfloat16: 'bfloat16',
  float32: 'float32',
  float64: 'float64',
});

export function dtype(n: PaddleCall, names: readonly string[], otherwise: DType): DType {
  for (const name of names) {
    if (!n.attrs.has(name)) continue;
    const text = n.attrs.text(name).toLowerCase();
    if (text in NAMED) return NAMED[text] as DType;
    const number = n.attrs.number(name, -1);
    const found = DTYPES[number] ?? ({ 20: 'uint8', 21: 'int8', 22: 'bfloat16' } as const)[number];
    if (found !== undefined) return found;
  }
  return otherwise;
}

/** Activations that operators name. */
const ACTIVATIONS: Readonly<Record<string, Unary>> = byName({
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  leaky_relu: 'leaky_relu',
  swish: 'silu',
  hard_swish: 'hardswish',
  hard_sigmoid: 'hardsigmoid',
  gelu: 'gelu',
  mish: 'mish',
});

/** The effect with the work of the activation that an attribute fuses into it. */
export function activated(n: PaddleCall, effect: Effect, attribute: string): Effect {
  const name = n.attrs.text(attribute);
  if (name === '' || name === 'identity') return effect;
  const op = ACTIVATIONS[name];
  const [out] = effect.outputs;
  if (op === undefined) return { ...effect, gap: `its fused activation ${name} has no formula` };
  return out === undefined ? effect : { ...effect, work: [...effect.work, ...unary(op, out).work] };
}
