import { byName } from '../../source/by-name.js';
import { attribute } from './attributes.js';
import type { Expression } from './code/ast.js';
import { isKind, kindOf, type Scope, type ScriptValue } from './data.js';
import { malformed } from './errors.js';
import type { Interpreter } from './interpreter.js';
import { toBool, toFloat, toInt, toText } from './scalars.js';

type Call = Extract<Expression, { kind: 'call' }>;

/**
 * Forms of the language that look like calls: what they are given may be a type. Undefined for any other name.
 */
export function special(m: Interpreter, name: string, e: Call, scope: Scope): ScriptValue | undefined {
  const [first, second] = e.args;
  const value = (arg: Expression | undefined): ScriptValue => {
    if (arg === undefined) throw malformed(`${name} needs more arguments`);
    return m.evaluate(arg, scope);
  };
  switch (name) {
    case 'annotate':
      return as(m, first, value(second));
    case 'unchecked_cast':
      return value(second);
    case 'unchecked_unwrap_optional':
      return value(first);
    case 'uninitialized':
      return { kind: 'unknown', of: 'any' };
    case 'isinstance':
      return isInstance(value(first), second);
    case 'getattr': {
      const key = value(second);
      if (typeof key !== 'string') throw malformed('the name of an attribute is not text');
      return attribute(m, value(first), key);
    }
    case 'hasattr': {
      const [object, key] = [value(first), value(second)];
      return isKind(object, 'object') && typeof key === 'string' && object.fields.has(key);
    }
    case 'int':
      return toInt(m, value(first));
    case 'float':
      return toFloat(value(first));
    case 'bool':
      return toBool(value(first));
    case 'str':
      return toText(value(first));
    case 'fork':
    case 'awaitable': {
      const [f, ...args] = e.args.map((arg) => m.evaluate(arg, scope));
      if (!isKind(f, 'closure') && !isKind(f, 'path')) throw malformed(`${name} of a value that is not a function`);
      return m.apply(f, args, new Map());
    }
    default:
      return undefined;
  }
}

/** `annotate(int, x)` takes the number out of a tensor; of anything else it says what is known already. */
function as(m: Interpreter, type: Expression | undefined, value: ScriptValue): ScriptValue {
  if (!isKind(value, 'tensor') || type?.kind !== 'name') return value;
  if (type.name === 'int') return toInt(m, value);
  if (type.name === 'float') return toFloat(value);
  return type.name === 'bool' ? toBool(value) : value;
}

const NAMES: Readonly<Record<string, readonly string[]>> = byName({
  Tensor: ['tensor'],
  int: ['int'],
  float: ['float'],
  bool: ['bool'],
  str: ['str'],
  number: ['int', 'float'],
  NoneType: ['none'],
  Device: ['device'],
});
const CONTAINERS: Readonly<Record<string, string>> = byName({ List: 'list', Tuple: 'tuple', Dict: 'dict' });

/** Whether a value is of a type, or of one of several. */
function isInstance(value: ScriptValue, type: Expression | undefined): boolean {
  if (type === undefined) return false;
  if (type.kind === 'tuple' || type.kind === 'list') return type.items.some((one) => isInstance(value, one));
  const kind = kindOf(value);
  if (type.kind === 'name') {
    const names = NAMES[type.name];
    return names === undefined ? CONTAINERS[type.name] === kind : names.includes(kind);
  }
  if (type.kind === 'item' && type.of.kind === 'name') {
    const { name } = type.of;
    if (name === 'Optional') return value === null || isInstance(value, type.at);
    if (name === 'Union') return isInstance(value, type.at);
    if (CONTAINERS[name] !== kind) return false;
    // The type of a list's items is that of its first item; an empty one is of every type.
    const first = isKind(value, 'list') ? value.items[0] : undefined;
    return first === undefined || isInstance(first, type.at);
  }
  if (type.kind === 'attribute') return isKind(value, 'object') && endsIn(value.className, type);
  return false;
}

function endsIn(name: string, type: Extract<Expression, { kind: 'attribute' }>): boolean {
  const parts = [type.name];
  for (let at = type.of; at.kind === 'attribute' || at.kind === 'name'; ) {
    parts.unshift(at.name);
    if (at.kind === 'name') break;
    at = at.of;
  }
  return parts.join('.') === name;
}
