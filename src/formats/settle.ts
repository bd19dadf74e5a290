import { type Dim, equal, isStatic, substitute, symbols } from '../dim/index.js';
import { checkShape, type Note } from '../ledger/index.js';
import { ModelError } from '../source/errors.js';
import type { TensorType } from '../tensor/index.js';
import { overridesByName } from './inputs.js';
import type { ReadOptions } from './types.js';

/** An input as the file states it. */
export interface StatedInput {
  readonly name: string;
  /** Null if the file says nothing of it. */
  readonly type: TensorType | null;
}

export interface SettledInputs {
  readonly inputs: readonly StatedInput[];
  readonly bindings: ReadonlyMap<string, Dim>;
  /** Names that the shapes of inputs use. */
  readonly names: ReadonlySet<string>;
  /** Whether the file's own shapes hold, except for what is symbolic in them. */
  readonly asStated: boolean;
  readonly notes: readonly Note[];
}

/**
 * The inputs of a model with the caller's shapes in place of the file's, and what is free in the file's shapes bound to
 * the caller's. Throws ModelError `argument` for an input that does not exist or has another rank.
 */
export function settleStated(stated: readonly StatedInput[], options: ReadOptions, format: string): SettledInputs {
  const bindings = new Map(options.bind ?? []);
  const notes: Note[] = [];
  // Before anything is worked out of the shapes: axes without end would make formulas without end.
  for (const { name, type } of stated) if (type !== null) checkShape(type, name);
  const listed = stated.map((i) => `${i.name} ${i.type?.shape.map(String).join('x') ?? '(no shape)'}`).join(', ');
  const wanted = overridesByName(stated, options.inputs ?? [], format, () => listed);
  let asStated = true;
  const inputs = stated.map(({ name, type }): StatedInput => {
    const given = wanted.get(name);
    if (given === undefined) return { name, type };
    if (type === null) return { name, type: { dtype: given.dtype ?? 'float32', shape: given.shape } };
    if (type.shape.length > 0 && given.shape.length !== type.shape.length)
      throw new ModelError('argument', `input ${name} has ${type.shape.length} axes, ${given.shape.length} are given`, {
        format,
        hint: `the model's inputs: ${listed}`,
      });
    for (const [axis, own] of type.shape.entries()) {
      const extent = given.shape[axis] as Dim;
      if (equal(own, extent)) continue;
      if (isStatic(own)) {
        asStated = false;
        notes.push({
          code: 'input-overridden',
          message: `input ${name} has ${own} at axis ${axis} in the file; it is read with ${String(extent)}`,
        });
      } else bindings.set(String(own), extent);
    }
    return { name, type: { dtype: given.dtype ?? type.dtype, shape: given.shape } };
  });
  return {
    inputs: inputs.map(({ name, type }) => ({
      name,
      type: type === null ? null : { dtype: type.dtype, shape: type.shape.map((d) => substitute(d, bindings)) },
    })),
    bindings,
    names: new Set([...stated, ...inputs].flatMap(({ type }) => type?.shape.flatMap(symbols) ?? [])),
    asStated,
    notes,
  };
}

/** Names that the caller bound and that something in the model took: its inputs, or the graph itself while it ran. */
export function boundNames(
  { bind }: ReadOptions,
  ...taken: readonly { readonly has: (name: string) => boolean }[]
): string[] {
  return [...(bind?.keys() ?? [])].filter((name) => taken.some((names) => names.has(name)));
}
