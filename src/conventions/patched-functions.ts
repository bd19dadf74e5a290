import { add, type Dim, equal, floordiv, max, mul, product, sub } from '../dim/index.js';
import { equationOf, type OpEntry } from '../ledger/index.js';
import { attrsAs } from '../ops/index.js';
import { byName } from '../source/by-name.js';
import { fourDigits, numpyCost } from './einsum-cost.js';
import type { Parts } from './items.js';
import { elementsIn, exactProducts, groupsOf, hasBias, inputShape, last } from './operands.js';
import type { TermId } from './terms.js';

/** The amounts that one call of a function adds to FLOPs and to MACs. */
export interface Amounts {
  readonly flops: Parts;
  readonly macs: Parts;
}
/** One rule a function of PyTorch, for what a call of it is seen to do. */
export type FunctionRule = (entry: OpEntry) => Amounts;

/** n products: 2·n FLOPs and n MACs, and what is added to the FLOPs alone. */
export const products = (n: Dim, more: Parts = {}, term: TermId = 'products'): Amounts => ({
  flops: { [term]: mul(2, n), ...more },
  macs: { [term]: n },
});
export const only = (term: TermId, amount: (entry: OpEntry) => Dim): FunctionRule => {
  return (e) => ({ flops: { [term]: amount(e) }, macs: {} });
};
const perInput = (term: TermId, factor = 1): FunctionRule => only(term, (e) => mul(factor, elementsIn(e)));

const linear: FunctionRule = (e) => products(mul(elementsIn(e), inputShape(e, 1)[0] ?? 1));

/** (in + 2·pad − dilation·(kernel − 1) − 1) / stride + 1, whatever the operator. */
function formulaExtents(e: OpEntry): Dim[] {
  // Of a convolution that is handed the end of the input before it, that is input too.
  const { kernel = [], stride = [], dilation = [], padding = [], history = [] } = attrsAs('conv', e);
  return inputShape(e)
    .slice(2)
    .map((own, i) => {
      const extent = add(own, history[i] ?? 0);
      const span = (dilation[i] ?? 1) * ((kernel[i] ?? 1) - 1) + 1;
      return add(floordiv(sub(add(extent, 2 * (padding[i]?.[0] ?? 0)), span), stride[i] ?? 1), 1);
    });
}

function convolution(e: OpEntry): Amounts {
  const [batch = 1, channels = 1] = inputShape(e);
  const [filters = 1, , ...kernel] = inputShape(e, 1);
  const positions = mul(batch, product(formulaExtents(e)));
  const each = mul(product(kernel), channels, floordiv(filters, groupsOf(e)));
  return products(
    mul(each, positions),
    hasBias(e) ? { bias: mul(filters, positions) } : {},
    e.attrs.padding_name === 'same' ? 'output-size' : 'products',
  );
}

/** The weight's second extent is taken for the output channels, though it is already divided by the groups. */
function transposed(e: OpEntry): Amounts {
  const [batch = 1, channels = 1, ...extents] = inputShape(e);
  const [, filters = 1, ...kernel] = inputShape(e, 1);
  const each = mul(product(kernel), channels, floordiv(filters, groupsOf(e)));
  return products(
    mul(each, batch, product(extents)),
    hasBias(e) ? { bias: mul(filters, batch, product(formulaExtents(e))) } : {},
    groupsOf(e) > 1 ? 'grouped' : 'products',
  );
}

/** All elements of the left times the last extent of the right: too much for a vector on the right. */
export const matmul: FunctionRule = (e) => {
  const same = inputShape(e, 1).length > 1;
  return products(mul(elementsIn(e), last(inputShape(e, 1))), {}, same ? 'products' : 'broadcast');
};
const addmm: FunctionRule = (e) => products(mul(elementsIn(e, 1), last(inputShape(e, 2))), { bias: elementsIn(e) });

/** NumPy's count of operations as it prints it, read back from four digits. */
const einsum: FunctionRule = (e) => {
  const equation = equationOf(e);
  const real = mul(2, exactProducts(e));
  const printed = equation === null ? real : fourDigits(numpyCost(equation));
  const term = equation !== null && equation.inputs.length > 2 ? 'order' : 'rounding';
  return { flops: { products: real, [term]: sub(printed, real) }, macs: {} };
};

/** Both shapes side by side from the first axis on, the larger extent of each: not how PyTorch broadcasts. */
const elementwise: FunctionRule = only('elementwise', (e) => {
  const [a, b] = [inputShape(e), inputShape(e, 1)];
  return product(Array.from({ length: Math.max(a.length, b.length) }, (_, i) => max(a[i] ?? 1, b[i] ?? 1)));
});

const batchNorm: FunctionRule = only('batch-norm', (e) => {
  const affine = e.attrs.affine === true;
  return mul(e.attrs.batch_statistics === true ? (affine ? 5 : 4) : affine ? 2 : 1, elementsIn(e));
});
const norm = (term: TermId): FunctionRule => only(term, (e) => mul(e.attrs.affine === true ? 5 : 4, elementsIn(e)));

/**
 * With a size: the product of its extents, without batch and channels; of one number, the number. A layer whose file gives
 * the extents alone is taken to have been built from one number where they are the same.
 */
export const resizeTo = (e: OpEntry): Dim | null => {
  const size = e.attrs.size as Dim | readonly Dim[] | null | undefined;
  if (size === null || size === undefined) return null;
  const { type, attrs } = e.call.module;
  if (Array.isArray(size) && type === 'torch.nn.Upsample' && attrs['size'] === undefined) {
    const [first, ...rest] = size as readonly Dim[];
    if (first !== undefined && rest.every((d) => equal(d, first))) return first;
  }
  return Array.isArray(size) ? product(size as readonly Dim[]) : (size as Dim);
};

export const each = (rule: FunctionRule, ...names: readonly string[]): Record<string, FunctionRule> =>
  Object.fromEntries(names.map((n) => [n, rule]));
const perAxes = (rule: FunctionRule, ...names: readonly string[]): Record<string, FunctionRule> =>
  each(rule, ...names.flatMap((n) => [1, 2, 3].map((axes) => `F.${n}${axes}d`)));

/** The functions that calflops and DeepSpeed's profiler both replace: the first began as a copy of the second. */
export const FUNCTIONS: Readonly<Record<string, FunctionRule>> = byName({
  ...each(linear, 'F.linear'),
  ...perAxes(convolution, 'conv'),
  ...perAxes(transposed, 'conv_transpose'),
  ...each(perInput('activation'), 'F.relu', 'F.prelu', 'F.elu', 'F.leaky_relu', 'F.relu6', 'F.silu', 'F.gelu'),
  ...each(batchNorm, 'F.batch_norm'),
  ...each(norm('layer-norm'), 'F.layer_norm'),
  ...each(norm('norm'), 'F.instance_norm', 'F.group_norm'),
  ...perAxes(perInput('pooling'), 'avg_pool', 'max_pool', 'adaptive_avg_pool', 'adaptive_max_pool'),
  ...each(perInput('softmax'), 'F.softmax'),
  ...each(matmul, 'torch.matmul', 'Tensor.matmul'),
  ...each(addmm, 'torch.addmm', 'Tensor.addmm', 'torch.baddbmm'),
  ...each(elementwise, 'torch.add', 'Tensor.add', 'torch.mul', 'Tensor.mul'),
  ...each(einsum, 'torch.einsum'),
});
