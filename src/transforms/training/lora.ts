import { product } from '../../dim/index.js';
import type { OpEntry } from '../../ledger/index.js';
import { type GradientView, lowRankWork, type Work } from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';
import { isReal } from './precision.js';
import { matches } from './select.js';
import type { Lora, Trained } from './types.js';

/** Everything that an adapter of low rank adds to a layer. */
export interface Adapter {
  readonly parameters: readonly Trained[];
  /** x·Aᵀ, which the gradient of B needs. */
  readonly low: TensorType;
  readonly forward: readonly Work[];
  readonly backward: readonly Work[];
}

const HEADS = /(^|\.)(lm_head|embed_out|output|head|classifier|score)$/;

/** The adapter of a linear layer (LoRA, arXiv 2106.09685), with r·(in + out) parameters; null for an operator that gets none. */
export function adapterOf(entry: OpEntry, view: GradientView, upstream: boolean, lora: Lora): Adapter | null {
  const [, weightType] = view.inputs;
  const weight = entry.inputs[1]?.weight;
  const [x] = view.inputs;
  const out = view.outputs[0];
  if (entry.op !== 'linear' || weight?.kind !== 'parameter' || x == null || weightType == null || out === undefined)
    return null;
  const path = weight.name.replace(/\.weight$/, '');
  const last = path.split('.').at(-1) ?? path;
  const wanted =
    lora.targets === null
      ? !HEADS.test(path)
      : lora.targets.some((target) => last === target || matches(path, target) || path.endsWith(`.${target}`));
  if (!wanted) return null;
  const rows = product(x.shape.slice(0, -1));
  const from = x.shape.at(-1) ?? 1;
  const to = out.shape.at(-1) ?? 1;
  const low: TensorType = { dtype: out.dtype, shape: [...x.shape.slice(0, -1), lora.rank] };
  // Beside packed weights adapters are in the type of what is computed.
  const dtype = isReal(weightType.dtype) ? weightType.dtype : out.dtype;
  return {
    parameters: [
      { name: `${path}.lora_A`, shape: [lora.rank, from], dtype, weight: null },
      { name: `${path}.lora_B`, shape: [to, lora.rank], dtype, weight: null },
    ],
    low,
    ...lowRankWork({ rows, from, to, rank: lora.rank }, upstream),
  };
}
