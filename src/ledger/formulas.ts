import { type Dim, isStatic, parse, substitute, symbols } from '../dim/index.js';
import { contraction, type Work } from '../ops/index.js';
import { isRecord } from '../source/by-name.js';
import { isModelError, ModelError } from '../source/errors.js';
import { type DType, numel, parseDType, type TensorType } from '../tensor/index.js';

/** An extent in a formula: a number, or text such as `in.0` or `2*in.1`. */
export type GivenExtent = string | number;

/**
 * A user's formula for an operator that has none, for one execution. Names: `in` and `out` are the elements of the first
 * input and output, `in.1` and `out.0` their extents, `in2`, `in2.0`, `out2` … those of more ones; free dimensions of the
 * model by their own names.
 */
export interface GivenFormula {
  /** Multiply-accumulates; none if it is left out. */
  readonly macs?: string | number;
  /** Floating-point operations besides those of the MACs. */
  readonly flops?: string | number;
  /** Shapes of the outputs, in the extents of the inputs, if the file does not state them. The type is the first input's. */
  readonly outputs?: readonly (
    | readonly GivenExtent[]
    | { readonly shape: readonly GivenExtent[]; readonly dtype?: string }
  )[];
}

/** Formulas by operator, as the file spells it: `com.example.Rotate`, `mylib.rotate.default`. */
export type GivenFormulas = Readonly<Record<string, GivenFormula>>;

const KEYS = ['macs', 'flops', 'outputs'];
const HINT = '{"com.example.Rotate": {"macs": "in*in.1", "flops": "2*out", "outputs": [["in.0", "in.1"]]}}';

/**
 * Formulas as data of a stranger, checked and read once: every text must be a formula. Throws ModelError `argument` that
 * names the operator and the field.
 */
export function checkedFormulas(value: unknown, from = 'the formulas'): GivenFormulas {
  if (!isRecord(value)) throw wrong(from, 'must be an object of formulas by operator');
  for (const [type, formula] of Object.entries(value)) {
    const at = `${from}: ${type}`;
    if (!isRecord(formula)) throw wrong(at, 'is not an object with macs, flops or outputs');
    const unknown = Object.keys(formula).find((key) => !KEYS.includes(key));
    if (unknown !== undefined) throw wrong(at, `has "${unknown}", which is not one of ${KEYS.join(', ')}`);
    if (Object.keys(formula).length === 0) throw wrong(at, 'gives none of macs, flops and outputs');
    for (const key of ['macs', 'flops'] as const)
      if (formula[key] !== undefined) checkCount(formula[key], `${at}.${key}`);
    if (formula['outputs'] !== undefined) checkOutputs(formula['outputs'], `${at}.outputs`);
  }
  return value as GivenFormulas;
}

function checkOutputs(outputs: unknown, at: string): void {
  if (!Array.isArray(outputs)) throw wrong(at, 'is not a list of shapes');
  for (const [i, output] of outputs.entries()) {
    const shape: unknown = isRecord(output) ? output['shape'] : output;
    if (!Array.isArray(shape)) throw wrong(`${at}[${i}]`, 'is not a list of extents');
    for (const extent of shape) checkCount(extent, `${at}[${i}]`);
    const dtype = isRecord(output) ? output['dtype'] : undefined;
    if (dtype !== undefined) {
      if (typeof dtype !== 'string') throw wrong(`${at}[${i}].dtype`, 'is not a name');
      parseDType(dtype);
    }
  }
}

function checkCount(value: unknown, at: string): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0) throw wrong(at, `is ${value}, not a whole number from 0`);
  } else if (typeof value !== 'string') throw wrong(at, 'is neither a number nor text');
  else if (value.trim() !== '')
    try {
      parse(value);
    } catch (error) {
      if (!isModelError(error)) throw error;
      throw wrong(at, `"${value}" is not a formula: ${error.message}`);
    }
}

function wrong(at: string, what: string): ModelError {
  return new ModelError('argument', `${at} ${what}`, { hint: HINT });
}

/** The operator that a formula is for. */
export interface FormulaSite {
  readonly type: string;
  readonly node: string | null;
  readonly inputs: readonly (TensorType | null)[];
  /** As far as they are known. */
  readonly outputs: readonly (TensorType | null)[];
  /** Names of the model's free dimensions. */
  readonly free: ReadonlySet<string>;
}

export interface Formulated {
  readonly outputs: readonly (TensorType | null)[];
  readonly work: readonly Work[];
}

/**
 * One operator by its formula; text where the formula needs the shape of an input that is not known. Throws ModelError
 * `argument` for a name that the operator does not have.
 */
export function applyFormula(formula: GivenFormula, site: FormulaSite): Formulated | string {
  const names = new Map<string, Dim>();
  putNames(names, 'in', site.inputs);
  const outputs = outputsOf(formula, site, names);
  if (typeof outputs === 'string') return outputs;
  putNames(names, 'out', outputs);
  const macs = countOf(formula.macs, 'macs', site, names, outputs);
  if (typeof macs === 'string') return macs;
  const flops = countOf(formula.flops, 'flops', site, names, outputs);
  if (typeof flops === 'string') return flops;
  return {
    outputs,
    work: [
      ...(macs.value === 0 ? [] : [contraction(macs.value, names.get('out') ?? 0)]),
      // Which primitives they are the user does not say.
      ...(flops.value === 0 ? [] : [{ kind: 'map', elements: flops.value, each: { add: 1 } } satisfies Work]),
    ],
  };
}

function outputsOf(
  { outputs = [] }: GivenFormula,
  site: FormulaSite,
  names: ReadonlyMap<string, Dim>,
): readonly (TensorType | null)[] | string {
  const made: (TensorType | null)[] = [];
  for (let i = 0; i < Math.max(site.outputs.length, outputs.length); i++) {
    const known = site.outputs[i] ?? null;
    const given = outputs[i];
    if (given === undefined) {
      made.push(known);
      continue;
    }
    const { shape, dtype } = 'shape' in given ? given : { shape: given, dtype: undefined };
    const extents: Dim[] = [];
    for (const extent of shape) {
      const d = countOf(extent, `outputs[${i}]`, site, names, []);
      if (typeof d === 'string') return d;
      extents.push(d.value);
    }
    const own: DType = known?.dtype ?? site.inputs.find((input) => input !== null)?.dtype ?? 'float32';
    made.push({ dtype: dtype === undefined ? own : parseDType(dtype), shape: extents });
  }
  return made;
}

function countOf(
  given: string | number | undefined,
  field: string,
  site: FormulaSite,
  names: ReadonlyMap<string, Dim>,
  outputs: readonly (TensorType | null)[],
): { readonly value: Dim } | string {
  if (given === undefined || given === '') return { value: 0 };
  const dim = typeof given === 'number' ? given : given.trim() === '' ? 0 : parse(given);
  for (const name of symbols(dim)) {
    if (names.has(name) || site.free.has(name)) continue;
    if (isOfUnknown(name, 'in', site.inputs) || isOfUnknown(name, 'out', outputs))
      return `its given formula uses ${name}, and that shape is not known`;
    throw new ModelError('argument', `the ${field} given for ${site.type} use ${name}, which it does not have`, {
      at: { node: site.node ?? site.type },
      hint: `names: ${[...names.keys(), ...site.free].join(', ')}`,
    });
  }
  const value = substitute(dim, names);
  if (isStatic(value) && value < 0)
    throw new ModelError(
      'argument',
      `the ${field} given for ${site.type} are ${value} here: a count is never negative`,
      {
        at: { node: site.node ?? site.type },
        hint: 'give a formula that holds for all sizes of the model',
      },
    );
  return { value };
}

/** Whether `in2.0` is of an input that is there but has no known shape. */
function isOfUnknown(name: string, word: string, types: readonly (TensorType | null)[]): boolean {
  const match = new RegExp(`^${word}(\\d*)(\\.\\d+)?$`).exec(name);
  return match !== null && types[match[1] === '' ? 0 : Number(match[1]) - 1] === null;
}

function putNames(names: Map<string, Dim>, word: string, types: readonly (TensorType | null)[]): void {
  for (const [i, type] of types.entries()) {
    if (type === null) continue;
    const name = i === 0 ? word : `${word}${i + 1}`;
    names.set(name, numel(type.shape));
    for (const [axis, extent] of type.shape.entries()) names.set(`${name}.${axis}`, extent);
  }
}
