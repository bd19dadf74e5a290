import { GraphRunner } from '../../graph/index.js';
import { type Ledger, type Note, Trace, type Value, type Weight } from '../../ledger/index.js';
import type { Source } from '../../source/index.js';
import { type Arg, valuesIn } from '../../torch/operators/index.js';
import { boundNames } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { openProgram } from './archive.js';
import { Calls } from './calls.js';
import { baseOf } from './classes.js';
import { pt2Format } from './dispatch.js';
import { type SettledInputs, type StatedInput, settleInputs } from './inputs.js';
import { FORMAT, type Json } from './json.js';
import { describeMultihead } from './multihead.js';
import { graphOf, type Pt2Info, type Pt2Node } from './node.js';
import { scanGraph } from './scan-graph.js';
import { ShapeMismatches } from './shape-mismatches.js';
import { Sizes } from './sizes.js';
import { buildTree } from './tree.js';
import { namesOf } from './values.js';
import { type InputSpec, inputSpecs, weightsOf } from './weights.js';

/**
 * Reads what torch.export saved: the graph, its free sizes, the module tree and the weights' names and shapes. Of the
 * archive only its directory, the program and the list of weights are read. `options.bind` binds free sizes by the names
 * that the file has for them (`s77`), `options.inputs` by giving an input's shape. Throws ModelError.
 */
export function readPt2(source: Source, options: ReadOptions = {}): Ledger {
  const program = openProgram(source);
  const { document } = program;
  const module = document.get('graph_module');
  const graph = module.get('graph');
  const sizes = new Sizes(document.get('range_constraints'));
  const tensors = new Map(graph.get('tensor_values').entries());
  const specs = inputSpecs(module.get('signature'), tensors, sizes);
  const stated = statedInputs(specs, tensors, sizes);
  const settled = settleInputs(stated, sizes, options);
  const stored = specs.flatMap((s) => (s.kind === 'stored' ? [s.stored] : []));
  const seen = scanGraph(graph, new Map(stored.map(({ arg, name }) => [arg, name])));
  const weights = weightsOf(stored, program.weights, seen.usage);
  const listed = module.get('module_call_graph');
  const tree = buildTree({
    paths: listed.missing ? [] : listed.items().map((m) => m.get('fqn').text()),
    types: seen.types,
    weights: stored.map((s) => ({ name: s.name, weight: weights.get(s.arg) as Weight })),
  });

  const trace = new Trace(options.formulas);
  const calls = new Calls(trace, tree.byPath, settled.types, seen);
  const differences = new ShapeMismatches();
  const runner = new GraphRunner<Pt2Node, Pt2Info>({
    trace,
    format: pt2Format({ sizes, differences, trustFile: settled.trustFile }),
    places: calls,
    bindings: sizes.bindings,
  });
  const given = stated.map(({ name }, i) => ({ name, value: trace.input(name, settled.types[i] ?? null) }));
  const results = trace.collecting(() =>
    runner.top(graphOf(graph, sizes), argumentsOf(specs, graph, weights, given, trace, sizes), calls.root),
  ) as Arg[];
  const outputs = outputsOf(module.get('signature'), results);
  calls.finish(outputs.map((o) => o.value));
  for (const own of new Set(tree.byPath.values())) {
    const base = baseOf(own);
    if (base !== null) (own.classHierarchy as string[]).push(base);
    describeMultihead(own);
  }
  return trace.ledger({
    ...(sizes.hints.size === 0 ? {} : { hints: Object.fromEntries(sizes.hints) }),
    name: nameOf(source.name),
    format: FORMAT,
    producer: producerOf(document),
    file: { bytes: source.size, bytesRead: source.bytesRead },
    inputs: given,
    outputs,
    bound: boundNames(options, sizes, runner.bound),
    weights: [...new Set(weights.values())],
    modules: seen.scoped || trace.entries.length === 0 ? 'exact' : 'none',
    ...(tree.inferred > 0 ? { classes: 'inferred' } : {}),
    notes: [...notesOf(settled, tree.inferred, program.others), ...differences.notes(), ...trace.notes],
  });
}

function statedInputs(specs: readonly InputSpec[], tensors: ReadonlyMap<string, Json>, sizes: Sizes): StatedInput[] {
  return specs.flatMap((spec) => {
    if (spec.kind !== 'user' || spec.arg.tagged().tag !== 'as_tensor') return [];
    const name = spec.arg.tagged().body.get('name').text();
    const meta = tensors.get(name);
    return [{ name, type: meta === undefined ? null : sizes.type(meta) }];
  });
}

/** Values of the graph's inputs, in their order: weights, the caller's tensors, and constants of the call. */
function argumentsOf(
  specs: readonly InputSpec[],
  graph: Json,
  weights: ReadonlyMap<string, Weight>,
  given: readonly { readonly name: string; readonly value: Value }[],
  trace: Trace,
  sizes: Sizes,
): Arg[] {
  const users = new Map(given.map(({ name, value }) => [name, value]));
  const stated = graph.get('sym_int_values');
  return graph
    .get('inputs')
    .items()
    .flatMap(namesOf)
    .map(({ name }, i): Arg => {
      const spec = specs[i];
      if (spec?.kind === 'stored') return trace.weight(weights.get(spec.stored.arg) as Weight);
      if (name === null) return null;
      const size = stated.missing ? stated : stated.get(name);
      return users.get(name) ?? (size.missing ? trace.opaque(name, 'input') : sizes.size(size));
    });
}

/** Outputs of the caller; not what the program writes back into buffers. */
function outputsOf(signature: Json, results: readonly Arg[]): { name: string; value: Value }[] {
  const specs = signature.get('output_specs').items();
  const values = results.flatMap((result, i) => {
    const kind = specs[i]?.tagged().tag ?? 'user_output';
    return kind === 'user_output' ? valuesIn([result]) : [];
  });
  return values.map((value, i) => ({ name: values.length === 1 ? 'output' : `output${i}`, value }));
}

function notesOf(settled: SettledInputs, inferred: number, others: readonly string[]): Note[] {
  const notes: Note[] = [...settled.notes];
  if (others.length > 0)
    notes.push({
      code: 'other-programs',
      message: `the archive also holds the programs ${others.join(', ')}; the first is read`,
    });
  if (inferred > 0)
    notes.push({
      code: 'classes-inferred',
      message: `${inferred} modules left no operator behind (never called, or nothing to do at inference); the file does not say their classes, which are inferred from their weights`,
    });
  return notes;
}

function producerOf(document: Json): string {
  const torch = document.get('torch_version');
  const schema = document.get('schema_version');
  const version = schema.missing ? null : `${String(schema.get('major').value)}.${String(schema.get('minor').value)}`;
  return [
    'torch.export',
    ...(torch.missing ? [] : [`PyTorch ${torch.text()}`]),
    ...(version === null ? [] : [`schema ${version}`]),
  ].join(', ');
}

function nameOf(name: string): string {
  return (
    name
      .replace(/[?#].*$/, '')
      .replace(/^.*[/\\]/, '')
      .replace(/\.pt2$/i, '') || name
  );
}
