import { nothingComesOut, type Port } from './model.js';
import { nodeOf, tensorName } from './nodes.js';
import { FORMAT, type GraphProto } from './schema.js';

/** Operators that are not results: effects, and what training leaves in a graph. */
const NO_RESULT =
  /^(Const|NoOp|Placeholder\w*|Shape|Size|Rank|Assert|Assign\w*|Apply\w*|Resource(Apply|Scatter|Sparse)\w*|Save\w*|Restore\w*|MergeV2Checkpoints|ShardedFilename|Variable\w*|VarHandleOp|VarIsInitializedOp|IsVariableInitialized|\w*Summary\w*|Print\w*|Scatter(Add|Sub|Update)|Queue\w*|\w+QueueV2|ReportUninitialized\w*|DestroyTemporaryVariable|HashTable\w*|LookupTableImport\w*|InitializeTable\w*|Exit|NextIteration|DisableCopyOnRead)$/;
const OF_TRAINING =
  /^(gradients|save|init|report_uninitialized|train|optimizer|training|Adam|global_step|Initializer)(_\d+)?(\/|$)|\/(Initializer|gradients)(\/|$)/;

/** Results of a graph without signatures: the tensors that nothing reads. Throws ModelError `malformed` if there are none. */
export function unread(graph: GraphProto): Port[] {
  const read = new Set<string>();
  for (const node of graph.node)
    if (!OF_TRAINING.test(node.name))
      for (const name of node.input) read.add(nodeOf(tensorName(name.replace(/^\^/, ''), () => undefined)));
  const loose = graph.node.filter((node) => !read.has(node.name) && !NO_RESULT.test(node.op));
  const fed = fromInputs(graph);
  const own = loose.filter((node) => !OF_TRAINING.test(node.name));
  // A node that depends on no input is a variable that is only read, or a number.
  const computed = own.filter((node) => fed.has(node.name));
  const results = computed.length > 0 ? computed : own.length > 0 ? own : loose;
  // After operators that only order others comes what those read.
  const ports = (results.length > 0 ? results.map((node) => node.name) : behind(graph, read)).map((name) => ({
    name,
    tensor: name,
  }));
  if (ports.length === 0) throw nothingComesOut(FORMAT);
  return ports;
}

/** The nodes that hang on something that is fed. */
function fromInputs(graph: GraphProto): ReadonlySet<string> {
  const readers = new Map<string, string[]>();
  for (const node of graph.node)
    for (const name of node.input) {
      if (name.startsWith('^')) continue;
      const from = nodeOf(tensorName(name, () => undefined));
      const list = readers.get(from);
      if (list === undefined) readers.set(from, [node.name]);
      else list.push(node.name);
    }
  const found = new Set<string>();
  const waiting = graph.node.filter((node) => /^Placeholder(V2)?$/.test(node.op)).map((node) => node.name);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    for (const reader of readers.get(name) ?? []) waiting.push(reader);
  }
  return found;
}

/** Where all ends in a node that only waits, what it waits for. */
function behind(graph: GraphProto, read: ReadonlySet<string>): string[] {
  const byName = new Map(graph.node.map((node) => [node.name, node]));
  return graph.node
    .filter((node) => node.op === 'NoOp' && !read.has(node.name))
    .flatMap((node) => node.input.map((name) => name.replace(/^\^/, '')))
    .filter((name) => !NO_RESULT.test(byName.get(name)?.op ?? 'NoOp'));
}
