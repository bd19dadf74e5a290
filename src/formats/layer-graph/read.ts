import { GraphRunner, ModuleTree, type Rule, type Scope, sourceOf } from '../../graph/index.js';
import { type Ledger, Trace } from '../../ledger/index.js';
import type { Source } from '../../source/index.js';
import type { TensorType } from '../../tensor/index.js';
import { nestedScope } from '../nested-scope.js';
import { recorded } from '../record.js';
import { boundNames, type StatedInput, settleStated } from '../settle.js';
import { titleOf } from '../title.js';
import type { ReadOptions } from '../types.js';
import { type LayerNode, type LayerRule, LayerWeights, ruleOf } from './layer.js';
import { checkLayers, checkOperators } from './size.js';

// For formats whose layers say their settings and not their weights. Comes in: layers in order, and a rule a layer (layer.ts).
// Goes out: a Ledger. ncnn, Darknet, Caffe, MNN and PaddlePaddle are on it.

/** A network of layers, in the order in which they run. */
export interface LayerModel<A> {
  /** As in `model.format` of a report. */
  readonly format: string;
  readonly name: string;
  readonly producer: string | null;
  readonly nodes: readonly LayerNode<A>[];
  /** `value`: what layers call it, if that is not its name. */
  readonly inputs: readonly (StatedInput & { readonly value?: string })[];
  /** Names of the values that come out. */
  readonly outputs: readonly string[];
  rule(node: LayerNode<A>): LayerRule<A> | null;
  /** The rule of a layer that runs others: branches, loops, lists of tensors. */
  control?(node: LayerNode<A>): Rule<LayerNode<A>, null> | null;
  /** A tensor that the file stores, where layers do not make their own weights. */
  stored?(name: string): (TensorType & { readonly label: string; readonly kind: 'parameter' | 'buffer' }) | null;
  /** A value's type as the file states it, at the file's own sizes. */
  stated?(name: string): TensorType | null;
  /** The modules around a layer; null if names do not say. */
  readonly scope: ((node: LayerNode<A>) => Scope) | null;
  readonly file: Source;
}

/** The ledger of a network of layers. Throws ModelError. */
export function ledgerOfLayers<A>(model: LayerModel<A>, options: ReadOptions): Ledger {
  const trace = new Trace(options.formulas);
  const settled = settleStated(model.inputs, options, model.format);
  for (const note of settled.notes) trace.note(note);
  const modules = new ModuleTree(trace, model.format);
  const weights = new LayerWeights(trace);
  const { scope } = model;
  checkLayers(model.nodes.length, model.format);
  const runner = new GraphRunner<LayerNode<A>, null>({
    trace,
    format: {
      id: model.format,
      source: sourceOf,
      rule: (node) => {
        checkOperators(trace.entries.length, node, model.format);
        const own = model.control?.(node) ?? null;
        if (own !== null) return own;
        const rule = model.rule(node);
        return rule === null ? null : ruleOf(rule, weights);
      },
      stored: (name) => {
        const found = model.stored?.(name) ?? null;
        if (found === null) return undefined;
        const { label, kind, dtype, shape } = found;
        return weights.get(label, { dtype, shape }, { kind });
      },
      stated: (name) => (settled.asStated ? (model.stated?.(name) ?? null) : null),
    },
    places: modules.places((node) => (scope === null ? [] : scope(node))),
    bindings: settled.bindings,
  });
  const made = recorded({
    modules,
    runner,
    title: titleOf(model.name),
    inputs: settled.inputs,
    graph: {
      nodes: model.nodes,
      inputs: model.inputs.map((i) => i.value ?? i.name),
      outputs: model.outputs,
      info: null,
    },
  });
  return trace.ledger({
    name: model.file.name,
    format: model.format,
    producer: model.producer,
    file: { bytes: model.file.size, bytesRead: model.file.bytesRead },
    ...made,
    bound: boundNames(options, settled.names, runner.bound),
    modules: scope === null ? 'none' : 'names',
  });
}

/** The modules around nodes whose names are paths (`block/conv`); null if most are not. */
export function scopesOf(nodes: readonly { readonly name: string }[]): ((node: { name: string }) => Scope) | null {
  const paths = nodes.filter((node) => node.name.includes('/')).length;
  return paths * 2 > nodes.length ? scopeOf : null;
}

function scopeOf({ name }: { readonly name: string }): Scope {
  const segments = name
    .split('/')
    .slice(0, -1)
    .filter((segment) => segment !== '');
  const names = segments.map((segment) => segment.replaceAll('.', '_')); // dots part the names of modules
  return nestedScope(names);
}

/** Names that nodes make and nothing reads: the results. A layer that works in place makes its own input anew. */
export function unread(nodes: readonly { readonly input: readonly string[]; readonly output: readonly string[] }[]) {
  const waiting = new Set<string>();
  for (const node of nodes) {
    for (const name of node.input) waiting.delete(name);
    for (const name of node.output) if (name !== '') waiting.add(name);
  }
  return [...waiting];
}
