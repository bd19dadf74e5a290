import { type Graph, type GraphFormat, type Rule, sourceOf, Unsupported } from '../../graph/index.js';
import type { TensorType } from '../../tensor/index.js';
import { viewed } from '../node-view.js';
import { Operator as TensorflowOperator } from '../tensorflow/operator.js';
import { control } from './control.js';
import { flexNode } from './flex.js';
import { Operator } from './operator.js';
import { entryOf } from './operators/index.js';
import { FORMAT, type SubGraph, type TfliteNode } from './schema.js';
import type { StoredTensors } from './stored-tensors.js';

export interface TfliteParts {
  readonly stored: StoredTensors;
  readonly graphs: readonly Graph<TfliteNode, SubGraph>[];
  /** A tensor's type as the file states it at the sizes that are read; null if it does not. */
  readonly stated: (name: string, graph: SubGraph) => TensorType | null;
}

/** TensorFlow Lite for the graph runner. */
export function tfliteFormat(parts: TfliteParts): GraphFormat<TfliteNode, SubGraph> {
  return {
    id: FORMAT,
    source: sourceOf,
    stated: parts.stated,
    stored: (name, graph) => {
      const tensor = graph.byName.get(name);
      return tensor === undefined ? undefined : parts.stored.value(name, tensor);
    },
    rule: (node) => ruleOf(node, parts),
  };
}

function ruleOf(node: TfliteNode, parts: TfliteParts): Rule<TfliteNode, SubGraph> | null {
  if (node.opType === 'edgetpu-custom-op') return compiled;
  const own = control(node.opType);
  if (own !== undefined) return (call) => own(call, parts.graphs);
  const entry = entryOf(node.opType);
  if (entry !== undefined) return (call) => entry.run(new Operator(viewed(call)));
  const flex = flexNode(node);
  return flex === null ? null : (call) => flex.entry.run(new TensorflowOperator({ ...viewed(call), node: flex.node }));
}

const compiled: Rule<TfliteNode, SubGraph> = () => {
  throw new Unsupported(
    'it is compiled for the Edge TPU: what it computes is not in the file; read the one it came from',
  );
};
