import { neg } from '../../dim/index.js';
import { attribute } from './attributes.js';
import type { Expression } from './code/ast.js';
import {
  type Callable,
  dict,
  float,
  isInt,
  isKind,
  list,
  type Scope,
  type ScriptValue,
  tuple,
  UNKNOWN_FLOAT,
} from './data.js';
import { malformed } from './errors.js';
import type { Interpreter } from './interpreter.js';
import { item, slice } from './items.js';
import { special } from './special.js';

/** Roots of names that are not variables. */
const ROOTS = new Set(['torch', 'ops', '__torch__', 'CONSTANTS', 'awaitable', 'fork']);

/** The value of an expression. */
export function evaluate(m: Interpreter, e: Expression, scope: Scope): ScriptValue {
  m.budget.step();
  switch (e.kind) {
    case 'constant':
      return e.float ? float(e.value as number) : e.value;
    case 'name':
      return named(e.name, scope);
    case 'attribute':
      return attribute(m, evaluate(m, e.of, scope), e.name);
    case 'item':
      return item(m, evaluate(m, e.of, scope), evaluate(m, e.at, scope));
    case 'slice': {
      const of = evaluate(m, e.of, scope);
      const [start, end] = [e.start, e.end].map((bound) => (bound === null ? null : evaluate(m, bound, scope)));
      return slice(m, of, start ?? null, end ?? null, 1);
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
      throw malformed('cannot negate a value that is not a number');
    }
    case 'call':
      return call(m, e, scope);
  }
}

function lookup(name: string, scope: Scope): ScriptValue | undefined {
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const value = at.names.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

function named(name: string, scope: Scope): ScriptValue {
  const value = lookup(name, scope);
  if (value !== undefined) return value;
  if (ROOTS.has(name)) return { kind: 'path', name };
  throw malformed(`the name ${name} is used before it has a value`);
}

function call(m: Interpreter, e: Extract<Expression, { kind: 'call' }>, scope: Scope): ScriptValue {
  const { callee } = e;
  if (callee.kind === 'name' && lookup(callee.name, scope) === undefined) {
    const result = special(m, callee.name, e, scope);
    if (result !== undefined) return result;
  }
  const args = (): ScriptValue[] => e.args.map((arg) => evaluate(m, arg, scope));
  const named = (): Map<string, ScriptValue> => new Map(e.named.map((n) => [n.name, evaluate(m, n.value, scope)]));
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
  throw malformed('cannot call a value that is not a function');
}
