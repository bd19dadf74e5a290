import type { Call, GraphNode } from './node.js';
import type { GraphValue } from './values.js';

/** An input of a node; of one that is left out nothing is known. */
export function inputAt<N extends GraphNode, F>({ inputs, runner }: Call<N, F>, i: number): GraphValue {
  return inputs[i] ?? runner.trace.opaque(null);
}

/** All inputs of a node from a place on: what its bodies are handed. */
export function inputsFrom<N extends GraphNode, F>({ inputs, runner }: Call<N, F>, first: number): GraphValue[] {
  return inputs.slice(first).map((value) => value ?? runner.trace.opaque(null));
}
