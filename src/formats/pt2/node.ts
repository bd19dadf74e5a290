import type { Call, Graph, GraphNode, Interpreter } from '../../graph/index.js';
import type { OpSource } from '../../ledger/index.js';
import type { TensorType } from '../../tensor/index.js';
import { calledThroughOf } from './called-through.js';
import type { Json } from './json.js';
import type { Sizes } from './sizes.js';
import { argOf, namesOf, type OutputName } from './values.js';

/** One node as the file has it: its arguments are resolved when it runs. */
export interface Pt2Node extends GraphNode {
  readonly args: readonly { readonly name: string; readonly keyword: boolean; readonly arg: Json }[];
  readonly outputs: readonly OutputName[];
  /** Types that the file states of the outputs; null if it states none. */
  readonly stated: readonly (TensorType | null)[];
  /** The module calls that it belongs to, the outermost first: its `nn_module_stack`. */
  readonly stack: string;
  readonly spelling: OpSource;
}

/** Formulas of the sizes that names of a graph stand for. */
export interface Pt2Info {
  readonly sizes: Json;
}

export type Pt2Call = Call<Pt2Node, Pt2Info>;
export type Pt2Interpreter = Interpreter<Pt2Node, Pt2Info>;
const KEYWORD = 2;

/** A graph of the program. It sees nothing of what is around it: what it needs is handed to it. */
export function graphOf(graph: Json, sizes: Sizes): Graph<Pt2Node, Pt2Info> {
  const tensors = new Map(graph.get('tensor_values').entries());
  return {
    nodes: graph
      .get('nodes')
      .items()
      .map((json) => nodeOf(json, tensors, sizes)),
    inputs: graph
      .get('inputs')
      .items()
      .flatMap(namesOf)
      .map(({ name }) => name ?? ''),
    outputs: ({ values }) =>
      graph
        .get('outputs')
        .items()
        .map((output) => argOf(values, output, sizes)),
    isolated: true,
    info: { sizes: graph.get('sym_int_values') },
  };
}

function nodeOf(json: Json, tensors: ReadonlyMap<string, Json>, sizes: Sizes): Pt2Node {
  const target = json.get('target').text();
  const outputs = json.get('outputs').items().flatMap(namesOf);
  const metadata = json.get('metadata');
  const said = (key: string): string => {
    const field = metadata.missing ? metadata : metadata.get(key);
    return typeof field.value === 'string' ? field.value : '';
  };
  const named = json.get('name');
  const name = named.missing ? (outputs[0]?.name ?? null) : named.text();
  return {
    name: name ?? '',
    opType: target,
    input: [], // arguments are nested, and resolved by `argOf`
    output: outputs.map((o) => o.name ?? ''),
    args: json
      .get('inputs')
      .items()
      .map((input) => ({
        name: input.get('name').text(),
        keyword: input.get('kind').value === KEYWORD,
        arg: input.get('arg'),
      })),
    outputs,
    stated: outputs.map(({ name: output, tensor }) => {
      const meta = tensor && output !== null ? tensors.get(output) : undefined;
      return meta === undefined ? null : sizes.type(meta);
    }),
    stack: said('nn_module_stack'),
    spelling: {
      type: target.replace(/^torch\.ops\./, ''),
      calledThrough: calledThroughOf(said('torch_fn'), said('stack_trace')),
      name,
      outputs: outputs.map((o) => o.name),
    },
  };
}
