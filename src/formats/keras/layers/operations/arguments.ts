import type { Dim } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/index.js';
import type { Value } from '../../../../ledger/index.js';
import type { TensorType } from '../../../../tensor/index.js';
import { isArray, type Json } from '../../config.js';
import { type Given, isList, isValue, type Layer, tensorsAmong } from '../../layer.js';

/** An argument that is not a tensor: of the configuration, or of the call, by its name or its place. */
export function parameter(layer: Layer, names: readonly string[], place: number): Given | Json | undefined {
  for (const name of names) {
    const own = layer.config.get(name) ?? layer.given.kwargs[name];
    if (own !== undefined && own !== null) return own;
  }
  const given = layer.given.args[place];
  return given === null || isValue(given) ? undefined : given;
}

export function integer(layer: Layer, names: readonly string[], place: number, otherwise?: number): number {
  const value = parameter(layer, names, place) ?? otherwise;
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw new Unsupported(`its ${names[0]} is not known`);
}

/** Axes; null for all of them. */
export function axesOf(layer: Layer, place: number): readonly number[] | null {
  const value = parameter(layer, ['axis', 'axes'], place);
  if (value === undefined) return null;
  return numbersOf(value as Given, 'axis');
}

export function numbersOf(value: Given | Json | undefined, what: string): number[] {
  const list = typeof value === 'number' ? [value] : value;
  if (isArray(list as Json) && (list as readonly unknown[]).every((v) => typeof v === 'number' && Number.isInteger(v)))
    return list as unknown as number[];
  throw new Unsupported(`its ${what} is not known`);
}

export function flag(layer: Layer, names: readonly string[], place: number): boolean {
  return parameter(layer, names, place) === true;
}

/** A tensor, or a number of the program in its place. */
export function operand(
  layer: Layer,
  given: Given | undefined,
  like: TensorType | null,
): { type: TensorType; value: Value | null } {
  if (isValue(given)) return { type: layer.typeOf(given), value: given };
  if (isList(given) && given.length > 0 && tensorsAmong(given).length === 0)
    return { type: { dtype: like?.dtype ?? 'float32', shape: [given.length] }, value: null };
  return { type: { dtype: like?.dtype ?? 'float32', shape: [] }, value: null };
}

/** Extents of a shape that a call gives; a tensor in the place of one is not known. */
export function shapeGiven(layer: Layer, names: readonly string[], place: number): readonly Dim[] {
  const value = parameter(layer, names, place) as Given | undefined;
  if (!isList(value)) throw new Unsupported('its shape is not known');
  return value.map((d) => {
    if (d === null) return -1;
    if (typeof d === 'number') return d;
    const known = isValue(d) && d.type !== null && 'value' in d.type ? d.type.value?.[0] : undefined;
    if (known === undefined) throw new Unsupported('its shape is not known');
    return known;
  });
}
