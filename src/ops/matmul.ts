import { type Dim, mul, product } from '../dim/index.js';
import { ModelError } from '../source/errors.js';
import { type DType, numel, promote, type TensorType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import { broadcast, same, shapeError, show } from './shapes.js';
import { contraction, type Effect, isComplex, map, realProducts, reduction, type Work } from './work.js';

/** A matrix or a stack of them as a factor: its last two axes exchanged where that is requested. A vector stays as it is. */
export function factor(x: TensorType, transposed: boolean): TensorType {
  const [rows, columns] = x.shape.slice(-2);
  if (!transposed || rows === undefined || columns === undefined) return x;
  return { dtype: x.dtype, shape: [...x.shape.slice(0, -2), columns, rows] };
}

/** Matrix product with NumPy's rules for vectors and batches: products = batch·m·k·n. */
export function matmul(a: TensorType, b: TensorType): Effect {
  if (a.shape.length === 0 || b.shape.length === 0)
    throw shapeError(`matmul: ${show(a.shape)} and ${show(b.shape)}: a scalar has no axis to sum over`);
  const [m, k1] = a.shape.length === 1 ? [null, a.shape[0] as Dim] : (a.shape.slice(-2) as [Dim, Dim]);
  const [k2, n] = b.shape.length === 1 ? [b.shape[0] as Dim, null] : (b.shape.slice(-2) as [Dim, Dim]);
  const k = same(k1, k2, () => `matmul of ${show(a.shape)} and ${show(b.shape)}: inner extents`);
  const batch = broadcast([a.shape.slice(0, -2), b.shape.slice(0, -2)], 'matmul batch');
  const shape = [...batch, ...(m === null ? [] : [m]), ...(n === null ? [] : [n])];
  return {
    op: 'matmul',
    outputs: [{ dtype: promote(a.dtype, b.dtype), shape }],
    work: dense(promote(a.dtype, b.dtype), mul(product(batch), m ?? 1, k, n ?? 1), numel(shape), false),
    attrs: { bias: false } satisfies AttrsOf<'matmul'>,
  };
}

/** y = x·Wᵀ + b over the last axis: x is …×in, the weight out×in; products = rows·in·out. */
export function linear(input: TensorType, weight: TensorType, bias: TensorType | null): Effect {
  if (input.shape.length === 0 || weight.shape.length < 1 || weight.shape.length > 2)
    throw shapeError(`linear: an input of ${show(input.shape)} does not fit a weight of ${show(weight.shape)}`);
  const [out, inFeatures] =
    weight.shape.length === 2 ? (weight.shape as readonly [Dim, Dim]) : [null, weight.shape[0] as Dim];
  const rows = input.shape.slice(0, -1);
  const k = same(
    input.shape.at(-1) as Dim,
    inFeatures,
    () => `linear: features of the input ${show(input.shape)} and of the weight ${show(weight.shape)}`,
  );
  const shape = out === null ? rows : [...rows, out];
  return {
    op: 'linear',
    outputs: [{ dtype: input.dtype, shape }],
    work: dense(input.dtype, mul(product(rows), k, out ?? 1), numel(shape), bias !== null),
    attrs: { in_features: k, out_features: out ?? 1, bias: bias !== null } satisfies AttrsOf<'linear'>,
  };
}

/** `rows` vectors of `from` features through a weight: rows·from·to products. */
export function projection(dtype: DType, rows: Dim, from: Dim, to: Dim, bias: boolean): Effect {
  return linear({ dtype, shape: [rows, from] }, { dtype, shape: [to, from] }, bias ? { dtype, shape: [to] } : null);
}

/**
 * β·x + α·(a × b): the product, summed over its batch for `addbmm`, and one addition an element; each factor that is not 1
 * (`scales` of them) multiplies every element once more.
 */
export function addedProduct(
  op: 'addmm' | 'addmv' | 'baddbmm' | 'addbmm',
  x: TensorType,
  a: TensorType,
  b: TensorType,
  scales: number,
): Effect {
  const product = matmul(a, b);
  const all = product.outputs[0] as TensorType;
  const out: TensorType = op === 'addbmm' ? { dtype: all.dtype, shape: all.shape.slice(1) } : all;
  const shape = broadcast([out.shape, x.shape], op);
  return {
    ...product,
    op,
    outputs: [out],
    work: [
      ...product.work,
      ...(op === 'addbmm' ? reduction(all.dtype, numel(all.shape), numel(out.shape), 'add') : []),
      ...map(promote(out.dtype, x.dtype), numel(shape), { add: 1 }),
      ...(scales === 0 ? [] : map(out.dtype, numel(out.shape), { mul: scales })),
    ],
  };
}

/** y_o = x1ᵀ·A_o·x2 + b_o: A·x2 first (out·in1·in2 per row), then the product with x1 (out·in1 per row). */
export function bilinear(x1: TensorType, x2: TensorType, weight: TensorType, bias: TensorType | null): Effect {
  const [out, in1, in2] = weight.shape as readonly [Dim, Dim, Dim];
  same(x1.shape.at(-1) as Dim, in1, 'bilinear: features of the first input');
  same(x2.shape.at(-1) as Dim, in2, 'bilinear: features of the second input');
  const rows = broadcast([x1.shape.slice(0, -1), x2.shape.slice(0, -1)], 'bilinear rows');
  const n = product(rows);
  return {
    op: 'bilinear',
    outputs: [{ dtype: x1.dtype, shape: [...rows, out] }],
    work: [
      contraction(mul(n, out, in1, in2), mul(n, out, in1), false),
      contraction(mul(n, out, in1), mul(n, out), bias !== null),
    ],
    attrs: { in1_features: in1, in2_features: in2, bias: bias !== null } satisfies AttrsOf<'bilinear'>,
  };
}

/**
 * Einstein summation. Several operands are contracted from left to right; a label that only one operand has, and nobody
 * needs later, is summed out first; each pair then takes one product per combination of its labels.
 * `...` stands for the leading axes that are not named. Throws ModelError `argument` for an equation that does not fit.
 */
export function einsum(equation: string, operands: readonly TensorType[]): Effect {
  const { inputs, output, extents } = parseEquation(equation, operands);
  const dtype = operands.map((o) => o.dtype).reduce(promote);
  const size = (labels: Iterable<string>): Dim => product([...labels].map((l) => extents.get(l) as Dim));
  const work: Work[] = [];
  let left = new Set(inputs[0]);
  for (let i = 0; i < inputs.length; i++) {
    const later = new Set([...output, ...inputs.slice(i + 1).flat()]);
    if (i === 0) {
      if (inputs.length > 1 || [...left].every((l) => later.has(l))) continue;
      const kept = new Set([...left].filter((l) => later.has(l)));
      work.push(...reduction(dtype, size(left), size(kept), 'add'));
      continue;
    }
    const right = new Set(inputs[i]);
    const needed = (l: string, other: ReadonlySet<string>) => other.has(l) || later.has(l);
    left = sumOut(left, (l) => needed(l, right));
    const summedRight = sumOut(right, (l) => needed(l, left));
    const all = new Set([...left, ...summedRight]);
    const kept = new Set([...all].filter((l) => later.has(l)));
    // A pair that sums nothing, or over extents of 1 alone, is a product an element, as PyTorch dispatches it.
    const sums = [...all].some((l) => !later.has(l) && extents.get(l) !== 1);
    work.push(...(sums ? dense(dtype, size(all), size(kept), false) : map(dtype, size(kept), { mul: 1 })));
    left = kept;
  }
  return {
    op: 'einsum',
    outputs: [{ dtype, shape: output.map((l) => extents.get(l) as Dim) }],
    work,
    attrs: { equation } satisfies AttrsOf<'einsum'>,
  };

  function sumOut(labels: ReadonlySet<string>, keep: (label: string) => boolean): Set<string> {
    const kept = new Set([...labels].filter(keep));
    if (kept.size < labels.size) work.push(...reduction(dtype, size(labels), size(kept), 'add'));
    return kept;
  }
}

/** A contraction, also of integers: quantised products are the work that people count. */
function dense(dtype: DType, products: Dim, outputs: Dim, bias: boolean): Work[] {
  return [contraction(realProducts(dtype, products), isComplex(dtype) ? mul(2, outputs) : outputs, bias)];
}

/** Each is contracted with what comes before it, and looked at in what comes after it. */
const MAX_OPERANDS = 256;

function parseEquation(
  equation: string,
  operands: readonly TensorType[],
): { inputs: string[][]; output: string[]; extents: Map<string, Dim> } {
  const wrong = (why: string) => new ModelError('argument', `einsum "${equation}": ${why}`);
  const [lhs = '', rhs] = equation.replaceAll(' ', '').split('->');
  const terms = lhs.split(',');
  if (terms.length > MAX_OPERANDS)
    throw new ModelError('limit', `an einsum of ${terms.length} operands, more than ${MAX_OPERANDS}`, {
      hint: 'NumPy takes 32: write it as several products',
    });
  if (terms.length !== operands.length) throw wrong(`names ${terms.length} operands, ${operands.length} are given`);
  const extents = new Map<string, Dim>();
  let widest = 0;
  const inputs = terms.map((term, i) => {
    const shape = (operands[i] as TensorType).shape;
    const named = term.replace('...', '').length;
    if (shape.length < named || (!term.includes('...') && shape.length !== named))
      throw wrong(`"${term}" does not fit ${show(shape)}`);
    const hidden = Array.from({ length: shape.length - named }, (_, j) => `.${shape.length - named - j}`);
    widest = Math.max(widest, hidden.length);
    const dots = term.indexOf('...');
    const labels = dots < 0 ? [...term] : [...term.slice(0, dots), ...hidden, ...term.slice(dots + 3)];
    for (const [axis, label] of labels.entries()) {
      const extent = shape[axis] as Dim;
      const known = extents.get(label);
      if (known === undefined || known === 1) extents.set(label, extent);
      else if (extent !== 1) extents.set(label, same(known, extent, `einsum "${equation}": label ${label}`));
    }
    return labels;
  });
  const allDots = Array.from({ length: widest }, (_, j) => `.${widest - j}`);
  const all = inputs.flat();
  const output =
    rhs === undefined
      ? [
          ...allDots,
          ...[...new Set(all)].filter((l) => !l.startsWith('.') && all.filter((x) => x === l).length === 1).sort(),
        ]
      : rhs.includes('...')
        ? [...rhs.slice(0, rhs.indexOf('...')), ...allDots, ...rhs.slice(rhs.indexOf('...') + 3)]
        : [...rhs];
  for (const label of output) if (!extents.has(label)) throw wrong(`the result names "${label}", no operand does`);
  return { inputs, output, extents };
}
