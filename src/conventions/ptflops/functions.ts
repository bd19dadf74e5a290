import { add, type Dim, floordiv, max, mul, product } from '../../dim/index.js';
import type { OpEntry } from '../../ledger/index.js';
import { numel } from '../../tensor/index.js';
import type { Parts } from '../items.js';
import { namesOf } from '../python-names.js';
import { type TermId, termOf } from '../terms.js';

/** ptflops' other half: while the model runs, functions of PyTorch are replaced by ones that also count. */

/** One count per element that goes in. */
const BY_ELEMENT = /^F\.(relu|prelu|elu|relu6|gelu|silu|softmax|(adaptive_)?(max|avg)_pool[123]d)$/;
const PRODUCTS = /^(torch|Tensor)\.(matmul|mm|bmm)$/;
const FUSED_PRODUCTS = /^(torch\.(addmm|baddbmm)|Tensor\.addmm)$/;
const BY_PAIR = /^(torch|Tensor)\.(add|mul)$/;

/** What the replaced functions that an operator was reached through add, or null if none was. */
export function functionParts(entry: OpEntry): Parts | null {
  const found = namesOf(entry).flatMap((name) => partsBy(name, entry) ?? []);
  return found.length === 0 ? null : merged(found);
}

function partsBy(name: string, entry: OpEntry): Parts | null {
  if (BY_ELEMENT.test(name)) return byElement(entry);
  if (/^F\.(interpolate|upsample)$/.test(name)) return { resize: interpolated(entry) };
  if (PRODUCTS.test(name) || FUSED_PRODUCTS.test(name)) return productsOf(entry);
  return BY_PAIR.test(name) ? pair(entry) : null;
}

function merged(all: readonly Parts[]): Parts {
  const sum: Partial<Record<TermId, Dim>> = {};
  for (const parts of all)
    for (const [term, amount] of Object.entries(parts) as [TermId, Dim][]) sum[term] = add(sum[term] ?? 0, amount);
  return sum;
}

const shape = (entry: OpEntry, i: number): readonly Dim[] => entry.inputs[i]?.type?.shape ?? [];
const outputOf = (entry: OpEntry): readonly Dim[] => entry.outputs[0]?.type?.shape ?? [];

function byElement(entry: OpEntry): Parts {
  return { [termOf(entry.op)]: numel(shape(entry, 0)) };
}

/** Elements of the first operand × the last extent of the second; what is added, once an element of it. */
function productsOf(entry: OpEntry): Parts | null {
  const added = entry.op === 'addmm' || entry.op === 'baddbmm' ? 1 : 0;
  if (entry.op !== 'matmul' && added === 0) return null;
  const [a, b] = [shape(entry, added), shape(entry, added + 1)];
  const amount = mul(numel(a), b.at(-1) ?? 1);
  const term: TermId = a.length < 2 || b.length < 2 || a.length !== b.length ? 'broadcast' : 'products';
  return added === 0 ? { [term]: amount } : { [term]: amount, elementwise: numel(shape(entry, 0)) };
}

/** The larger of the extents of two tensors, axis by axis from the first on: broadcasting would begin at the last. */
function pair(entry: OpEntry): Parts | null {
  if (entry.op !== 'add' && entry.op !== 'mul') return null;
  const [a, b] = [shape(entry, 0), entry.inputs.length < 2 ? [] : shape(entry, 1)];
  const rank = Math.max(a.length, b.length);
  return { elementwise: product(Array.from({ length: rank }, (_, i) => max(a[i] ?? 1, b[i] ?? 1))) };
}

/** Elements going in × the factors, or those of the size that is requested. */
function interpolated(entry: OpEntry): Dim {
  const { scale } = entry.attrs;
  const input = shape(entry, 0);
  const factors = Array.isArray(scale) ? scale : input.slice(2).map(() => scale);
  if (!factors.every((f): f is number => typeof f === 'number')) return numel(outputOf(entry));
  const all = factors.reduce((a, b) => a * b, 1);
  if (Number.isInteger(all)) return mul(all, numel(input));
  // The tool multiplies in floating point; a fraction of powers of two is as exact here.
  const denominator = 2 ** 20;
  return floordiv(mul(Math.round(all * denominator), numel(input)), denominator);
}
