import type { Spelling, Trace, Value } from '../../ledger/index.js';
import type { Effect } from '../../ops/index.js';
import { isModelError, ModelError } from '../../source/errors.js';
import type { TensorType } from '../../tensor/index.js';
import { type Arg, applyAten, valuesIn } from '../../torch/operators/index.js';
import type { Calls } from './calls.js';
import { Differences } from './differences.js';
import { higherOrder } from './hop.js';
import { FORMAT, type Json } from './json.js';
import { framesOf } from './scopes.js';
import type { Sizes } from './sizes.js';
import { argOf, flatResults, type Names, namesOf, type OutputName } from './values.js';
import { viaOf } from './via.js';

/** Graphs inside each other. */
const MAX_DEPTH = 64;
const KEYWORD = 2;

/** One node with its arguments resolved. */
export interface Node {
  readonly json: Json;
  readonly target: string;
  readonly args: readonly { readonly name: string; readonly keyword: boolean; readonly arg: Json }[];
  readonly outputs: readonly OutputName[];
  /** Types that the file states of the outputs; null where it states none. */
  readonly stated: readonly (TensorType | null)[];
  readonly spelling: Spelling;
}

/** Walks the program's graphs: each node becomes what its operator does to the types of its inputs. */
export class GraphReader {
  readonly trace: Trace;
  readonly sizes: Sizes;
  readonly differences = new Differences();
  readonly #calls: Calls;
  /** Whether the file's own shapes hold: not where the caller has changed a size that was exported as a number. */
  readonly #asStated: boolean;
  #depth = 0;

  constructor(trace: Trace, calls: Calls, sizes: Sizes, asStated: boolean) {
    this.trace = trace;
    this.#calls = calls;
    this.sizes = sizes;
    this.#asStated = asStated;
  }

  /** Runs a graph on what its inputs stand for; gives its outputs. */
  run(graph: Json, inputs: readonly Arg[]): Arg[] {
    if (++this.#depth > MAX_DEPTH)
      throw new ModelError('limit', `graphs are nested deeper than ${MAX_DEPTH}`, {
        format: FORMAT,
        at: { field: 'graph' },
      });
    const names: Names = new Map();
    for (const [i, { name }] of graph.get('inputs').items().flatMap(namesOf).entries())
      if (name !== null) names.set(name, inputs[i] ?? null);
    const tensors = new Map(graph.get('tensor_values').entries());
    for (const json of graph.get('nodes').items()) this.#run(this.#node(json, tensors), names, graph);
    this.#depth--;
    return graph
      .get('outputs')
      .items()
      .map((output) => argOf(names, output, this.sizes));
  }

  #node(json: Json, tensors: ReadonlyMap<string, Json>): Node {
    const target = json.get('target').text();
    const outputs = json.get('outputs').items().flatMap(namesOf);
    const metadata = json.get('metadata');
    const said = (key: string): string => {
      const field = metadata.missing ? metadata : metadata.get(key);
      return typeof field.value === 'string' ? field.value : '';
    };
    this.#calls.at(framesOf(said('nn_module_stack')));
    const name = json.get('name');
    return {
      json,
      target,
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
        return meta === undefined ? null : this.sizes.type(meta);
      }),
      spelling: {
        type: target.replace(/^torch\.ops\./, ''),
        via: viaOf(said('torch_fn'), said('stack_trace')),
        name: name.missing ? (outputs[0]?.name ?? null) : name.text(),
        outputs: outputs.map((o) => o.name),
      },
    };
  }

  #run(node: Node, names: Names, graph: Json): void {
    const before = this.trace.entries.length;
    const results = this.#sizesOf(node, graph) ?? this.#apply(node, names);
    this.#calls.note(before);
    const flat = flatResults(results);
    for (const [i, { name, tensor }] of node.outputs.entries()) {
      if (name === null) continue;
      const result = flat[i];
      // An operator may give less than the file has names for; what is missing is known by its type alone.
      names.set(name, result === undefined && tensor ? this.#opaque(name, node.stated[i] ?? null) : (result ?? null));
    }
  }

  #opaque(name: string, type: TensorType | null): Value {
    return type === null ? this.trace.opaque(name) : this.trace.constant(name, type);
  }

  /** Sizes that the file gives a formula for: nothing is computed that anyone counts. */
  #sizesOf(node: Node, graph: Json): Arg[] | null {
    if (!this.#asStated || node.outputs.length === 0 || node.outputs.some((o) => o.tensor || o.name === null))
      return null;
    const stated = graph.get('sym_int_values');
    if (stated.missing) return null;
    const found = node.outputs.map((o) => stated.get(o.name as string));
    return found.some((size) => size.missing) ? null : found.map((size) => this.sizes.size(size));
  }

  #apply(node: Node, names: Names): readonly Arg[] {
    const { target } = node;
    try {
      if (target.startsWith('torch.ops.higher_order.')) return higherOrder(this, node, names);
      const args = node.args.map(({ name, keyword, arg }) => ({ name, keyword, value: argOf(names, arg, this.sizes) }));
      return applyAten(this.trace, {
        name: nameOf(target),
        args: args.filter((a) => !a.keyword).map((a) => a.value),
        names: args.filter((a) => !a.keyword).map((a) => a.name),
        kwargs: Object.fromEntries(args.filter((a) => a.keyword).map((a) => [a.name, a.value])),
        spelling: node.spelling,
        ...(this.#asStated ? { hints: node.stated, settle: (effect) => this.#settle(effect, node) } : {}),
      });
    } catch (error) {
      if (!isModelError(error) || (error.code !== 'shape' && error.code !== 'argument')) throw error;
      if (this.#asStated) return this.gap(node, names, error.message);
      throw new ModelError(error.code, error.message, {
        format: FORMAT,
        at: { node: node.spelling.name ?? target, module: this.trace.scope.path },
        hint: 'The model was exported for fixed sizes: export it with dynamic shapes for the axes that should change.',
        cause: error,
      });
    }
  }

  /** A node without a formula: its results have the types that the file states. */
  gap(node: Node, names: Names, why: string): Value[] {
    const inputs = valuesIn(node.args.map(({ arg }) => argOf(names, arg, this.sizes)));
    const types = node.outputs.map((o, i) => (o.tensor && this.#asStated ? (node.stated[i] ?? null) : null));
    return this.trace.gap(nameOf(node.target), why, inputs, types, node.spelling);
  }

  #settle(effect: Effect, node: Node): Effect {
    const outputs = effect.outputs.map((out, i) => {
      const stated = node.stated[i];
      return stated ? this.differences.settle(out, stated, node.outputs[i]?.name ?? node.target, this.sizes) : out;
    });
    return { ...effect, outputs };
  }
}

/** `torch.ops.aten.conv2d.default` → `conv2d`, `torch.ops.torchvision.nms.default` → `torchvision.nms`; others as they are. */
function nameOf(target: string): string {
  const found = /^torch\.ops\.([^.]+)\.(.+?)(?:\.[^.]+)?$/.exec(target);
  if (found === null) return target;
  const [, namespace, name = ''] = found;
  return namespace === 'aten' ? name : `${namespace}.${name}`;
}
