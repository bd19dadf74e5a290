import { ModelError } from '../../source/errors.js';

/**
 * Arguments after the required ones, as PyTorch takes them: in order, by name in a last object, or both:
 * `new Conv2d(3, 64, 7, 2)` and `new Conv2d(3, 64, 7, { stride: 2, bias: false })` and `new Conv2d(3, 64, 7, 2, { bias: false })`.
 */
export type Rest<Positional extends readonly unknown[], Named> =
  | [named?: Named]
  | (Positional extends readonly [infer Head, ...infer Tail] ? [Head, ...Rest<Tail, Named>] : []);

/**
 * Names the arguments of `rest` by `names`, in order; `defaults` themselves if there are none. An unknown name is an
 * error, as in Python.
 * Throws ModelError `argument`.
 */
export function named<T extends object>(
  what: string,
  rest: readonly unknown[],
  names: readonly (keyof T & string)[],
  defaults: T,
): T {
  if (rest.length === 0) return defaults;
  const out = { ...defaults } as Record<string, unknown>;
  const last = rest.at(-1);
  const byName = isPlainObject(last) ? last : null;
  const inOrder = byName === null ? rest.length : rest.length - 1;
  for (let i = 0; i < inOrder; i++) {
    const name = names[i];
    if (name === undefined)
      throw new ModelError('argument', `${what}: too many arguments`, { hint: `it takes ${names.join(', ')}` });
    if (rest[i] !== undefined) out[name] = rest[i];
  }
  if (byName === null) return out as T;
  for (const name of Object.keys(byName)) {
    const at = names.indexOf(name as keyof T & string);
    if (at < 0)
      throw new ModelError('argument', `${what}: unknown argument "${name}"`, { hint: `it takes ${names.join(', ')}` });
    if (at < inOrder) throw new ModelError('argument', `${what}: "${name}" is given twice`);
    if (byName[name] !== undefined) out[name] = byName[name];
  }
  return out as T;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
