import { type Dim, equal, isStatic, parse, type Range, substitute, sym, symbols } from '../../dim/index.js';
import type { Note } from '../../ledger/index.js';
import { isModelError, ModelError } from '../../source/errors.js';
import type { DType, TensorType } from '../../tensor/index.js';
import { overridesByName } from '../inputs.js';
import type { InputOverride, ReadOptions } from '../types.js';
import { dtypeOf } from './dtype.js';
import type { TypeProto, ValueInfoProto } from './schema.js';

/** The ranges that a file gives to its free dimensions, by name. */
export type Ranges = ReadonlyMap<string, Range>;

/** A named dimension of a file, which may be a formula: `batch`, `(s53 - 1)//4 + 1`. Past lengths may be 0. */
export function dimOf(param: string, ranges: Ranges): Dim {
  try {
    const d = parse(param);
    const names = symbols(d);
    if (typeof d === 'object' && names.length === 1 && String(d) === names[0]) return named(param, ranges);
    return ranges.size === 0 ? d : substitute(d, new Map(names.map((name) => [name, named(name, ranges)])));
  } catch (error) {
    if (!isModelError(error)) throw error;
    return named(param, ranges); // no formula: a name with odd characters
  }
}

function named(name: string, ranges: Ranges): Dim {
  return sym(name, ranges.get(name) ?? (/past|cache/i.test(name) ? { min: 0 } : undefined));
}

/** The type that a file states; null where it states none, or none of a tensor. Extents without a name get one. */
export function statedType(name: string, type: TypeProto | undefined, ranges: Ranges): TensorType | null {
  const tensor = type?.tensorType ?? type?.sparseTensorType;
  if (tensor?.shape === undefined) return null;
  const dtype = dtypeOf(tensor.elemType);
  if (dtype === undefined) return null;
  return {
    dtype,
    shape: tensor.shape.dim.map((d, i): Dim => {
      if (d.dimValue !== undefined) return d.dimValue >= 0 ? d.dimValue : sym(`${name}_${i}`);
      return d.dimParam === undefined || d.dimParam.trim() === '' ? sym(`${name}_${i}`) : dimOf(d.dimParam, ranges);
    }),
  };
}

export interface GraphInput {
  readonly name: string;
  readonly type: TensorType | null;
}

export interface Inputs {
  readonly inputs: readonly GraphInput[];
  /** The values that the caller's shapes give to free dimensions of the file. */
  readonly bindings: ReadonlyMap<string, Dim>;
  /** Names that the shapes of inputs use. */
  readonly names: ReadonlySet<string>;
  readonly notes: readonly Note[];
}

/**
 * The graph's inputs with the caller's shapes put in place of the file's. Giving a free dimension a number binds it
 * everywhere. Throws ModelError `argument` for an input that does not exist, another rank, or one name with two values.
 */
export function settleInputs(stated: readonly ValueInfoProto[], options: ReadOptions, ranges: Ranges): Inputs {
  const bindings = new Map(options.bind ?? []);
  const notes: Note[] = [];
  const listed = (): string =>
    stated.map((i) => `${i.name} ${typeText(statedType(i.name, i.type, ranges))}`).join(', ');
  const overrides = overridesByName(stated, options.inputs ?? [], 'onnx', listed);
  const given = stated.map((info): { name: string; own: TensorType | null; wanted: InputOverride | undefined } => ({
    name: info.name,
    own: statedType(info.name, info.type, ranges),
    wanted: overrides.get(info.name),
  }));
  for (const { name, own, wanted } of given) {
    if (own === null || wanted === undefined) continue;
    if (isNumber(own) && wanted.shape.length === 1) {
      bindings.set(name, wanted.shape[0] as Dim);
      overrides.delete(name);
      continue;
    }
    if (wanted.shape.length !== own.shape.length)
      throw new ModelError('argument', `input ${name} has ${own.shape.length} axes, ${wanted.shape.length} are given`, {
        format: 'onnx',
        hint: `the model's inputs: ${listed()}`,
      });
    for (const [axis, extent] of wanted.shape.entries())
      bindExtent(name, axis, own.shape[axis] as Dim, extent, bindings, notes);
  }
  return {
    inputs: given.map(({ name, own }) => ({ name, type: settled(name, own, overrides.get(name), stated, bindings) })),
    bindings,
    names: new Set(given.flatMap(({ own, wanted }) => [own, wanted].flatMap((t) => (t?.shape ?? []).flatMap(symbols)))),
    notes,
  };
}

/** An input that is one integer: it has no shape, so a number that is given for it is its value. */
function isNumber({ dtype, shape }: TensorType): boolean {
  return shape.length === 0 && /^(int|bool)/.test(dtype);
}

function settled(
  name: string,
  own: TensorType | null,
  wanted: InputOverride | undefined,
  stated: readonly ValueInfoProto[],
  bindings: ReadonlyMap<string, Dim>,
): TensorType | null {
  const shape = wanted?.shape ?? own?.shape;
  if (shape === undefined) return null;
  const dtype: DType = wanted?.dtype ?? own?.dtype ?? elementType(name, stated) ?? 'float32';
  return { dtype, shape: shape.map((d) => substitute(d, bindings)) };
}

function elementType(name: string, stated: readonly ValueInfoProto[]): DType | undefined {
  const type = stated.find((i) => i.name === name)?.type?.tensorType;
  return type === undefined ? undefined : dtypeOf(type.elemType);
}

function bindExtent(
  name: string,
  axis: number,
  own: Dim,
  wanted: Dim,
  bindings: Map<string, Dim>,
  notes: Note[],
): void {
  if (equal(own, wanted)) return;
  if (isStatic(own)) {
    notes.push({
      code: 'input-overridden',
      message: `input ${name} was exported with ${own} at axis ${axis}; it is read with ${String(wanted)}`,
    });
    return;
  }
  const [symbol, ...more] = symbols(own);
  if (symbol === undefined || more.length > 0 || String(own) !== symbol) return; // a formula: its symbols stay free
  const before = bindings.get(symbol);
  if (before !== undefined && !equal(before, wanted))
    throw new ModelError(
      'argument',
      `dimension ${symbol} is given as ${String(before)} and, in input ${name}, as ${String(wanted)}`,
      {
        format: 'onnx',
        hint: 'one name is one number in all inputs',
      },
    );
  bindings.set(symbol, wanted);
}

function typeText(type: TensorType | null): string {
  return type === null ? '(no shape stated)' : `${type.shape.map(String).join('x')}:${type.dtype}`;
}
