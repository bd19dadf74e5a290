import { mul } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import { newModule, type OpSource, Trace, type Value } from '../../ledger/index.js';
import { axisOf, concat, unsqueeze } from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';
import { type Arg, applyAten, isFloat, isValue, typeOf } from '../../torch/operators/index.js';
import { float, isInt, isKind, list, runOf, type ScriptValue, type Tensor, tensor, tensorsIn, tuple } from './data.js';
import { malformed } from './errors.js';
import type { Interpreter } from './interpreter.js';
import { unpack } from './items.js';

/** A tensor that an operator takes is this many times the work of an item that is looked at: it is in the record of the run. */
const TENSOR_COST = 8;

/**
 * Calls an operator on tensors. Arithmetic on the numbers that a trace keeps as tensors of no axes is done at once and is not an
 * operator of the model.
 */
export function operator(
  m: Interpreter,
  name: string,
  args: readonly ScriptValue[],
  named: ReadonlyMap<string, ScriptValue>,
  spelled: string = name.includes('.') ? name.replace('.', '::') : `aten::${name}`,
): ScriptValue {
  const spelling = { type: spelled, at: { field: m.place } };
  let results: readonly Arg[];
  const joined = joinRun(m, name, args, spelling);
  if (joined !== null) return joined;
  const tensors = tensorsIn(list([...args]));
  m.budget.reads(TENSOR_COST * tensors.length);
  try {
    const request = {
      name,
      args: args.map(argOf),
      kwargs: Object.fromEntries([...named].map(([key, value]) => [key, argOf(value)])),
      spelling,
    };
    const unknown = [...request.args, ...Object.values(request.kwargs)].some(hasUnknown);
    if (unknown && SHAPING.test(name)) throw new Unsupported('how large it is depends on a number that is not known');
    const folded = tensors.every(isNumber) ? applied(request) : null;
    results = folded?.map((value) => m.trace.constant(null, value)) ?? applyAten(m.trace, request);
    if (unknown) results = results.map((result) => (isValue(result) ? withoutContents(m, result) : result));
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    const inputs = tensorsIn(list([...args, ...named.values()])).map((t) => t.value);
    results = m.trace.gap(name, error.message, inputs, [null], spelling);
  }
  const [first] = args;
  // A write in place is seen through every name of the tensor.
  if (isKind(first, 'tensor') && results.length > 0 && isInPlace(name, args, named)) {
    const [result] = results;
    if (isValue(result)) {
      m.heap.set(first, result);
      return first;
    }
  }
  const made = results.map(datumOf);
  return made.length === 1 ? (made[0] as ScriptValue) : made.length === 0 ? null : tuple(made);
}

/**
 * `cat` and `stack` of what a loop of an unknown number of rounds made: the rounds are identical, so that together they are one
 * tensor, as many times as long. Null for anything else.
 */
function joinRun(m: Interpreter, name: string, args: readonly ScriptValue[], spelling: OpSource): ScriptValue | null {
  const [parts, axis = 0] = args;
  if ((name !== 'cat' && name !== 'stack') || !isKind(parts, 'list') || typeof axis !== 'number') return null;
  const run = runOf(parts);
  if (run === undefined || run.growing) return null;
  const stack = name === 'stack';
  const one = (d: ScriptValue): { readonly value: Value; readonly type: TensorType } => {
    const type = isKind(d, 'tensor') ? d.value.type : null;
    if (!isKind(d, 'tensor') || type === null) throw malformed('the joined values are not tensors of known shape');
    const shape = stack ? (unsqueeze(type, [axis]).outputs[0]?.shape ?? []) : type.shape;
    return { value: d.value, type: { dtype: type.dtype, shape } };
  };
  const before = parts.items.slice(0, -1).map(one);
  const rounds = run.pattern.map(one).map(({ value, type }) => {
    const dim = axisOf(axis, type.shape.length, name);
    return { value, type: { ...type, shape: type.shape.map((d, i) => (i === dim ? mul(d, run.times) : d)) } };
  });
  const all = [...before, ...rounds];
  const effect = concat(
    all.map((part) => part.type),
    axis,
  );
  const [made] = m.trace.apply(
    { ...effect, op: stack ? 'stack' : 'concat' },
    all.map(({ value, type }) => m.trace.alias(value.name, type, value)),
    spelling,
  );
  return made === undefined ? null : tensor(made);
}

function isInPlace(name: string, args: readonly ScriptValue[], named: ReadonlyMap<string, ScriptValue>): boolean {
  return (
    (name.endsWith('_') && !name.endsWith('__')) ||
    named.get('inplace') === true ||
    (name === 'dropout' && args[3] === true)
  );
}

/** A number that the program keeps as a tensor: it lives nowhere. */
function isNumber({ value }: Tensor): boolean {
  return value.storage.bytes === 0 && value.weight === null && value.type?.shape.length === 0 && 'value' in value.type;
}

function withoutContents(m: Interpreter, value: Value): Value {
  const { type } = value;
  if (type === null || !('value' in type)) return value;
  return m.trace.alias(value.name, { dtype: type.dtype, shape: type.shape }, value);
}

/** An operator on numbers, without a record of it; null if its results are not known after all. */
function applied(request: Parameters<typeof applyAten>[1]): NonNullable<Value['type']>[] | null {
  const trace = new Trace();
  trace.enter(newModule('', ''), '', []);
  const results = applyAten(trace, request);
  const types = results.map((result) => (isValue(result) ? typeOf(result) : null));
  const known = types.every((type) => type?.shape.length === 0 && type.value !== undefined);
  return known && types.length > 0 ? (types as NonNullable<Value['type']>[]) : null;
}

/** Stands for a float that is not known: what is computed with it has a shape, and no contents. */
const UNKNOWN: Arg = { float: Number.NaN };
/** Operators whose floats say how large their results are. */
const SHAPING = /^(?:arange|linspace|logspace|range|_?upsample\w*)$/;

function hasUnknown(arg: Arg): boolean {
  return arg === UNKNOWN || (Array.isArray(arg) && (arg as readonly Arg[]).some(hasUnknown));
}

function argOf(d: ScriptValue): Arg {
  if (d === null || typeof d === 'boolean' || typeof d === 'string' || isInt(d)) return d;
  switch (d.kind) {
    case 'tensor':
      return d.value;
    case 'float':
      return floatArg(d.value, d.quotient?.[1] === 1 ? d.quotient[0] : null);
    case 'list':
    case 'tuple':
      return (unpack(d) ?? []).map(argOf);
    case 'device':
      return null;
    case 'unknown':
      throw new Unsupported('an argument depends on data');
    default:
      throw new Unsupported('an argument is an object that has no code in the archive');
  }
}

/** A float that is a formula stands for itself where it is whole. */
function floatArg(value: number | null, formula: Arg): Arg {
  if (value !== null) return { float: value };
  return formula ?? UNKNOWN;
}

function datumOf(arg: Arg): ScriptValue {
  if (arg === null || typeof arg === 'boolean' || typeof arg === 'string') return arg;
  if (isValue(arg)) return tensor(arg);
  if (isFloat(arg)) return float(arg.float);
  if (Array.isArray(arg)) return list((arg as readonly Arg[]).map(datumOf));
  if (typeof arg === 'number' && !Number.isInteger(arg)) return float(arg);
  if (isInt(arg as ScriptValue)) return arg as ScriptValue;
  throw malformed('an operator returned an unsupported value');
}
