import type { OpSource } from '../ledger/index.js';
import type { TensorType } from '../tensor/index.js';
import type { Frame, GraphNode, Rule } from './node.js';
import type { GraphValue } from './values.js';

/** A format, as the runner of its graphs asks it. */
export interface GraphFormat<N extends GraphNode, F> {
  /** As in `model.format` of a report. */
  readonly id: string;
  /** The rule of a node; null where there is none: the node becomes a gap. */
  rule(node: N, inputs: readonly (GraphValue | null)[], frame: Frame<F>): Rule<N, F> | null;
  /** How the node is spelled in the file. */
  source(node: N): OpSource;
  /** A stored tensor of a graph, made a value the first time that it is asked for. */
  stored?(name: string, info: F): GraphValue | undefined;
  /** The type that the file states of a value. */
  stated?(name: string, info: F): TensorType | null | undefined;
  /** The node as its graph means it: attributes of a function's call put in place. */
  resolve?(node: N, info: F): N;
}
