import { ModelError } from '../../source/errors.js';

/**
 * Arguments after the required ones, as PyTorch takes them: in order, by name in a last object, or both:
 * `new Conv2d(3, 64, 7, 2)` and `new Conv2d(3, 64, 7, { stride: 2, bias: false })` and `new Conv2d(3, 64, 7, 2, { bias: false })`.
 */
export type Rest<Positional extends readonly unknown[], Named> =
  | [named?: Named]
  | (Positional extends readonly [infer Head, ...infer Tail] ? [Head, ...Rest<Tail, Named>] : []);

/**
 * Names the arguments of `rest` by `names`, in order. An unknown name is an error, as in Python.
 * Throws ModelError `argument`.
 */
export function named<T extends object>(
  what: string,
  rest: readonly unknown[],
  names: readonly (keyof T & string)[],
  defaults: T,
): T {
  const out = { ...defaults } as Record<string, unknown>;
  const given = new Set<string>();
  const set = (name: string, value: unknown) => {
    if (!names.includes(name as keyof T & string))
      throw new ModelError('argument', `${what}: unknown argument "${name}"`, { hint: `it takes ${names.join(', ')}` });
    if (given.has(name)) throw new ModelError('argument', `${what}: "${name}" is given twice`);
    given.add(name);
    if (value !== undefined) out[name] = value;
  };
  for (const [i, value] of rest.entries()) {
    if (i === rest.length - 1 && isPlainObject(value)) for (const [name, v] of Object.entries(value)) set(name, v);
    else {
      const name = names[i];
      if (name === undefined)
        throw new ModelError('argument', `${what}: too many arguments`, { hint: `it takes ${names.join(', ')}` });
      set(name, value);
    }
  }
  return out as T;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
