/**
 * PyTorch's operators (ATen), for every format that calls them: `.pt2` calls them by their schema's argument names,
 * TorchScript and Python by position and keyword.
 *
 * ```ts
 * const [y] = applyAten(trace, { name: 'conv2d', args: [x, weight, null, [2, 2], [3, 3]], spelling: { type: 'torch.conv2d' } });
 * const [parts] = applyAten(trace, { name: 'chunk', args: [x, 3], kwargs: { dim: 1 }, spelling }); // one result: a list
 * const [values, places] = applyAten(trace, { name: 'max', args: [x, 1], spelling }); // one result each
 * const [n] = applyAten(trace, { name: 'size', args: [x, 0], spelling }); // an integer, maybe free: nothing is recorded
 * ```
 *
 * - Arguments (`Arg`) are trace Values, integers that may be free (Dim), floats (`{ float: 2 }` where one has no fraction),
 *   booleans, strings, null for None, and lists of these. dtypes are opcount's names (`'float32'`, also `'torch.float32'`)
 *   or PyTorch's numbers. Arguments that change neither shapes nor work (device, layout, generator, out, …) may be given
 *   by keyword to any operator and are passed over. `input`, `axis`, `keepdims` are understood for `self`, `dim`, `keepdim`.
 * - Names: without namespace for ATen, with it for others (`torchvision.nms`, `_operator.floordiv`). A trailing
 *   underscore writes in place: the result is a new Value in the storage of the first argument, and contents that were
 *   known of other values in that storage no longer are. Go on with the result, not with the old value.
 * - Results: an array with one element for each result of PyTorch's schema; a list is one. An operator that only
 *   checks gives none. A number that is not known (`item` of data) comes back as the tensor that it would be taken from.
 * - What is not known becomes a gap with its reason: an operator that has no entry here, arguments that do not fit, an
 *   input of unknown shape, an answer that depends on what is symbolic. Its results are values of unknown type, or of what
 *   `hints` say; `knowsAten` tells whether there is an entry at all.
 * - Shapes that cannot meet throw ModelError `shape`.
 */
import { Unsupported } from '../../graph/errors.js';
import type { Trace } from '../../ledger/index.js';
import { byName } from '../../source/by-name.js';
import { arithmetic } from './arithmetic.js';
import { attentions } from './attention.js';
import { Call } from './call.js';
import { casts } from './casts.js';
import { convolutions } from './conv.js';
import { copies } from './copies.js';
import { decompositions } from './decompositions.js';
import { factories } from './factories.js';
import { indexing } from './indexing.js';
import { joins } from './join.js';
import { layout } from './layout.js';
import { losses } from './loss.js';
import { products } from './matmul.js';
import { norms } from './norm.js';
import { patches } from './patches.js';
import { pointwise } from './pointwise.js';
import { pools } from './pool.js';
import { reductions } from './reduce.js';
import { recurrences } from './rnn.js';
import { bind } from './signature.js';
import { spectral } from './spectral.js';
import { symbolic } from './symbolic.js';
import type { Entry, Table } from './table.js';
import { type Arg, type AtenCall, valuesIn } from './types.js';

export { typeOf } from './call.js';
export { type Arg, type AtenCall, type Float, isFloat, isValue, valuesIn } from './types.js';

const TABLE: Table = byName({
  ...pointwise,
  ...arithmetic,
  ...reductions,
  ...layout,
  ...casts,
  ...copies,
  ...patches,
  ...joins,
  ...convolutions,
  ...products,
  ...decompositions,
  ...norms,
  ...pools,
  ...attentions,
  ...recurrences,
  ...factories,
  ...indexing,
  ...symbolic,
  ...spectral,
  ...losses,
});

/** Other names of the same operators. */
const SAME: Readonly<Record<string, string>> = byName({
  absolute: 'abs',
  negative: 'neg',
  arccos: 'acos',
  arcsin: 'asin',
  arctan: 'atan',
  arctan2: 'atan2',
  arccosh: 'acosh',
  arcsinh: 'asinh',
  arctanh: 'atanh',
  multiply: 'mul',
  subtract: 'sub',
  divide: 'div',
  true_divide: 'div',
  greater: 'gt',
  greater_equal: 'ge',
  less: 'lt',
  less_equal: 'le',
  not_equal: 'ne',
  clip: 'clamp',
  spmm: 'mm',
  hspmm: 'mm',
  'sparse.mm': 'mm',
  special_exp2: 'exp2',
  special_expm1: 'expm1',
  special_log_ndtr: 'log_sigmoid',
  special_digamma: 'digamma',
  special_psi: 'digamma',
  special_erfc: 'erfc',
  special_erfinv: 'erfinv',
  special_gammaln: 'lgamma',
  special_i0: 'i0',
  special_log1p: 'log1p',
  special_logit: 'logit',
  special_logsumexp: 'logsumexp',
  special_round: 'round',
  special_sinc: 'sinc',
  special_xlogy: 'xlogy',
  __and__: 'bitwise_and',
  __or__: 'bitwise_or',
  __xor__: 'bitwise_xor',
  __iand__: 'bitwise_and_',
  __ior__: 'bitwise_or_',
  __ixor__: 'bitwise_xor_',
  __lshift__: 'bitwise_left_shift',
  __rshift__: 'bitwise_right_shift',
});

function find(name: string): { readonly name: string; readonly entry: Entry; readonly inplace: boolean } | null {
  const own = Object.hasOwn(SAME, name) ? (SAME[name] as string) : name;
  if (Object.hasOwn(TABLE, own)) return { name: own, entry: TABLE[own] as Entry, inplace: false };
  if (!own.endsWith('_') || own.endsWith('__')) return null;
  const base = own.slice(0, -1);
  const found = Object.hasOwn(SAME, base) ? (SAME[base] as string) : base;
  return Object.hasOwn(TABLE, found) ? { name: found, entry: TABLE[found] as Entry, inplace: true } : null;
}

/** Whether an operator has an entry, in place or not. */
export function knowsAten(name: string): boolean {
  return find(name) !== null;
}

/** Applies an operator: records what it does, and gives its results. See the top of this file. */
export function applyAten(trace: Trace, call: AtenCall): readonly Arg[] {
  const found = find(call.name);
  if (found === null) return gap(trace, call, 'no formula is known for this operator');
  const args = bound(found.entry.signatures, call);
  if (args === null) return gap(trace, call, 'its arguments are not those that are known of this operator');
  try {
    return found.entry.run(new Call(trace, call, found.name, found.inplace, args));
  } catch (error) {
    if (error instanceof Unsupported) return gap(trace, call, error.message);
    throw error;
  }
}

/** First by the names in the file, then by position. */
function bound(signatures: readonly string[], { args = [], names, kwargs = {} }: AtenCall): Map<string, Arg> | null {
  if (names !== undefined) {
    const named = { ...kwargs, ...Object.fromEntries(args.map((arg, i) => [names[i] ?? '', arg])) };
    for (const signature of signatures) {
      const found = bind(signature, [], named);
      if (found !== null) return found;
    }
  }
  for (const signature of signatures) {
    const found = bind(signature, args, kwargs);
    if (found !== null) return found;
  }
  return null;
}

function gap(trace: Trace, call: AtenCall, why: string): readonly Arg[] {
  const inputs = valuesIn([...(call.args ?? []), ...Object.values(call.kwargs ?? {})]);
  return trace.gap(call.name, why, inputs, call.hints ?? [null], call.spelling);
}
