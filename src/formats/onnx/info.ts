import type { Call, Frame, Graph, Interpreter, Rule } from '../../graph/index.js';
import { inOrder, Unsupported } from '../../graph/index.js';
import type { TensorType } from '../../tensor/index.js';
import type { AttributeProto, GraphProto, NodeProto, TensorProto } from './schema.js';

/** The facts of one graph of a file beside its nodes. */
export interface OnnxInfo {
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** Types that the file states of values. */
  readonly stated: ReadonlyMap<string, TensorType>;
  /** Versions of the domains. */
  readonly opsets: ReadonlyMap<string, number>;
  /** In a function: the attributes of the call. */
  readonly attributes: Attributes;
}

/** Attributes by name. */
export type Attributes = Pick<ReadonlyMap<string, AttributeProto>, 'get' | 'size'>;

export type OnnxFrame = Frame<OnnxInfo>;
export type OnnxInterpreter = Interpreter<NodeProto, OnnxInfo>;
export type OnnxCall = Call<NodeProto, OnnxInfo>;
export type OnnxRule = Rule<NodeProto, OnnxInfo>;

/** A body of a node as a graph: it has tensors of its own, and the versions and attributes of what is around it. */
export function bodyOf({ node, frame }: OnnxCall, attribute: string): Graph<NodeProto, OnnxInfo> {
  const graph = node.attribute.find((a) => a.name === attribute)?.g;
  if (graph === undefined) throw new Unsupported(`it has no ${attribute}`);
  return bodies(graph, frame.info);
}

function bodies(graph: GraphProto, around: OnnxInfo): Graph<NodeProto, OnnxInfo> {
  let known = PARTS.get(graph);
  if (known === undefined) {
    known = {
      nodes: inOrder(graph.node, 'onnx'),
      inputs: graph.input.map((info) => info.name),
      outputs: graph.output.map((info) => info.name),
      initializers: new Map(graph.initializer.map((t) => [t.name, t])),
    };
    PARTS.set(graph, known);
  }
  const { nodes, inputs, outputs, initializers } = known;
  return { nodes, inputs, outputs, info: { ...around, initializers, stated: NOTHING } };
}

/** A body's own part, which is the same however often the body runs. */
interface BodyParts extends Pick<Graph<NodeProto, OnnxInfo>, 'nodes' | 'inputs'> {
  readonly outputs: readonly string[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
}
const PARTS = new WeakMap<GraphProto, BodyParts>();
const NOTHING: ReadonlyMap<string, TensorType> = new Map();
