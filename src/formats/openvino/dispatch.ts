import { type Call, type GraphFormat, type Rule, sourceOf, tensorOrNull } from '../../graph/index.js';
import type { Value } from '../../ledger/index.js';
import { type Effect, nothing } from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';
import { control } from './control.js';
import type { IrGraph, IrNode } from './ir.js';
import { Operator } from './operator.js';
import { entryOf } from './operators/index.js';
import type { StoredTensors } from './stored.js';
import { FORMAT } from './xml.js';

export interface IrParts {
  readonly stored: StoredTensors;
  /** Whether the file's own shapes hold. */
  readonly asStated: boolean;
  /** A value's type as the file states it at the sizes that are read; null if it does not. */
  readonly stated: (name: string, graph: IrGraph) => TensorType | null;
}

/** OpenVINO's networks for the graph runner. */
export function irFormat(parts: IrParts): GraphFormat<IrNode, IrGraph> {
  return {
    id: FORMAT,
    source: sourceOf,
    stated: parts.stated,
    stored: (name, graph) => {
      const constant = graph.constants.get(name);
      return constant === undefined ? undefined : parts.stored.value(name, constant);
    },
    rule: (node) => ruleOf(node, parts),
  };
}

function ruleOf(node: IrNode, parts: IrParts): Rule<IrNode, IrGraph> | null {
  const own = control(node.opType);
  if (own !== undefined) return own;
  const entry = entryOf(node);
  if (entry === undefined) return null;
  return (call) => folded(call, entry.run(new Operator(call, parts.asStated)));
}

/** A result of constants alone is made once, when the network is loaded, and is the weight that it is made of. */
function folded({ node, inputs }: Call<IrNode, IrGraph>, effect: Effect): Effect {
  // A product of constants is not how a weight is stored: what it takes is said.
  if (effect.work.some((w) => w.kind === 'contraction')) return effect;
  const tensors = inputs.flatMap((input, i) => {
    const value = tensorOrNull(input);
    return value === null ? [] : [{ i, value }];
  });
  if (
    tensors.length === 0 ||
    node.opType === 'ReadValue' ||
    tensors.some(({ value }) => value.storage.role !== 'weight')
  )
    return effect;
  const main = tensors.find(({ value }) => value.storage.bytes !== 0) ?? (tensors[0] as { i: number; value: Value });
  const integers = /^u?int/.test(main.value.type?.dtype ?? '');
  const made = nothing(
    integers && main.value.storage.bytes !== 0 ? 'dequantize' : effect.op,
    effect.outputs.map(({ dtype, shape, value }) => ({ dtype, shape, view: main.i, ...(value && { value }) })),
  );
  const { standsFor } = effect.attrs ?? {};
  return standsFor === undefined ? made : { ...made, attrs: { standsFor } };
}
