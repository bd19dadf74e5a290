import { ModelRaised } from '../../../graph/errors.js';
import { byName } from '../../../source/by-name.js';
import { isInt, isKind, kindOf, list, type ScriptValue, tensor, UNKNOWN_BOOL } from '../data.js';
import { malformed } from '../errors.js';
import { unpack } from '../items.js';
import { needInt, show, toBool, toFloat, toInt } from '../scalars.js';
import { makeDict } from './lists.js';
import { numberType } from './tensors.js';
import { format } from './texts.js';
import type { Builtin } from './types.js';

const nothing: Builtin = () => null;
const no: Builtin = () => false;

/** Whether two values are the same object; with None, whether both are. */
function is(a: ScriptValue, b: ScriptValue): boolean | undefined {
  if (isKind(a, 'unknown') || isKind(b, 'unknown')) return undefined;
  return a === b;
}

/** Functions that take values of any kind, before it is asked whether there are tensors among them. */
export const LANGUAGE: Readonly<Record<string, Builtin>> = byName({
  __is__: (_, [a = null, b = null]) => is(a, b) ?? UNKNOWN_BOOL,
  __isnot__: (_, [a = null, b = null]) => {
    const same = is(a, b);
    return same === undefined ? UNKNOWN_BOOL : !same;
  },
  format,
  warn: nothing,
  warnings: nothing,
  print: nothing,
  manual_seed: nothing,
  set_grad_enabled: nothing,
  wait: (_, [x = null]) => x,
  // A model is read as someone would run it who wants to see its modules, not a kernel in place of them.
  is_grad_enabled: () => true,
  is_autocast_enabled: no,
  is_autocast_cpu_enabled: no,
  is_scripting: () => true,
  is_tracing: no,
  dict: (_, [pairs = null]) => makeDict(pairs),
  list: (_, [x = null]) => list([...(unpack(x) ?? [])]),
  tuple: (_, [x = null]) => x,
  device: (_, [name = null]) => ({ kind: 'device', name: typeof name === 'string' ? name : 'cpu' }),
  Size: (_, [x = null]) => x,
});

/** `ops.prim.…`: what the compiler itself puts in. */
export const PRIM: Readonly<Record<string, Builtin>> = byName({
  RaiseException: (_, [message = null, name = null]) => {
    const kind = typeof name === 'string' ? `${name.replace(/^builtins\./, '')}: ` : '';
    throw new ModelRaised(kind + show(message));
  },
  NumToTensor: (m, [x = null]) => {
    const type = numberType(x);
    return type === null ? x : tensor(m.trace.constant(null, type));
  },
  ImplicitTensorToNum: (m, [x = null]) => toInt(m, x),
  Print: nothing,
  print: nothing,
  AutogradZero: nothing,
  type: (_, [x = null]) => (isKind(x, 'device') ? x.name.replace(/:.*$/, '') : kindOf(x)),
  index: (_, [x = null]) => (isKind(x, 'device') ? Number(/:(\d+)$/.exec(x.name)?.[1] ?? 0) : 0),
  abs: (_, [x = null]) => (isInt(x) && typeof x === 'number' ? Math.abs(x) : x),
  Int: (m, [x = null]) => toInt(m, x),
  Float: (_, [x = null]) => toFloat(x),
  Bool: (_, [x = null]) => toBool(x),
  TupleUnpack: (_, [x = null]) => x,
  unchecked_unwrap_optional: (_, [x = null]) => x,
  tolist: (_, [x = null]) => x,
  rangelist: (m, [n = null]) => {
    const count = Number(needInt(n, 'a length'));
    if (!Number.isSafeInteger(count)) throw malformed('a range of a length that is not known');
    m.budget.length(count);
    return list(Array.from({ length: Math.max(0, count) }, (_, i) => i));
  },
  name: (_, [x = null]) => (isKind(x, 'path') ? x.name.slice(x.name.lastIndexOf('.') + 1) : null),
  is_scripting: () => true,
  id: () => 0,
});
