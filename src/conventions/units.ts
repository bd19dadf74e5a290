import { type Dim, isStatic, toNumber } from '../dim/index.js';
import {
  type AnyLedger,
  type Ledger,
  type ModuleCall,
  type ModuleInfo,
  type Note,
  type OpEntry,
  storedTotals,
  type Weight,
} from '../ledger/index.js';
import { moduleOfOp } from '../ops/index.js';
import { ModelError } from '../source/errors.js';
import { numel } from '../tensor/index.js';
import { ownEntries } from './items.js';
import type { WorkUnit } from './types.js';

/** The call of a module as a hook sees it: its arguments are those of the operator that it consists of. */
export function unitOfCall(call: ModuleCall): WorkUnit {
  return {
    type: call.module.type,
    path: call.module.path,
    inputs: call.inputs.map((t) => shapeOf(t)),
    outputs: call.outputs.map((t) => shapeOf(t)),
    attrs: ownEntry(call)?.attrs ?? {},
  };
}

/**
 * The operator that the layer is: the one that it is named after (beside those that prepare its weights or its state), else
 * the one that takes its weights, else the first that is not padding.
 */
function ownEntry(call: ModuleCall): OpEntry | undefined {
  const entries = ownEntries(call);
  // Most layers are one operator, and nearly all calls of a large model are of such layers.
  if (entries.length <= 1) return entries[0];
  const weights = new Set(call.module.weights.map((w) => w.weight));
  // A layer may prepare its weight (standardise it, say): then the weight is what comes in first, not a parameter.
  const takes = (e: OpEntry): boolean => e.inputs.some((v, i) => i > 0 && v?.weight && weights.has(v.weight));
  return (
    entries.find(({ op, attrs }) => {
      const type = moduleOfOp(op.replace(/_cell$/, ''), attrs);
      return type !== null && call.module.classHierarchy.some((m) => m === type || m === `${type}Cell`);
    }) ??
    entries.find((e) => moduleOfOp(e.op, e.attrs) !== null && takes(e)) ??
    entries.find((e) => PRODUCTS.has(e.op)) ??
    entries.find((e) => e.inputs.some((v) => v?.weight && weights.has(v.weight))) ??
    entries.find((e) => e.op !== 'pad') ??
    entries[0]
  );
}
const PRODUCTS = new Set(['conv', 'conv_transpose', 'linear']);

/** An operator that stands in for a module, or null for one that no module class of PyTorch is. */
export function unitOfEntry(entry: OpEntry): WorkUnit | null {
  const type = moduleOfOp(entry.op, entry.attrs);
  if (type === null || entry.result.kind === 'gap') return null;
  const [first] = entry.inputs;
  return {
    type,
    path: entry.name ?? `${entry.op}_${entry.index}`,
    inputs: first?.type ? [first.type.shape] : [],
    outputs: entry.outputs.slice(0, 1).map((v) => shapeOf(v.type)),
    attrs: entry.attrs,
  };
}

export function shapeOf(type: { readonly shape: readonly Dim[] } | null): readonly Dim[] {
  if (type === null)
    throw new ModelError('shape', 'a shape is unknown below an operator that could not be read', {
      hint: 'see the uncounted operators',
    });
  return type.shape;
}

/** Parameters of a module and all below it, each counted once. */
export function parametersOf(module: ModuleInfo): Set<Weight> {
  const found = new Set<Weight>();
  const seen = new Set<ModuleInfo>();
  const stack = [module];
  for (let m = stack.pop(); m !== undefined; m = stack.pop()) {
    if (seen.has(m)) continue;
    seen.add(m);
    for (const { weight } of m.weights) if (weight.kind === 'parameter') found.add(weight);
    for (const child of m.children) stack.push(child.module);
  }
  return found;
}

/** Children without repeats, under their first name, as PyTorch's `named_children` lists them. */
export function distinctChildren(module: ModuleInfo): { readonly name: string; readonly module: ModuleInfo }[] {
  const seen = new Set<ModuleInfo>();
  return module.children.filter((c) => !seen.has(c.module) && seen.add(c.module));
}

/** Elements of all parameters of the model, each counted once. */
export function allParameters(ledger: AnyLedger): Dim {
  return storedTotals(ledger).params;
}

/** Names by which rules of the user's own may be given: classes of modules and their bases, and what operators stand in for. */
export function customTypes(ledger: Ledger): Set<string> {
  const types = new Set<string>();
  if (ledger.modules === 'exact')
    for (const { type, classHierarchy } of modulesOf(ledger))
      for (const name of [type, ...classHierarchy]) types.add(name);
  else
    for (const entry of ledger.entries) {
      const unit = unitOfEntry(entry);
      if (unit !== null) types.add(unit.type);
    }
  return types;
}

/** The modules of the model without repeats, in the order of their first paths. */
export function modulesOf(ledger: Ledger): Set<ModuleInfo> {
  const found = new Set<ModuleInfo>();
  const visit = (m: ModuleInfo): void => {
    if (found.has(m)) return;
    found.add(m);
    for (const child of m.children) visit(child.module);
  };
  visit(ledger.root.module);
  return found;
}

export function elements(weights: Iterable<Weight>): Dim[] {
  return [...weights].map((w) => numel(w.shape));
}

/** Parameters that operators of the given entries use directly. */
export function parametersUsed(entry: OpEntry): Weight[] {
  return entry.inputs.flatMap((v) => (v?.weight?.kind === 'parameter' ? [v.weight] : []));
}

/** Stand-ins for the modules that a file lacks, and for those that an exporter removed. */
export function standInNote(ledger: Ledger, tool: string): Note[] {
  if (ledger.modules === 'exact') return [];
  const folded = ledger.entries.filter(hasFoldedNorm).length;
  return [
    {
      code: 'operators-for-modules',
      message: `${tool} hooks modules; this file does not keep them, so each operator stands in for the layer it would have been`,
    },
    ...(folded === 0
      ? []
      : [
          {
            code: 'norms-folded' as const,
            message: `the exporter folded batch norm into ${folded} convolution${folded === 1 ? '' : 's'}: the numbers are those of the network without it, and with a bias instead`,
          },
        ]),
  ];
}

/** PyTorch's exporters name what they fold: a bias that no layer ever had. */
function hasFoldedNorm(entry: OpEntry): boolean {
  return /^conv/.test(entry.op) && /^onnx::Conv_\d+$|\.weight_bias$/.test(entry.inputs[2]?.name ?? '');
}

/** The note on modules that do arithmetic themselves and have no rule. */
export function uncountedNote(tool: string, modules: Iterable<ModuleInfo>, seen: (m: ModuleInfo) => boolean): Note[] {
  const works = (m: ModuleInfo): boolean =>
    m.calls.some((c) =>
      c.steps.some(
        (s) => s.kind === 'op' && s.entry.result.kind === 'known' && s.entry.result.work.some((w) => w.kind !== 'move'),
      ),
    );
  const silent = [...modules].filter((m) => !seen(m) && works(m)).map((m) => m.type);
  if (silent.length === 0) return [];
  return [
    {
      code: 'silent-zero',
      message: `modules that compute but have no rule in ${tool}, counted as 0: ${tallyNames(silent)}`,
    },
  ];
}

/** "Conv2d ×3, GELU ×12": classes and how often, for notes. */
export function tallyNames(types: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, n]) => (n === 1 ? shortName(type) : `${shortName(type)} ×${n}`)).join(', ');
}

export function shortName(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}

/** All numbers, or null if an extent is symbolic. */
export function numbers(shape: readonly Dim[]): readonly number[] | null {
  return shape.every(isStatic) ? shape.map((d) => toNumber(d)) : null;
}
