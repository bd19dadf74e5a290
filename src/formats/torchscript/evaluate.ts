import { isStatic, neg } from '../../dim/index.js';
import { constantBuiltin } from './builtins/index.js';
import type { Expression } from './code/ast.js';
import {
  type Callable,
  type Datum,
  dict,
  float,
  type Instance,
  isInt,
  isKind,
  keyOf,
  list,
  type Scope,
  scopeIn,
  tuple,
  UNKNOWN_FLOAT,
} from './data.js';
import { broken, needsNumber, Refusal } from './errors.js';
import type { Machine } from './machine.js';
import { special } from './special.js';

/** Roots of names that are no variables. */
const ROOTS = new Set(['torch', 'ops', '__torch__', 'CONSTANTS', 'awaitable', 'fork']);

/** The value of an expression. */
export function evaluate(m: Machine, e: Expression, scope: Scope): Datum {
  m.budget.step();
  switch (e.kind) {
    case 'constant':
      return e.float ? float(e.value as number) : e.value;
    case 'name':
      return named(e.name, scope);
    case 'attribute':
      return attribute(m, evaluate(m, e.of, scope), e.name);
    case 'item':
      return item(evaluate(m, e.of, scope), evaluate(m, e.at, scope));
    case 'slice': {
      const of = evaluate(m, e.of, scope);
      const [start, end] = [e.start, e.end].map((bound) => (bound === null ? null : evaluate(m, bound, scope)));
      return slice(of, start ?? null, end ?? null, 1);
    }
    case 'list':
      m.budget.length(e.items.length);
      return list(e.items.map((x) => evaluate(m, x, scope)));
    case 'tuple':
      return tuple(e.items.map((x) => evaluate(m, x, scope)));
    case 'dict':
      return dict(e.entries.map(([key, value]) => [evaluate(m, key, scope), evaluate(m, value, scope)]));
    case 'negative': {
      const of = evaluate(m, e.of, scope);
      if (isInt(of)) return neg(of);
      if (isKind(of, 'float')) return of.value === null ? UNKNOWN_FLOAT : float(-of.value);
      throw broken('what is no number is negated');
    }
    case 'call':
      return call(m, e, scope);
  }
}

function lookup(name: string, scope: Scope): Datum | undefined {
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const value = at.names.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

function named(name: string, scope: Scope): Datum {
  const value = lookup(name, scope);
  if (value !== undefined) return value;
  if (ROOTS.has(name)) return { kind: 'path', name };
  throw broken(`the name ${name} is used before it has a value`);
}

export function attribute(m: Machine, of: Datum, name: string): Datum {
  if (isKind(of, 'path')) {
    if (of.name !== 'CONSTANTS') return member(m, of.name, name) ?? { kind: 'path', name: `${of.name}.${name}` };
    const constant = /^c\d+$/.test(name) ? m.constants[Number(name.slice(1))] : undefined;
    if (constant === undefined) throw broken(`the archive has no constant ${name}`);
    return constant;
  }
  if (isKind(of, 'object')) return field(m, of, name);
  if (isKind(of, 'tuple')) {
    const value = of.items[of.fields?.indexOf(name) ?? -1];
    if (value !== undefined) return value;
  }
  if (isKind(of, 'tensor') && (name === 'data' || name === 'grad')) return name === 'data' ? of : null;
  throw broken(`the attribute ${name} of what has none`);
}

/** What a name stands for that is no function: `torch.inf`, and the name and value of a member of an Enum. */
function member(m: Machine, path: string, name: string): Datum | undefined {
  const constant = constantBuiltin(`${path}.${name}`);
  if (constant !== undefined || (name !== 'value' && name !== 'name')) return constant;
  const dot = path.lastIndexOf('.');
  const type = m.library.class(path.slice(0, Math.max(0, dot)));
  if (type?.base !== 'Enum') return undefined;
  const own = path.slice(dot + 1);
  const value = type.constants.get(own);
  return name === 'name' ? own : value === undefined ? undefined : evaluate(m, value, scopeIn(null));
}

function field(m: Machine, of: Instance, name: string): Datum {
  const value = of.fields.get(name);
  if (value !== undefined) return value;
  const constant = of.type.constants.get(name);
  if (constant !== undefined) return evaluate(m, constant, scopeIn(null));
  throw broken(`${of.className} has no attribute ${name}`);
}

/** `x[i]` of lists, tuples, dictionaries and texts. */
export function item(of: Datum, at: Datum): Datum {
  if (isKind(of, 'dict')) {
    const found = of.entries.get(keyOf(at) ?? '');
    if (found === undefined) throw new Refusal(`a dictionary has no key ${String(at)}`);
    return found[1];
  }
  const items = typeof of === 'string' ? [...of] : unpack(of);
  if (items === null) throw broken('an item of what has none');
  if (!isInt(at)) throw broken('a position in a list is no integer');
  if (!isStatic(at)) throw needsNumber(`which item of a list is meant is not known: ${String(at)}`);
  const index = Number(at) < 0 ? Number(at) + items.length : Number(at);
  const found = items[index];
  if (found === undefined) throw new Refusal(`position ${String(at)} of a list of ${items.length}`);
  return found;
}

/** Part of a list, a tuple or a text, in Python's semantics. */
export function slice(of: Datum, start: Datum, end: Datum, step: number): Datum {
  const items = typeof of === 'string' ? [...of] : unpack(of);
  if (items === null || step < 1) throw broken('a slice of what is no list');
  const bound = (d: Datum, otherwise: number): number => {
    if (d === null) return otherwise;
    if (!isInt(d) || !isStatic(d)) throw needsNumber('how much of a list is taken is not known');
    const n = Number(d);
    return Math.min(items.length, Math.max(0, n < 0 ? n + items.length : n));
  };
  const [from, to] = [bound(start, 0), bound(end, items.length)];
  const part = items.slice(from, Math.max(from, to)).filter((_, i) => i % step === 0);
  if (typeof of === 'string') return part.join('');
  return isKind(of, 'list') ? list(part) : tuple(part);
}

/** What a list or tuple has in it; null for anything else. */
export function unpack(d: Datum): readonly Datum[] | null {
  return isKind(d, 'list') || isKind(d, 'tuple') ? d.items : null;
}

function call(m: Machine, e: Extract<Expression, { kind: 'call' }>, scope: Scope): Datum {
  const { callee } = e;
  if (callee.kind === 'name' && lookup(callee.name, scope) === undefined) {
    const result = special(m, callee.name, e, scope);
    if (result !== undefined) return result;
  }
  const args = (): Datum[] => e.args.map((arg) => evaluate(m, arg, scope));
  const named = (): Map<string, Datum> => new Map(e.named.map((n) => [n.name, evaluate(m, n.value, scope)]));
  if (callee.kind === 'attribute') {
    const self = evaluate(m, callee.of, scope);
    if (isKind(self, 'object')) return m.method(self, callee.name, args(), named());
    const path: Callable = isKind(self, 'path')
      ? { kind: 'path', name: `${self.name}.${callee.name}` }
      : { kind: 'path', name: `torch.${callee.name}` };
    return m.apply(path, isKind(self, 'path') ? args() : [self, ...args()], named());
  }
  const f = evaluate(m, callee, scope);
  if (isKind(f, 'path') || isKind(f, 'closure')) return m.apply(f, args(), named());
  throw broken('what is called is no function');
}
