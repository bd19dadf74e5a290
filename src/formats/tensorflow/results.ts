import { nothingComesOut, type Port } from './model.js';
import { nodeOf, tensorName } from './nodes.js';
import { FORMAT, type GraphProto } from './schema.js';

/** Operators that are no results: effects, and what training leaves in a graph. */
const NO_RESULT =
  /^(Const|NoOp|Placeholder\w*|Assert|Assign\w*|Apply\w*|Resource(Apply|Scatter|Sparse)\w*|Save\w*|Restore\w*|MergeV2Checkpoints|ShardedFilename|Variable\w*|VarHandleOp|VarIsInitializedOp|IsVariableInitialized|\w*Summary\w*|Print\w*|Scatter(Add|Sub|Update)|Queue\w*|\w+QueueV2|ReportUninitialized\w*|DestroyTemporaryVariable|HashTable\w*|LookupTableImport\w*|InitializeTable\w*|Exit|NextIteration|DisableCopyOnRead)$/;
const OF_TRAINING =
  /^(gradients|save|init|report_uninitialized|train|optimizer|training|Adam|global_step|Initializer)(_\d+)?(\/|$)|\/(Initializer|gradients)(\/|$)/;

/** What comes out of a graph without signatures: what nothing reads. Throws ModelError `malformed` where that is nothing. */
export function unread(graph: GraphProto): Port[] {
  const read = new Set<string>();
  for (const node of graph.node)
    for (const name of node.input) read.add(nodeOf(tensorName(name.replace(/^\^/, ''), () => undefined)));
  const loose = graph.node.filter((node) => !read.has(node.name) && !NO_RESULT.test(node.op));
  const own = loose.filter((node) => !OF_TRAINING.test(node.name));
  const results = own.length > 0 ? own : loose;
  // Behind what only holds things in order stands what they come from.
  const ports = (results.length > 0 ? results.map((node) => node.name) : behind(graph, read)).map((name) => ({
    name,
    tensor: name,
  }));
  if (ports.length === 0) throw nothingComesOut(FORMAT);
  return ports;
}

/** Where all ends in a node that only waits, what it waits for. */
function behind(graph: GraphProto, read: ReadonlySet<string>): string[] {
  const byName = new Map(graph.node.map((node) => [node.name, node]));
  return graph.node
    .filter((node) => node.op === 'NoOp' && !read.has(node.name))
    .flatMap((node) => node.input.map((name) => name.replace(/^\^/, '')))
    .filter((name) => !NO_RESULT.test(byName.get(name)?.op ?? 'NoOp'));
}
