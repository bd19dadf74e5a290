import { byName } from '../../source/by-name.js';
import { float, type Instance, isKind, type ScriptValue, scopeIn } from './data.js';
import { malformed } from './errors.js';
import type { Interpreter } from './interpreter.js';

const CONSTANTS: Readonly<Record<string, ScriptValue>> = byName({
  'torch.inf': float(Number.POSITIVE_INFINITY),
  'torch.nan': float(Number.NaN),
});

/** `x.name`: a field of an object, a part of a name, a constant of the archive. */
export function attribute(m: Interpreter, of: ScriptValue, name: string): ScriptValue {
  if (isKind(of, 'path')) {
    if (of.name !== 'CONSTANTS') return member(m, of.name, name) ?? { kind: 'path', name: `${of.name}.${name}` };
    const constant = /^c\d+$/.test(name) ? m.constants[Number(name.slice(1))] : undefined;
    if (constant === undefined) throw malformed(`the archive has no constant ${name}`);
    return constant;
  }
  if (isKind(of, 'object')) return field(m, of, name);
  if (isKind(of, 'tuple')) {
    const value = of.items[of.fields?.indexOf(name) ?? -1];
    if (value !== undefined) return value;
  }
  if (isKind(of, 'tensor') && (name === 'data' || name === 'grad')) return name === 'data' ? of : null;
  throw malformed(`the attribute ${name} of what has none`);
}

/** Value of a name that is not a function: `torch.inf`, and the name and value of a member of an Enum. */
function member(m: Interpreter, path: string, name: string): ScriptValue | undefined {
  const constant = CONSTANTS[`${path}.${name}`];
  if (constant !== undefined || (name !== 'value' && name !== 'name')) return constant;
  const dot = path.lastIndexOf('.');
  const type = m.library.class(path.slice(0, Math.max(0, dot)));
  if (type?.base !== 'Enum') return undefined;
  const own = path.slice(dot + 1);
  const value = type.constants.get(own);
  return name === 'name' ? own : value === undefined ? undefined : m.evaluate(value, scopeIn(null));
}

function field(m: Interpreter, of: Instance, name: string): ScriptValue {
  const value = of.fields.get(name);
  if (value !== undefined) return value;
  const constant = of.type.constants.get(name);
  if (constant !== undefined) return m.evaluate(constant, scopeIn(null));
  throw malformed(`${of.className} has no attribute ${name}`);
}
