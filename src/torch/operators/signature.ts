import { byName } from '../../source/by-name.js';
import { type Arg, isFloat, isValue } from './types.js';

/**
 * Parameters in PyTorch's order and words, one text an overload: `input weight bias=None stride=1`. A tag says what a
 * parameter takes where overloads have to be told apart: T tensor, Ts list of tensors, n number, i integer, is integers
 * or one, b boolean, s string. `...` marks a list that Python lets one spell out: `x.view(2, 3)`.
 */
interface Parameter {
  readonly name: string;
  readonly tag: string | null;
  readonly spread: boolean;
  readonly fallback: Arg | undefined;
}

const parsed = new Map<string, readonly Parameter[]>();

function parametersOf(signature: string): readonly Parameter[] {
  let known = parsed.get(signature);
  if (known === undefined) {
    known = signature === '' ? [] : signature.split(' ').map(parameterOf);
    parsed.set(signature, known);
  }
  return known;
}

function parameterOf(text: string): Parameter {
  const [head = '', fallback] = text.split('=');
  const [name = '', tag = null] = head.replace('...', '').split(':');
  return { name, tag, spread: head.endsWith('...'), fallback: fallback === undefined ? undefined : literal(fallback) };
}

function literal(text: string): Arg {
  if (text === 'None') return null;
  if (text === 'True' || text === 'False') return text === 'True';
  if (text === '[]') return [];
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** Arguments that change neither shapes nor work. */
const IGNORED = new Set([
  'device',
  'layout',
  'pin_memory',
  'memory_format',
  'non_blocking',
  'generator',
  'requires_grad',
  'out',
  'copy',
  'names',
  '_stacklevel',
]);
/** Python's names for the same parameters. */
const ALIASES: Readonly<Record<string, string>> = byName({
  input: 'self',
  self: 'input',
  axis: 'dim',
  axes: 'dim',
  keepdims: 'keepdim',
  x: 'self',
  x1: 'self',
  x2: 'other',
  shape: 'size',
  output_size: 'size',
  size: 'output_size',
  scale_factor: 'scale_factors',
  axis0: 'dim0',
  axis1: 'dim1',
  split_size_or_sections: 'split_size',
});

/** The arguments by parameter, those left out by their defaults; null if they do not fit the signature. */
export function bind(
  signature: string,
  args: readonly Arg[],
  kwargs: Readonly<Record<string, Arg>>,
): Map<string, Arg> | null {
  const parameters = parametersOf(signature);
  const bound = new Map<string, Arg>();
  let next = 0;
  for (const [i, parameter] of parameters.entries()) {
    if (next >= args.length) break;
    const arg = args[next] as Arg;
    if (parameter.spread && !Array.isArray(arg) && isNumber(arg)) {
      const rest = spreadFrom(args, next);
      bound.set(parameter.name, rest);
      next += rest.length;
    } else {
      bound.set(parameter.name, arg);
      next = i + 1;
    }
  }
  if (next < args.length) return null;
  for (const [given, arg] of Object.entries(kwargs)) {
    const name = parameters.some((p) => p.name === given) ? given : (ALIASES[given] ?? given);
    if (parameters.some((p) => p.name === name)) {
      if (bound.has(name)) return null;
      bound.set(name, arg);
    } else if (!IGNORED.has(given)) return null;
  }
  for (const { name, tag, fallback } of parameters) {
    const arg = bound.get(name);
    if (arg === undefined) {
      if (fallback === undefined) return null;
      bound.set(name, fallback);
    } else if (tag !== null && !(arg === null && fallback !== undefined) && !fits(arg, tag)) return null;
  }
  return bound;
}

function spreadFrom(args: readonly Arg[], from: number): readonly Arg[] {
  let end = from;
  while (end < args.length && isNumber(args[end] as Arg)) end++;
  return args.slice(from, end);
}

function isNumber(arg: Arg): boolean {
  if (isValue(arg)) return arg.type?.shape.length === 0 && arg.type.value !== undefined;
  return (
    typeof arg === 'number' ||
    typeof arg === 'bigint' ||
    isFloat(arg) ||
    (typeof arg === 'object' && arg !== null && !Array.isArray(arg))
  );
}

function fits(arg: Arg, tag: string): boolean {
  switch (tag) {
    case 'T':
      return isValue(arg);
    case 'Ts':
      return Array.isArray(arg) && arg.every((item) => item === null || isValue(item));
    case 'n':
    case 'i':
      return isNumber(arg);
    case 'is':
      return Array.isArray(arg) ? arg.every((item) => item === null || isNumber(item)) : isNumber(arg);
    case 'b':
      return typeof arg === 'boolean';
    case 's':
      return typeof arg === 'string';
    default:
      return true;
  }
}
