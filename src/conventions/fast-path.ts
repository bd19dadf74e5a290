import { equal, mul } from '../dim/index.js';
import type { Ledger, ModuleCall, OpEntry } from '../ledger/index.js';

const ATTENTION = 'torch.nn.MultiheadAttention';
const ENCODER_LAYER = 'torch.nn.TransformerEncoderLayer';

/**
 * Operators that PyTorch does not run one by one at inference without gradients: nn.MultiheadAttention and
 * nn.TransformerEncoderLayer then call one kernel each (`_native_multi_head_attention`, `_transformer_encoder_layer_fwd`),
 * where their conditions hold (torch/nn/modules/activation.py and transformer.py: `why_not_fast_path`).
 */
export function fastPathEntries(ledger: Ledger): ReadonlySet<OpEntry> {
  const hidden = new Set<OpEntry>();
  const visit = (call: ModuleCall): void => {
    if (isFastLayer(call) || isFastAttention(call)) for (const entry of allEntries(call)) hidden.add(entry);
    else for (const step of call.steps) if (step.kind === 'call') visit(step.call);
  };
  if (ledger.modules === 'exact') visit(ledger.root);
  return hidden;
}

function allEntries(call: ModuleCall): OpEntry[] {
  return call.steps.flatMap((s) => (s.kind === 'op' ? [s.entry] : allEntries(s.call)));
}

/** Attention of a tensor to itself, batch first, packed weights with a bias, an even number of heads, no mask. */
function isFastAttention(call: ModuleCall): boolean {
  if (!call.module.classHierarchy.includes(ATTENTION)) return false;
  const own = call.steps.flatMap((s) => (s.kind === 'op' ? [s.entry] : []));
  // Turning the batch to the second place is the first thing that a layer does that has it first.
  if (own[0]?.op !== 'permute') return false;
  const names = call.module.weights.map((w) => w.name);
  if (!names.includes('in_proj_weight') || !names.includes('in_proj_bias') || names.includes('bias_k')) return false;
  const projections = own.filter((e) => e.op === 'linear');
  const [first] = projections;
  const width = first?.outputs[0]?.type?.shape.at(-1);
  const embed = first?.inputs[0]?.type?.shape.at(-1);
  if (width === undefined || embed === undefined || !equal(width, mul(3, embed)) || projections.length !== 2)
    return false;
  const heads = headsOf(call, own);
  if (heads !== null && heads % 2 === 1) return false;
  return !own.some((e) => e.op === 'concat' || e.op === 'baddbmm' || (e.op === 'attention' && e.inputs[3]));
}

function headsOf(call: ModuleCall, own: readonly OpEntry[]): number | null {
  const stated = call.module.attrs['num_heads'];
  if (typeof stated === 'number') return stated;
  const query = own.find((e) => e.op === 'attention')?.inputs[0]?.type?.shape;
  const heads = query?.length === 4 ? query[1] : undefined;
  return typeof heads === 'number' ? heads : null;
}

/** An encoder layer whose attention is of that kind, with ReLU or GELU between its two linear layers. */
function isFastLayer(call: ModuleCall): boolean {
  if (!call.module.classHierarchy.includes(ENCODER_LAYER)) return false;
  const inner = call.steps.flatMap((s) => (s.kind === 'call' ? [s.call] : []));
  const attention = inner.find((c) => c.module.classHierarchy.includes(ATTENTION));
  const own = call.steps.flatMap((s) => (s.kind === 'op' ? [s.entry.op] : []));
  return attention !== undefined && isFastAttention(attention) && own.some((op) => op === 'relu' || op === 'gelu');
}
