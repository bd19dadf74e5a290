import { type Dim, max } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import type { Spelling, Value } from '../../ledger/index.js';
import { type Effect, move } from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';
import type { Evaluator, Frame } from './evaluate.js';
import { type Held, isTensor } from './held.js';
import type { GraphProto, NodeProto } from './schema.js';

/** A node whose rule runs bodies or handles what is no tensor. */
export interface Context {
  readonly node: NodeProto;
  readonly inputs: readonly (Held | null)[];
  readonly frame: Frame;
  readonly evaluator: Evaluator;
  readonly spelling: Spelling;
}
/** Gives the outputs; records what it does by itself. */
export type Rule = (context: Context) => readonly Held[];

export function graphOf(node: NodeProto, name: string): GraphProto {
  const graph = node.attribute.find((a) => a.name === name)?.g;
  if (graph === undefined) throw new Unsupported(`it has no ${name}`);
  return graph;
}

/** The known single content of a tensor. */
export function scalarOf(held: Held | null | undefined): Dim | undefined {
  return isTensor(held) && held.type !== null && 'value' in held.type ? held.type.value?.[0] : undefined;
}

/** An entry for the node itself, which computes nothing: its outputs are those of its bodies, under its own names. */
export function recorded(context: Context, made: readonly Held[], extra: Partial<Effect> = {}): Held[] {
  const { node, evaluator, spelling } = context;
  const tensors = made.filter((m): m is Value => isTensor(m) && m.type !== null);
  const values = evaluator.trace.apply(
    {
      op: node.opType.toLowerCase(),
      outputs: tensors.map((t, view) => ({ ...(t.type as TensorType), view })),
      work: [],
      ...extra,
    },
    tensors,
    { ...spelling, outputs: tensors.map((t) => node.output[made.indexOf(t)] ?? null) },
  );
  return made.map((m) => {
    const at = tensors.indexOf(m as Value);
    return at < 0 ? m : (values[at] as Value);
  });
}

/** A tensor that a loop fills, one part a round. */
export function stackedOutput(context: Context, element: Held, rounds: Dim, axis: number, index: number): Held {
  const { evaluator, node, spelling } = context;
  if (!isTensor(element) || element.type === null) return evaluator.trace.opaque(node.output[index] ?? null);
  const { dtype, shape } = element.type;
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  const out: TensorType = { dtype, shape: [...shape.slice(0, at), max(0, rounds), ...shape.slice(at)] };
  const [value] = evaluator.trace.apply(
    { op: `${node.opType.toLowerCase()}_stack`, outputs: [out], work: [move(out, 'copy')] },
    [element],
    { ...spelling, outputs: [node.output[index] ?? null] },
  );
  return value as Value;
}
