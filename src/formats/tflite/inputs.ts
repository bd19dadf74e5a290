import { sym } from '../../dim/index.js';
import type { TensorType } from '../../tensor/index.js';
import { type SettledInputs, settleStated } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { FORMAT, type SubGraph, type TfliteTensor } from './schema.js';

/** The type of a tensor; what is symbolic at axis 0 is the batch. */
export function typeOf({ dtype, shape, signature }: TfliteTensor, name: string): TensorType | null {
  if (dtype === null) return null;
  return {
    dtype,
    shape: shape.map((d, i) => (signature?.[i] === -1 ? sym(i === 0 ? 'batch' : `${name}_${i}`) : d)),
  };
}

/** The inputs of the main subgraph with the caller's shapes in place of the file's, as the interpreter resizes them. */
export function settleInputs(graph: SubGraph, options: ReadOptions): SettledInputs {
  const stated = graph.inputs.map((i) => {
    const name = graph.names[i] as string;
    return { name, type: typeOf(graph.tensors[i] as TfliteTensor, name) };
  });
  return settleStated(stated, options, FORMAT);
}
