import { add, type Dim, isStatic, mul, product, toNumber } from '../dim/index.js';
import type { Ledger, Note, OpEntry } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { assertionFailure, countFunctions, functionNotes } from './count-functions.js';
import { elementsIn, elementsOut, inputShape, last } from './operands.js';
import { each, FUNCTIONS, type FunctionRule, matmul, only, products, resizeTo } from './patched-functions.js';
import { spellingNote } from './python-names.js';
import { failedResult, resultOf } from './results.js';
import type { Convention, ConventionResult } from './types.js';
import { allParameters, standInNote } from './units.js';

/** Q·Kᵀ and A·V for every head of the queries. */
const attention: FunctionRule = (e) => {
  const [q, k, v] = [inputShape(e), inputShape(e, 1), inputShape(e, 2)];
  return products(product([...q.slice(0, -1), last(k, 2), add(last(q), last(v))]));
};

/** With a scale: the input's elements times the scale of every spatial axis, before extents are rounded down. */
function resized(e: OpEntry): Dim {
  const scale = e.attrs.scale as number | readonly number[] | null | undefined;
  const n = elementsIn(e);
  if (scale === null || scale === undefined) return resizeTo(e) ?? elementsOut(e);
  const factor = Array.isArray(scale)
    ? Math.trunc((scale as readonly number[]).reduce((a, b) => a * b, 1))
    : (scale as number) ** (inputShape(e).length - 2);
  if (Number.isInteger(factor)) return mul(n, factor);
  return isStatic(n) ? Math.trunc(toNumber(n) * factor) : elementsOut(e);
}

const RULES: Readonly<Record<string, FunctionRule>> = byName({
  ...FUNCTIONS,
  ...each(matmul, '@', 'torch.mm', 'Tensor.mm', 'torch.bmm', 'Tensor.bmm'),
  ...each(attention, 'F.scaled_dot_product_attention'),
  ...each(only('resize', resized), 'F.interpolate', 'F.upsample'),
});

export const deepspeed: Convention = {
  id: 'deepspeed',
  title: 'DeepSpeed FLOPs profiler',
  version: '0.19.6',
  source: 'deepspeed/profiling/flops_profiler/profiler.py: _patch_functionals, _patch_tensor_methods, get_module_flops',
  description:
    'FLOPs: twice the products of convolutions, linear layers, matrix products and attention, their bias (not that of linear layers), and a few per element of norms, activations, pools and softmax called as functions. MACs: the products. Sums and products of tensors written with + and * are not seen. It is the first profile of a process: each later one counts attention once more.',
  run(ledger: Ledger): ConventionResult {
    const { title } = deepspeed;
    const params = allParameters(ledger);
    const failure = assertionFailure(ledger, title);
    if (failure !== null) return failedResult(deepspeed, UNITS, params, failure);
    const { items, unseen } = countFunctions(ledger, RULES);
    const attends = ledger.entries.some((e) => e.op === 'attention');
    return resultOf(deepspeed, UNITS, items, {
      params,
      notes: [
        ...standInNote(ledger, title),
        ...spellingNote(ledger, title),
        ...functionNotes(title, unseen, items),
        ...(attends ? [LEAK] : []),
      ],
    });
  },
};
const UNITS = { flops: 'flop', macs: 'mac' } as const;

const LEAK: Note = {
  code: 'first-profile',
  message:
    'the number of a first profile: the profiler leaves its own scaled_dot_product_attention behind, and every later profile in the same process counts attention once more',
};
