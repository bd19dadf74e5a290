import { type Dim, floordiv, max, mul, product } from '../dim/index.js';
import { numel } from '../tensor/index.js';
import type { OpEntry } from '../trace/index.js';
import type { Parts } from './items.js';
import { type TermId, termOf } from './terms.js';

/** ptflops' other half: while the model runs, functions of PyTorch are replaced by ones that also count. */

/** Operators by the function that a model would write for them, where the format keeps only the operator. */
const WRITTEN: Readonly<Record<string, string>> = {
  ...written('F.', 'relu', 'prelu', 'elu', 'gelu', 'silu', 'softmax'),
  gelu_tanh: 'F.gelu',
  ...written('F.', 'max_pool', 'avg_pool', 'adaptive_max_pool', 'adaptive_avg_pool'),
  resize: 'F.interpolate',
};

function written(prefix: string, ...ops: readonly string[]): Record<string, string> {
  return Object.fromEntries(ops.map((op) => [op, prefix + op]));
}

/** One count per element that goes in. */
const BY_ELEMENT = /^F\.(relu|prelu|elu|relu6|gelu|silu|softmax|(adaptive_)?(max|avg)_pool([123]d)?)$/;
const PRODUCTS = /^(torch|Tensor)\.(matmul|mm|bmm)$/;
const FUSED_PRODUCTS = /^(torch\.(addmm|baddbmm)|Tensor\.addmm)$/;
const BY_PAIR = /^(torch|Tensor)\.(add|mul)$/;

/** What PyTorch's own functions do through functions that are replaced. */
const WITHIN: readonly (readonly [function_: RegExp, counts: (entry: OpEntry) => Parts | null])[] = [
  [/^F\.multi_head_attention_forward$/, (e) => (e.op === 'softmax' ? byElement(e) : productsOf(e))],
  [/^F\.local_response_norm$/, (e) => (e.op === 'avg_pool' ? byElement(e) : pair(e))],
  // The sign × the magnitude is written with a sign of its own, and not seen.
  [
    /^F\.lp_pool[123]d$/,
    (e) => (e.op === 'avg_pool' || e.op === 'relu' ? byElement(e) : e.inputs.length < 2 ? pair(e) : null),
  ],
];

/** What the replaced function that an operator was reached through adds, or null where it is none. */
export function functionParts(entry: OpEntry): Parts | null {
  if (heldByLayer(entry)) return null;
  const via = entry.via ?? WRITTEN[entry.op];
  if (via === undefined) return null;
  if (BY_ELEMENT.test(via)) return byElement(entry);
  if (/^F\.(interpolate|upsample)$/.test(via)) return { resize: interpolated(entry) };
  if (PRODUCTS.test(via) || FUSED_PRODUCTS.test(via)) return productsOf(entry);
  if (BY_PAIR.test(via)) return pair(entry);
  return WITHIN.find(([name]) => name.test(via))?.[1](entry) ?? null;
}

/** Functions that a layer took hold of when it was built are the original ones. */
function heldByLayer({ call, op }: OpEntry): boolean {
  return /^torch\.nn\.Transformer(En|De)coderLayer$/.test(call.module.type) && (op === 'relu' || op === 'gelu');
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

/** Elements going in × the factors, or those of the size that is asked for. */
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
