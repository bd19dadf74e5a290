import type { ScriptValue } from '../data.js';
import { isKind, tensorsIn } from '../data.js';
import { malformed } from '../errors.js';
import type { Interpreter } from '../interpreter.js';
import { operator } from '../operators.js';
import { quantizeCall, quantized } from '../quantized.js';
import { LANGUAGE, PRIM } from './language.js';
import { DICTS, LISTS } from './lists.js';
import { NUMBERS } from './numbers.js';
import { QUERIES } from './tensors.js';
import { TEXTS } from './texts.js';
import type { Builtin } from './types.js';

/** Methods of lists and dictionaries that go through neither. */
const AT_ONCE: ReadonlySet<string> = new Set(
  ['append', 'len', '__getitem__', '_set_item', 'get', 'setdefault'].flatMap((name) => [
    `torch.${name}`,
    `ops.aten.${name}`,
  ]),
);

/**
 * Calls a function of the language: `torch.add`, `ops.prim.dtype`. What it means depends on what it is given: `torch.add` joins
 * lists, adds numbers, or is an operator on tensors.
 */
export function call(
  m: Interpreter,
  path: string,
  args: readonly ScriptValue[],
  named: ReadonlyMap<string, ScriptValue>,
): ScriptValue {
  m.budget.step();
  const [first] = args;
  if (!(AT_ONCE.has(path) && (isKind(first, 'list') || isKind(first, 'dict'))))
    m.budget.walks([...args, ...named.values()]);
  const [, space, name] = /^(torch|ops(?:\.\w+)?)\.(.+)$/.exec(path) ?? [];
  if (name === undefined) throw malformed(`the function ${path} is not known`);
  if (space === 'torch' || space === 'ops.aten' || space === 'ops.prim') {
    const found = functionOf(name, space === 'ops.prim', args);
    if (found !== undefined) return found(m, args, named);
    const result = quantizeCall(m, name, args);
    if (result !== undefined) return result;
    return operator(m, name, args, named);
  }
  const result = space === 'ops.quantized' ? quantized(m, name, args) : undefined;
  if (result !== undefined) return result;
  return operator(m, `${(space as string).replace(/^ops\./, '')}.${name}`, args, named);
}

function functionOf(name: string, prim: boolean, args: readonly ScriptValue[]): Builtin | undefined {
  const [first = null] = args;
  const own = (table: Readonly<Record<string, Builtin>>): Builtin | undefined =>
    Object.hasOwn(table, name) ? table[name] : undefined;
  if (prim) {
    const found = own(PRIM);
    if (found !== undefined) return found;
  }
  if (typeof first === 'string' && own(TEXTS) !== undefined) return own(TEXTS);
  if ((isKind(first, 'list') || isKind(first, 'tuple')) && own(LISTS) !== undefined) return own(LISTS);
  if (isKind(first, 'dict') && own(DICTS) !== undefined) return own(DICTS);
  if (own(LANGUAGE) !== undefined) return own(LANGUAGE);
  if (isKind(first, 'tensor')) return own(QUERIES);
  return args.every((arg) => tensorsIn(arg).length === 0) ? own(NUMBERS) : undefined;
}
