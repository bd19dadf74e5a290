import { endModel, type Graph, type GraphNode, type GraphRunner, type ModuleTree } from '../graph/index.js';
import type { Ledger } from '../ledger/index.js';
import type { StatedInput } from './settle.js';

/** A graph whose results are told by their names. */
export type NamedGraph<N extends GraphNode, F> = Graph<N, F> & { readonly outputs: readonly string[] };

/** A graph with what records it. */
export interface Recording<N extends GraphNode, F> {
  readonly modules: ModuleTree;
  readonly runner: GraphRunner<N, F>;
  /** The name of the outermost module. */
  readonly title: string;
  /** In the order of the graph's own inputs. */
  readonly inputs: readonly StatedInput[];
  readonly graph: NamedGraph<N, F>;
}

/** Runs a model's graph within its outermost module; gives what a ledger says of it. */
export function recorded<N extends GraphNode, F>({
  modules,
  runner,
  title,
  inputs: stated,
  graph,
}: Recording<N, F>): Pick<Ledger, 'inputs' | 'outputs' | 'weights'> {
  const { trace } = runner;
  const root = modules.open(
    title.replaceAll('.', '_'), // dots part the names of modules
    stated.map((i) => i.type),
  );
  const inputs = stated.map(({ name, type }) => ({ name, value: trace.input(name, type) }));
  const results = trace.collecting(() =>
    runner.top(
      graph,
      inputs.map((i) => i.value),
      root,
    ),
  );
  const outputs = endModel(trace, modules, root, graph.outputs, results);
  return { inputs, outputs, weights: runner.weights };
}
