import { type Dim, isDim, parse } from '../dim/index.js';
import type { InputOverride } from '../formats/types.js';
import { isModelError, ModelError } from '../source/errors.js';
import { parseDType } from '../tensor/index.js';

/** An extent: a number, or the name (or formula) of a free dimension: `224`, `'batch'`, `'32*h'`. */
export type ExtentLike = Dim | string;
export type ShapeLike = readonly ExtentLike[];
/** A shape, a text as `--input` takes it (`1x3x224x224`, `ids=1x128:int64`), or a shape with its dtype and name. */
export type InputLike =
  | ShapeLike
  | string
  | { readonly shape: ShapeLike | string; readonly dtype?: string; readonly name?: string };

/** Inputs in order, or by name; of a model with one input its shape alone will do. */
export type InputsLike = readonly InputLike[] | ShapeLike | string | Readonly<Record<string, InputLike>>;

const INPUTS_HINT = "write inputs: [[1, 3, 224, 224]], { input_ids: [1, 128] }, or '1x3x224x224'";

/** Input shapes as the user wrote them, made dimensions. Throws ModelError `argument` for what is not a shape. */
export function resolveInputs(inputs: InputsLike): InputOverride[] {
  if (typeof inputs === 'string') return [namedShape(inputs)];
  if (typeof inputs !== 'object' || inputs === null)
    throw new ModelError('argument', `inputs are not shapes: ${String(inputs)}`, { hint: INPUTS_HINT });
  // `[1, 3, 224, 224]`: the shape of the one input.
  if (Array.isArray(inputs))
    return inputs.length > 0 && inputs.some(isNumber) && inputs.every(isExtent)
      ? [resolveInput(inputs as ShapeLike)]
      : (inputs as readonly InputLike[]).map((input) => resolveInput(input));
  return Object.entries(inputs as Readonly<Record<string, InputLike>>).map(([name, input]) => ({
    ...resolveInput(input),
    name,
  }));
}

const isNumber = (value: unknown): boolean => typeof value === 'number' || typeof value === 'bigint';
const isExtent = (value: unknown): boolean => isNumber(value) || typeof value === 'string' || isDim(value);

function resolveInput(input: InputLike): InputOverride {
  if (typeof input === 'string') return namedShape(input);
  if (isShape(input)) return { shape: input.map(extent) };
  const { shape } = (input ?? {}) as Partial<Exclude<InputLike, string | ShapeLike>>;
  if (typeof shape !== 'string' && !Array.isArray(shape))
    throw new ModelError(
      'argument',
      `an input is not a shape: ${typeof input === 'object' ? JSON.stringify(input) : String(input)}`,
      {
        hint: INPUTS_HINT,
      },
    );
  const given = typeof shape === 'string' ? parseShape(shape) : { shape: shape.map(extent) };
  return {
    ...given,
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.dtype === undefined ? {} : { dtype: parseDType(input.dtype) }),
  };
}

function isShape(input: InputLike): input is ShapeLike {
  return Array.isArray(input);
}

function extent(value: ExtentLike): Dim {
  if (!isExtent(value))
    throw new ModelError(
      'argument',
      `an extent is a whole number or a name, not ${value === null ? 'null' : typeof value}`,
      {
        hint: INPUTS_HINT,
      },
    );
  const d = typeof value === 'string' ? parse(value) : value;
  const wrong =
    (typeof d === 'number' && !Number.isSafeInteger(d)) || ((typeof d === 'number' || typeof d === 'bigint') && d < 0);
  if (wrong)
    throw new ModelError('argument', `an input cannot have an extent of ${d}`, {
      hint: 'extents are whole numbers from 0, or names',
    });
  return d;
}

/** Values for free dimensions; a value may itself be a formula. Throws ModelError `argument`. */
export function resolveBindings(bind: Readonly<Record<string, ExtentLike>>): ReadonlyMap<string, Dim> {
  if (typeof bind !== 'object' || bind === null)
    throw new ModelError('argument', `bind is not an object: ${String(bind)}`, { hint: 'write bind: { batch: 8 }' });
  return new Map(Object.entries(bind).map(([name, value]) => [name, boundTo(name, value)]));
}

function boundTo(name: string, value: ExtentLike): Dim {
  try {
    return extent(value);
  } catch (error) {
    if (!isModelError(error)) throw error;
    throw new ModelError('argument', `"${String(value)}" is not a size that ${name} can have`, {
      hint: 'a size is a whole number, or a formula in names: batch=8,seq=2*n',
      cause: error,
    });
  }
}

/**
 * `1x3x224x224`, `batchx3x224x224`, `batch,3,h,w`, `[1, 3, 224, 224]`, `(1, 3, 224, 224)`, `1 3 224 224`, each with `:dtype`
 * after it or not. Throws ModelError `argument`.
 */
export function parseShape(text: string): InputOverride {
  const colon = text.search(/:(?=\s*[a-z]\w*\s*$)/i);
  const [shapeText, dtype] = colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
  const type = dtype === undefined ? {} : { dtype: parseDType(dtype.trim()) };
  try {
    const parts = partsOf(shapeText.trim());
    if (parts.every((p) => p !== '')) return { shape: parts.map(extent), ...type };
  } catch (error) {
    if (!isModelError(error)) throw error;
  }
  throw new ModelError('argument', `"${text}" is not a shape`, {
    hint: 'write extents with x between them: 1x3x224x224, batchx3x224x224, or commas: batch,3,2*h,w',
  });
}

/** `ids:1x128`, as other tools write it: the colon after a name, where a shape that begins with a number follows. */
const COLON_BEHIND_NAME = /(?<=^\s*[\p{L}_][^:[(]*):(?=\s*[[(]?\s*\d)/u;

/** `NAME=SHAPE` or a shape alone, as `--input` takes it. An `=` inside a shape does not exist, so the first one ends the name. */
export function namedShape(text: string): InputOverride {
  const named = text.includes('=') ? text.indexOf('=') : text.search(COLON_BEHIND_NAME);
  const shape = parseShape(text.slice(named + 1));
  return named < 1 ? shape : { ...shape, name: text.slice(0, named).trim() };
}

/** The extents of a shape as they are written, with whatever is between them. */
function partsOf(text: string): string[] {
  const [, inner] = /^\[(.*)\]$/s.exec(text) ?? /^\((.*,.*)\)$/s.exec(text) ?? [null, text];
  const plain = (inner as string).trim();
  if (plain === '') return [];
  // A comma after the last extent is Python's way to write a tuple of one.
  if (plain.includes(','))
    return plain
      .replace(/,$/, '')
      .split(',')
      .map((p) => p.trim());
  if (/\s[x×]\s/i.test(plain)) return plain.split(/\s+[x×]\s+/i).map((p) => p.trim());
  if (/^[\p{L}\p{N}_]+(\s+[\p{L}\p{N}_]+)+$/u.test(plain)) return plain.split(/\s+/);
  // One extent that is a product of numbers nobody writes.
  if (/^\d+(\s*\*\s*\d+)+$/.test(plain)) return plain.split(/\s*\*\s*/);
  return splitAtX(plain);
}

/**
 * An `x` parts extents where a number is on one of its sides (`batchx3`, `3xheight`) and between single letters
 * (`hxw`); elsewhere it belongs to a name (`max`). Commas are never in doubt.
 */
function splitAtX(text: string): string[] {
  const parts = text.split(/(?<=\d)[xX×](?=[\w(])|(?<=[\w)])[xX×](?=\d)|×/);
  return parts.flatMap((part) => (/^[a-wyz](x[a-wyz])+$/i.test(part) ? part.split(/x/i) : [part]));
}
