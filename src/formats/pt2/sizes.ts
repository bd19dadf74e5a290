import { type Dim, equal, isStatic, substitute, sym } from '../../dim/index.js';
import { isModelError } from '../../source/errors.js';
import type { DType, TensorType } from '../../tensor/index.js';
import type { Json } from './json.js';
import { parseSympy } from './sympy.js';

/** The numbers of dtypes in these files, which are not those of PyTorch elsewhere. */
const DTYPES: Readonly<Record<number, DType>> = {
  1: 'uint8',
  2: 'int8',
  3: 'int16',
  4: 'int32',
  5: 'int64',
  6: 'float16',
  7: 'float32',
  8: 'float64',
  9: 'complex64', // of halves: there is no smaller name
  10: 'complex64',
  11: 'complex128',
  12: 'bool',
  13: 'bfloat16',
  28: 'uint16',
  29: 'float8e4m3fn',
  30: 'float8e5m2',
  31: 'float8e4m3fnuz',
  32: 'float8e5m2fnuz',
};

/** The dtype of a number of the file; null for one that is not known. */
export function dtypeOf(number: number): DType | null {
  return DTYPES[number] ?? null;
}

interface Bounds {
  readonly min: number | null;
  readonly max: number | null;
}

/**
 * The free sizes of a program: symbols by their names in the file (`s77`), with the ranges that the file constrains them
 * to, and the values that the caller binds them to.
 */
export class Sizes {
  readonly #ranges = new Map<string, Bounds>();
  readonly #parsed = new Map<string, Dim>();
  readonly #bindings = new Map<string, Dim>();
  /** Sizes in the example with which the model was exported. */
  readonly hints = new Map<string, number>();

  constructor(constraints: Json) {
    if (constraints.missing) return;
    for (const [name, range] of constraints.entries())
      this.#ranges.set(name, { min: boundOf(range.get('min_val')), max: boundOf(range.get('max_val')) });
  }

  /** Puts values in place of symbols, in all that is read from here on. */
  bind(bindings: ReadonlyMap<string, Dim>): void {
    for (const [name, value] of bindings) this.#bindings.set(name, value);
    this.#parsed.clear();
  }

  get bindings(): ReadonlyMap<string, Dim> {
    return this.#bindings;
  }

  /** Whether the file constrains a symbol of this name. */
  has(name: string): boolean {
    return this.#ranges.has(name);
  }

  /** A symbol of the file as it is, whatever it is bound to. */
  symbol(name: string): Dim {
    const range = this.#ranges.get(name);
    // Sizes that depend on data (`u0`) can be 0; those of inputs are positive, whatever the range says.
    const least = /^u\d/.test(name) ? 0 : 1;
    const min = Math.max(least, range?.min ?? least);
    const max = range?.max ?? null;
    return sym(name, { min, max: max !== null && max < min ? null : max });
  }

  /** A size without what the caller binds. Throws ModelError for an expression that cannot be read. */
  unbound(size: Json): Dim {
    const { tag, body } = size.tagged();
    if (tag === 'as_int') return body.integer();
    const expression = tag === 'as_expr' ? body.get('expr_str').text() : body.text();
    let dim = this.#parsed.get(expression);
    if (dim === undefined) {
      dim = parseSympy(expression, (name) => this.symbol(name));
      this.#parsed.set(expression, dim);
    }
    if (tag === 'as_expr' && typeof dim === 'object') this.#learn(dim, body);
    return dim;
  }

  /** Throws ModelError as `unbound`, and `argument` for a binding outside the range that the file states. */
  size(size: Json): Dim {
    return substitute(this.unbound(size), this.#bindings);
  }

  #learn(dim: Dim, body: Json): void {
    const name = String(dim);
    const hint = body.get('hint');
    if (!/^\w+$/.test(name) || this.hints.has(name) || hint.missing) return;
    const value = hint.get('as_int');
    if (!value.missing) this.hints.set(name, value.index());
  }

  /** The type that the file states of a tensor; null if its sizes or its dtype cannot be read. */
  type(meta: Json): TensorType | null {
    const dtype = dtypeOf(meta.get('dtype').index());
    if (dtype === null) return null;
    try {
      return {
        dtype,
        shape: meta
          .get('sizes')
          .items()
          .map((size) => this.size(size)),
      };
    } catch (error) {
      if (isModelError(error) && error.code === 'unsupported') return null;
      throw error;
    }
  }

  /** Whether two sizes are the same: one form, or the same number in the example and in another one. */
  agree(a: Dim, b: Dim): boolean {
    if (equal(a, b)) return true;
    if (isStatic(a) && isStatic(b)) return false;
    return [0, 1].every((shift) => {
      const x = this.#example(a, shift);
      const y = this.#example(b, shift);
      return x === null || y === null || equal(x, y);
    });
  }

  /** A size in the example of the file, or in one of twice its extents. */
  #example(d: Dim, shift: number): Dim | null {
    const values = new Map([...this.hints].map(([name, value]): [string, Dim] => [name, value * (1 + shift)]));
    try {
      const value = substitute(d, values);
      return isStatic(value) ? value : null;
    } catch {
      return null; // outside the range of a symbol
    }
  }
}

function boundOf(bound: Json): number | null {
  if (bound.missing) return null;
  const value = bound.number();
  return Number.isSafeInteger(value) ? value : null;
}
