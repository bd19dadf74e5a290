import { type Dim, product } from '../../dim/index.js';
import { type Call, GraphRunner, type Rule, sourceOf, valueOr } from '../../graph/index.js';
import type { Value } from '../../ledger/index.js';
import type { ProtoMessage } from '../../wire/proto-message.js';
import { type Feature, FORMAT } from './features.js';
import { control } from './layers/control.js';
import { entryOf } from './layers/index.js';
import { Layer } from './layers/layer.js';
import { networkOf } from './network.js';
import type { CoreNode, NetworkInfo } from './node.js';
import { type Context, type Described, type Features, shaped } from './run.js';
import { scopeOf } from './scopes.js';
import { StoredBlobs } from './stored.js';

/** Runs the layers of a neural network on the features that go in. */
export function runNetwork(
  network: ProtoMessage,
  io: Described,
  given: Features,
  context: Context,
): Map<string, Value> {
  const { trace, modules, base } = context;
  const names = io.inputs.map((f) => f.name);
  const read = networkOf(network, names, []);
  // A class that a classifier names is not an output of a layer.
  const written = new Set(read.nodes.flatMap((node) => node.output));
  const outputs = io.outputs.map((f) => f.name).filter((name) => written.has(name));
  const graph = { ...read, outputs };
  const prefix = context.scope.map((part) => `${part.path}.`).at(-1) ?? '';
  const stored = new StoredBlobs(trace, prefix);
  const runner = new GraphRunner<CoreNode, NetworkInfo>({
    trace,
    format: {
      id: FORMAT,
      source: sourceOf,
      stored: (name, info) => {
        const blob = info.stored.get(name);
        return blob === undefined ? undefined : stored.value(name, blob);
      },
      rule: ruleOf,
    },
    places: modules.places((node) => [...context.scope, ...scopeOf(node.name, prefix)]),
    bindings: context.bindings,
  });
  const exact = network.int(5) === 1;
  const rank4 = network.int(6) === 1;
  const args = io.inputs.map((f) => {
    const value = given.get(f.name);
    return value === undefined ? trace.opaque(f.name) : placed(f, value, exact, rank4, context);
  });
  const results = runner.top(graph, args, base);
  for (const name of runner.bound) context.bound.add(name);
  const made = outputs.map((name, i): [string, Value] => {
    const value = valueOr(trace, results[i], name);
    return [name, exact ? value : unplaced(value, context)];
  });
  return new Map(made);
}

/** Networks of the first versions see sequence, batch, channels, height and width, whatever the feature has of these. */
function placed(f: Feature, value: Value, exact: boolean, rank4: boolean, { trace }: Context): Value {
  const shape = value.type?.shape;
  if (shape === undefined) return value;
  if (f.kind === 'image') return shaped(trace, value, exact && rank4 ? [1, ...shape] : [1, 1, ...shape]);
  if (exact) return value;
  if (shape.length === 1) return shaped(trace, value, [1, 1, ...shape, 1, 1]);
  if (shape.length === 2) return shaped(trace, value, [...shape.slice(0, 1), 1, ...shape.slice(1), 1, 1]);
  return shaped(trace, value, shape.length >= 5 ? shape : [...new Array<Dim>(5 - shape.length).fill(1), ...shape]);
}

/** A result of such a network, without the axes that the network does not have. */
function unplaced(value: Value, { trace }: Context): Value {
  const shape = value.type?.shape;
  if (shape?.length !== 5) return value;
  const [sequence = 1, batch = 1, channels = 1, ...extents] = shape;
  const lead = [sequence, batch].filter((d) => d !== 1);
  const behind = product(extents) === 1 ? [] : extents;
  return shaped(trace, value, [...lead, channels, ...behind]);
}

function ruleOf(node: CoreNode): Rule<CoreNode, NetworkInfo> | null {
  const own = control(node.opType);
  if (own !== undefined) return own;
  const entry = entryOf(node.opType);
  return entry === undefined ? null : (call: Call<CoreNode, NetworkInfo>) => entry.run(new Layer(call));
}
