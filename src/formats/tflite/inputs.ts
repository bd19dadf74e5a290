import { type Dim, equal, isStatic, substitute, sym, symbols } from '../../dim/index.js';
import type { Note } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { TensorType } from '../../tensor/index.js';
import { overridesByName } from '../inputs.js';
import type { ReadOptions } from '../types.js';
import { FORMAT, type SubGraph, type TfliteTensor } from './schema.js';

export interface Inputs {
  readonly inputs: readonly { readonly name: string; readonly type: TensorType | null }[];
  readonly bindings: ReadonlyMap<string, Dim>;
  /** Names that the shapes of inputs use. */
  readonly names: ReadonlySet<string>;
  /** Whether the file's own shapes hold, but for what is symbolic in them. */
  readonly asStated: boolean;
  readonly notes: readonly Note[];
}

/** The type of a tensor; what is symbolic at axis 0 is the batch. */
export function typeOf({ dtype, shape, signature }: TfliteTensor, name: string): TensorType | null {
  if (dtype === null) return null;
  return {
    dtype,
    shape: shape.map((d, i) => (signature?.[i] === -1 ? sym(i === 0 ? 'batch' : `${name}_${i}`) : d)),
  };
}

/**
 * The inputs of the main subgraph with the caller's shapes in place of the file's, as the interpreter resizes them. Throws
 * ModelError `argument` for an input that does not exist or has another rank.
 */
export function settleInputs(graph: SubGraph, options: ReadOptions): Inputs {
  const bindings = new Map(options.bind ?? []);
  const notes: Note[] = [];
  const stated = graph.inputs.map((i) => {
    const name = graph.names[i] as string;
    return { name, type: typeOf(graph.tensors[i] as TfliteTensor, name) };
  });
  const listed = stated.map((i) => `${i.name} ${i.type?.shape.map(String).join('x') ?? '(no shape)'}`).join(', ');
  const wanted = overridesByName(stated, options.inputs ?? [], FORMAT, () => listed);
  let asStated = true;
  const inputs = stated.map(({ name, type }) => {
    const given = wanted.get(name);
    if (given === undefined || type === null) return { name, type };
    if (type.shape.length > 0 && given.shape.length !== type.shape.length)
      throw new ModelError('argument', `input ${name} has ${type.shape.length} axes, ${given.shape.length} are given`, {
        format: FORMAT,
        hint: `the model's inputs: ${listed}`,
      });
    for (const [axis, own] of type.shape.entries()) {
      const extent = given.shape[axis] as Dim;
      if (equal(own, extent)) continue;
      if (isStatic(own)) {
        asStated = false;
        notes.push({
          code: 'input-overridden',
          message: `input ${name} was converted with ${own} at axis ${axis}; it is read with ${String(extent)}`,
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
