import { type GraphFormat, type GraphValue, Unsupported } from '../../graph/index.js';
import type { Value } from '../../ledger/index.js';
import type { Effect } from '../../ops/index.js';
import { isModelError, ModelError } from '../../source/errors.js';
import { type Arg, applyAten, valuesIn } from '../../torch/operators/index.js';
import { HIGHER_ORDER, higherOrder } from './higher-order.js';
import { FORMAT } from './json.js';
import type { Pt2Call, Pt2Info, Pt2Node } from './node.js';
import type { ShapeMismatches } from './shape-mismatches.js';
import type { Sizes } from './sizes.js';
import { argOf, flatResults } from './values.js';

export interface Pt2Parts {
  readonly sizes: Sizes;
  readonly differences: ShapeMismatches;
  /** Whether the file's own shapes hold: not where the caller has changed a size that was exported as a number. */
  readonly trustFile: boolean;
}

/** torch.export's programs for the graph runner. */
export function pt2Format(parts: Pt2Parts): GraphFormat<Pt2Node, Pt2Info> {
  return {
    id: FORMAT,
    source: (node) => node.spelling,
    rule: () => (call) => namedResults(call, statedSizes(call, parts) ?? apply(call, parts)),
  };
}

/** One value for each name that the node has for its results. */
function namedResults({ node, runner: { trace } }: Pt2Call, results: readonly Arg[]): GraphValue[] {
  const flat = flatResults(results);
  return node.outputs.map(({ name, tensor }, i) => {
    const result = flat[i];
    if (result !== undefined || name === null || !tensor) return result ?? null;
    // An operator may give less than the file has names for; what is missing is known by its type alone.
    const type = node.stated[i] ?? null;
    return type === null ? trace.opaque(name) : trace.constant(name, type);
  });
}

/** Sizes that the file gives a formula for: nothing is computed that anyone counts. */
function statedSizes({ node, frame }: Pt2Call, { sizes, trustFile }: Pt2Parts): Arg[] | null {
  if (!trustFile || node.outputs.length === 0 || node.outputs.some((o) => o.tensor || o.name === null)) return null;
  const stated = frame.info.sizes;
  if (stated.missing) return null;
  const found = node.outputs.map((o) => stated.get(o.name as string));
  return found.some((size) => size.missing) ? null : found.map((size) => sizes.size(size));
}

function apply(call: Pt2Call, parts: Pt2Parts): readonly Arg[] {
  const { node, frame, runner } = call;
  const { sizes, trustFile } = parts;
  try {
    if (node.opType.startsWith(HIGHER_ORDER)) return higherOrder(call, sizes, trustFile);
    const args = node.args.map(({ name, keyword, arg }) => ({ name, keyword, value: argOf(frame.values, arg, sizes) }));
    return applyAten(runner.trace, {
      name: nameOf(node.opType),
      args: args.filter((a) => !a.keyword).map((a) => a.value),
      names: args.filter((a) => !a.keyword).map((a) => a.name),
      kwargs: Object.fromEntries(args.filter((a) => a.keyword).map((a) => [a.name, a.value])),
      spelling: node.spelling,
      ...(trustFile ? { hints: node.stated, settle: (effect) => settle(effect, node, parts) } : {}),
    });
  } catch (error) {
    if (error instanceof Unsupported) return gap(call, parts, error.message);
    if (!isModelError(error) || (error.code !== 'shape' && error.code !== 'argument')) throw error;
    if (trustFile) return gap(call, parts, error.message);
    throw new ModelError(error.code, error.message, {
      format: FORMAT,
      at: { node: node.spelling.name ?? node.opType, module: runner.trace.scope.path },
      hint: 'The model was exported for fixed sizes: export it with dynamic shapes for the axes that should change.',
      cause: error,
    });
  }
}

/** A node without a formula: its results have the types that the file states. */
function gap({ node, frame, runner }: Pt2Call, { sizes, trustFile }: Pt2Parts, why: string): Value[] {
  const inputs = valuesIn(node.args.map(({ arg }) => argOf(frame.values, arg, sizes)));
  const types = node.outputs.map((o, i) => (o.tensor && trustFile ? (node.stated[i] ?? null) : null));
  return runner.trace.gap(nameOf(node.opType), why, inputs, types, node.spelling);
}

function settle(effect: Effect, node: Pt2Node, { differences, sizes }: Pt2Parts): Effect {
  const outputs = effect.outputs.map((out, i) => {
    const stated = node.stated[i];
    return stated ? differences.settle(out, stated, node.outputs[i]?.name ?? node.opType, sizes) : out;
  });
  return { ...effect, outputs };
}

/** `torch.ops.aten.conv2d.default` → `conv2d`, `torch.ops.torchvision.nms.default` → `torchvision.nms`; others as they are. */
function nameOf(target: string): string {
  const found = /^torch\.ops\.([^.]+)\.(.+?)(?:\.[^.]+)?$/.exec(target);
  if (found === null) return target;
  const [, namespace, name = ''] = found;
  return namespace === 'aten' ? name : `${namespace}.${name}`;
}
