import { type Dim, isDim } from '../../dim/index.js';
import { ModelError } from '../../source/errors.js';
import type { Shape, TensorType } from '../../tensor/index.js';
import { Recorded } from './session.js';

// Plain JavaScript may hand anything to a function: what is no tensor or list is refused in words, before something breaks on it.

/** The type of an argument that has to be a tensor. Throws ModelError `argument` for anything else. */
export function typeIn(x: Recorded): TensorType {
  if (x instanceof Recorded) return x.type;
  throw notATensor(x);
}

/** The same of a tensor that may be left out. */
export function typeOrNull(x: Recorded | null | undefined): TensorType | null {
  return x == null ? null : typeIn(x);
}

/** For functions that are made of methods: each has to be a tensor. Throws ModelError `argument`. */
export function tensorsOnly(...all: readonly Recorded[]): void {
  for (const x of all) typeIn(x);
}

/** A list of tensors, as `cat` takes them. Throws ModelError `argument` for what is none. */
export function listIn<T extends Recorded>(what: string, list: readonly T[]): readonly T[] {
  listOnly(what, list, 'tensors');
  for (const x of list) typeIn(x);
  return list;
}

/** The same of at least one tensor. */
export function someIn<T extends Recorded>(what: string, list: readonly T[]): readonly [T, ...T[]] {
  const [first, ...rest] = listIn(what, list);
  if (first === undefined) throw notATensor(undefined);
  return [first, ...rest];
}

/** The members of a list of modules or parameters. Throws ModelError `argument` for what cannot be gone through. */
export function iterableIn<T>(what: string, all: Iterable<T>): Iterable<T> {
  if (typeof (all as Partial<Iterable<T>> | null)?.[Symbol.iterator] !== 'function' || typeof all === 'string')
    throw wrong(`${what} takes a list, and ${spelt(all)} was given`, `new ${what}([first, second])`);
  return all;
}

/** A list of extents or of axes. Throws ModelError `argument` for what is none. */
export function listOnly(what: string, list: readonly unknown[], of: string): void {
  if (!Array.isArray(list))
    throw wrong(`${what} takes a list of ${of}, and ${spelt(list)} was given`, 'write it in brackets: […]');
}

/** An extent, or a count: a number or a formula of free dimensions. Throws ModelError `argument` for anything else. */
export function extentIn(what: string, x: Dim): Dim {
  if (isDim(x) && !Number.isNaN(x)) return x;
  throw wrong(`${what} takes a number, and ${spelt(x)} was given`, 'of a tensor, size(axis) is an extent');
}

/** Numbers of a layer. Throws ModelError `argument` for anything else. */
export function numbersOnly(what: string, ...all: readonly number[]): void {
  for (const x of all)
    if (typeof x !== 'number') throw wrong(`${what} takes numbers, and ${spelt(x)} was given`, NUMBERS);
}
/** Far more layers than any model has. */
const MAX_LAYERS = 10_000;

/** How many layers a module is made of. Throws ModelError `argument` for what is no such number. */
export function layersIn(what: string, count: number): void {
  if (Number.isInteger(count) && count >= 0 && count <= MAX_LAYERS) return;
  throw wrong(`${what} has a number of layers, up to ${MAX_LAYERS}, and ${spelt(count)} was given`, NUMBERS);
}
const NUMBERS = 'options have names: { bias: false }';

/** A shape. Throws ModelError `argument` for what is none. */
export function shapeIn(what: string, shape: Shape): Shape {
  listOnly(what, shape, 'extents');
  for (const d of shape) extentIn(what, d);
  return shape;
}

/** Options by name. Throws ModelError `argument` for null and for what is no object. */
export function optionsIn<T extends object>(options: T): T {
  if (typeof options === 'object' && options !== null && !(options instanceof Recorded)) return options;
  throw wrong(
    `options are needed by name, and ${spelt(options)} was given`,
    'leave them out, or name them: { stride: 2 }',
  );
}

function notATensor(x: unknown): ModelError {
  return wrong(
    `a tensor is needed, and ${spelt(x)} was given`,
    'give what forward is handed, what another layer gave, or nn.tensor(…); shapes and numbers are no tensors',
  );
}

function wrong(message: string, hint: string): ModelError {
  return new ModelError('argument', message, { format: 'nn', hint });
}

/** A value in a message: short, and of objects what they are. */
export function spelt(x: unknown): string {
  if (typeof x === 'string') return JSON.stringify(x.slice(0, 40));
  if (typeof x === 'function') return `the function ${x.name.slice(0, 40) || 'without a name'}`;
  if (x instanceof Recorded) return 'a tensor';
  if (Array.isArray(x)) return `a list of ${x.length}`;
  if (typeof x === 'object' && x !== null) return 'an object';
  return String(x);
}
