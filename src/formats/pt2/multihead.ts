import { type Dim, equal, exactdiv, floordiv } from '../../dim/index.js';
import type { ModuleCall, OpEntry, OpenCall, OpenModule } from '../../ledger/index.js';
import type { TensorType } from '../../tensor/index.js';

/**
 * A call of nn.MultiheadAttention has more inputs and outputs than its operators use and others take: query, key and
 * value are three arguments also where they are one tensor, and attention weights are given out whether or not anybody
 * wants them. The layer's own arguments follow from its weights and operators.
 */
export function describeMultihead(module: OpenModule): void {
  if (module.type !== 'torch.nn.MultiheadAttention') return;
  const embed =
    widthOf(module, 'in_proj_bias', 3) ?? widthOf(module, 'in_proj_weight', 3) ?? widthOf(module, 'q_proj_weight', 1);
  if (embed === null) return;
  const [keys, values] = ['k_proj_weight', 'v_proj_weight'].map(
    (name) => shapeOfWeight(module, name)?.[1] ?? embed,
  ) as [Dim, Dim];
  for (const call of module.calls) {
    const entries = ownEntries(call);
    const [query, key = query, value = key] = call.inputs.filter((t) => isSequence(t, [embed, keys, values]));
    if (query === undefined || key === undefined || value === undefined) continue;
    const inputs = call.inputs as (TensorType | null)[];
    inputs.splice(0, inputs.length, query, key, value);
    const out = entries.findLast((e) => isSequence(e.outputs[0]?.type ?? null, [embed]))?.outputs[0]?.type;
    const weights = weightsOf(entries);
    if (out !== undefined)
      (call as OpenCall).outputs.splice(0, call.outputs.length, out, ...(weights === null ? [] : [weights]));
    const attrs = module.attrs as Record<string, unknown>;
    const depth = depthOf(entries);
    Object.assign(attrs, {
      embed_dim: embed,
      ...(depth === null ? {} : { num_heads: exactdiv(embed, depth) ?? floordiv(embed, depth) }),
      kdim: keys,
      vdim: values,
      batch_first: turns(entries),
    });
  }
}

function ownEntries(call: ModuleCall): OpEntry[] {
  return call.steps.flatMap((s) => (s.kind === 'op' ? [s.entry] : []));
}

function shapeOfWeight(module: OpenModule, name: string): readonly Dim[] | undefined {
  return module.weights.find((w) => w.name === name)?.weight.shape;
}

function widthOf(module: OpenModule, name: string, parts: number): Dim | null {
  const rows = shapeOfWeight(module, name)?.[0];
  return rows === undefined ? null : (exactdiv(rows, parts) ?? null);
}

/** Query, key or value: the last extent is one of the widths. A mask has lengths there. */
function isSequence(type: TensorType | null, widths: readonly Dim[]): type is TensorType {
  if (type === null || type.shape.length < 2 || type.shape.length > 3) return false;
  return widths.some((w) => equal(w, type.shape.at(-1) ?? 0));
}

/** Features of one head: the last extent of what the scores are made of. */
function depthOf(entries: readonly OpEntry[]): Dim | null {
  const scores = entries.find((e) => e.op === 'attention' || e.op === 'matmul' || e.op === 'baddbmm');
  return scores?.inputs[scores.op === 'baddbmm' ? 1 : 0]?.type?.shape.at(-1) ?? null;
}

/** With batch_first the layer turns its inputs before it does anything else. */
function turns(entries: readonly OpEntry[]): boolean {
  const [first] = entries;
  return first?.op === 'permute' && String(first.attrs['order']) === '1,0,2';
}

/** The attention weights, if they are worked out: a softmax of its own, then their mean over heads. */
function weightsOf(entries: readonly OpEntry[]): TensorType | null {
  const softmax = entries.find((e) => e.op === 'softmax');
  if (softmax === undefined) return null;
  const last = softmax.inputs[0]?.type?.shape.at(-1) ?? 0;
  const found = entries.findLast(
    (e) =>
      (e.op === 'mean' || e.op === 'reshape') &&
      equal(e.outputs[0]?.type?.shape.at(-1) ?? -1, last) &&
      e.index > softmax.index,
  );
  return found?.outputs[0]?.type ?? softmax.outputs[0]?.type ?? null;
}
