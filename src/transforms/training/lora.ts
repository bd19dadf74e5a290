import { type Dim, mul, product } from '../../dim/index.js';
import type { OpEntry } from '../../ledger/index.js';
import type { GradientView, Work } from '../../ops/index.js';
import { numel, type TensorType } from '../../tensor/index.js';
import { isReal } from './precision.js';
import { matches } from './select.js';
import type { Lora, Trained } from './types.js';

/** What an adapter of low rank adds to a layer. */
export interface Adapter {
  readonly parameters: readonly Trained[];
  /** x·Aᵀ, which the gradient of B needs. */
  readonly low: TensorType;
  readonly forward: readonly Work[];
  readonly backward: readonly Work[];
}

const HEADS = /(^|\.)(lm_head|embed_out|output|head|classifier|score)$/;

/**
 * y = W·x + s·B·(A·x) with A of r×in and B of out×r (LoRA, arXiv 2106.09685): parameters r·(in + out), products rows·r·in and
 * rows·r·out forward, each again for its weight, again for A·x, and for x where that needs a gradient.
 */
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
  const pair = (products: Dim, outputs: Dim): Work => ({
    kind: 'contraction',
    products,
    unpadded: products,
    outputs,
    bias: false,
  });
  const [a, b] = [mul(rows, lora.rank, from), mul(rows, lora.rank, to)];
  const low: TensorType = { dtype: out.dtype, shape: [...x.shape.slice(0, -1), lora.rank] };
  const scale = (elements: Dim): Work => ({ kind: 'map', elements, each: { mul: 1 } });
  // Beside packed weights adapters are in the type of what is computed.
  const dtype = isReal(weightType.dtype) ? weightType.dtype : out.dtype;
  return {
    parameters: [
      { name: `${path}.lora_A`, shape: [lora.rank, from], dtype, weight: null },
      { name: `${path}.lora_B`, shape: [to, lora.rank], dtype, weight: null },
    ],
    low,
    forward: [
      pair(a, mul(rows, lora.rank)),
      pair(b, numel(out.shape)),
      { kind: 'map', elements: numel(out.shape), each: { mul: 1, add: 1 } },
    ],
    backward: [
      scale(numel(out.shape)),
      pair(b, mul(lora.rank, to)),
      pair(b, mul(rows, lora.rank)),
      pair(a, mul(lora.rank, from)),
      ...(upstream ? [pair(a, numel(x.shape))] : []),
    ],
  };
}
