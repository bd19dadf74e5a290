import { byName } from '../../source/by-name.js';

/**
 * Arguments are in the order of their schema, those by keyword too. The names of these, by the operator: how many are
 * positional, then the keywords. Those that change neither shapes nor work are passed over by `torch/operators/`.
 */
const KEYWORDS: Readonly<Record<string, readonly [number, ...string[]]>> = byName({
  add: [2, 'alpha'],
  sub: [2, 'alpha'],
  rsub: [2, 'alpha'],
  addmm: [3, 'beta', 'alpha'],
  baddbmm: [3, 'beta', 'alpha'],
  addcmul: [3, 'value'],
  addcdiv: [3, 'value'],
  clone: [1, 'memory_format'],
  _to_copy: [1, 'non_blocking', 'memory_format'],
  gelu: [1, 'approximate'],
  sum: [3, 'dtype'],
  mean: [3, 'dtype'],
  prod: [3, 'dtype'],
  cumsum: [2, 'dtype'],
  empty: [1, 'memory_format'],
  full_like: [2, 'memory_format'],
  zeros_like: [1, 'memory_format'],
  ones_like: [1, 'memory_format'],
  div: [2, 'rounding_mode'],
  var: [2, 'correction', 'keepdim'],
  var_mean: [2, 'correction', 'keepdim'],
  argsort: [1, 'stable', 'dim', 'descending'],
  scaled_dot_product_attention: [6, 'scale', 'enable_gqa'],
  quantize_per_tensor: [6],
});

/** Positional arguments and those by keyword. */
export function spread<T>(
  name: string,
  overload: string,
  args: readonly T[],
): { positional: readonly T[]; keywords: Record<string, T> } {
  const own = KEYWORDS[name.replace(/^.*\./, '')];
  if (own === undefined) return { positional: args, keywords: {} };
  const [count, ...names] = own;
  // Sums and means over everything have only a dtype after the tensor.
  const positional =
    count === 3 && args.length <= 2 && /^(?:sum|mean|prod)$/.test(name) && !/dim|int/i.test(overload) ? 1 : count;
  const keywords: Record<string, T> = {};
  for (const [i, arg] of args.slice(positional).entries()) keywords[names[i] ?? `argument${i}`] = arg;
  return { positional: args.slice(0, positional), keywords };
}
