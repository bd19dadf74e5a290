import type { Unary } from '../../../src/ops/index.js';
import * as nn from '../../../src/torch/nn/index.js';
import type { Case } from '../spell.js';

// What only PyTorch's own names reach, by opcount/nn and by the operators of its files.

const F = nn.functional;
type Tensor = nn.Tensor;

const UNARY = [
  'exp2',
  'expm1',
  'log2',
  'log10',
  'log1p',
  'erfc',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'trunc',
  'frac',
  'isnan',
  'isinf',
  'isfinite',
  'logical_not',
  'nan_to_num',
] as const satisfies readonly Unary[];
const BINARY = ['fmod', 'atan2'] as const;
const LOGICAL = ['logical_and', 'logical_or', 'logical_xor'] as const;
const LOSSES = ['mse_loss', 'l1_loss', 'smooth_l1_loss', 'huber_loss', 'soft_margin_loss', 'kl_div'] as const;

const rows = [4, 10];
const labels = { shape: [4], dtype: 'int64' } as const;
const two = (
  run: (a: Tensor, b: Tensor) => Tensor,
  aten: Case['aten'],
  inputs: Case['inputs'] = [rows, rows],
): Case => ({
  inputs,
  nn: run as NonNullable<Case['nn']>,
  ...(aten === undefined ? {} : { aten }),
});
const one = (run: (a: Tensor) => Tensor, aten: Case['aten'], inputs: Case['inputs'] = [rows]): Case => ({
  inputs,
  nn: run as NonNullable<Case['nn']>,
  ...(aten === undefined ? {} : { aten }),
});

export const torch: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(UNARY.map((op) => [`torch ${op}`, one((x) => x[op](), [op, '$0'])])),
  ...Object.fromEntries(BINARY.map((op) => [`torch ${op}`, two((a, b) => a[op](b), [op, '$0', '$1'])])),
  ...Object.fromEntries(
    LOGICAL.map((op) => [
      `torch ${op}`,
      two(
        (a, b) => a[op](b),
        [op, '$0', '$1'],
        [
          { shape: rows, dtype: 'bool' },
          { shape: rows, dtype: 'bool' },
        ],
      ),
    ]),
  ),
  ...Object.fromEntries(LOSSES.map((op) => [`torch ${op}`, two((a, b) => F[op](a, b), [op, '$0', '$1', 1])])),
  'torch binary_cross_entropy': two(
    (a, b) => F.binary_cross_entropy(a, b),
    ['binary_cross_entropy', '$0', '$1', null, 1],
  ),
  'torch binary_cross_entropy_with_logits': two(
    (a, b) => F.binary_cross_entropy_with_logits(a, b),
    ['binary_cross_entropy_with_logits', '$0', '$1', null, null, 1],
  ),
  'torch cross_entropy': two(
    (a, b) => F.cross_entropy(a, b),
    ['cross_entropy_loss', '$0', '$1', null, 1],
    [rows, labels],
  ),
  'torch nll_loss': two((a, b) => F.nll_loss(a, b), ['nll_loss_nd', '$0', '$1', null, 1], [rows, labels]),
  'torch pairwise_distance': two((a, b) => F.pairwise_distance(a, b), ['pairwise_distance', '$0', '$1']),
  'torch cosine_similarity': two((a, b) => F.cosine_similarity(a, b), ['cosine_similarity', '$0', '$1', 1]),
  'torch one_hot': one((x) => F.one_hot(x, 7), ['one_hot', '$0', 7], [labels]),
  'torch gather': two((a, b) => a.gather(1, b), ['gather', '$0', 1, '$1'], [rows, { shape: [4, 3], dtype: 'int64' }]),
  'torch scatter_add': {
    inputs: [rows, { shape: [4, 3], dtype: 'int64' }, [4, 3]],
    nn: (x, index, src) => (x as Tensor).scatter_add(1, index as Tensor, src as Tensor),
    aten: ['scatter_add', '$0', 1, '$1', '$2'],
  },
  'torch argsort': one((x) => x.argsort(1), ['argsort', '$0', 1]),
  'torch logsumexp': one((x) => x.logsumexp(1), ['logsumexp', '$0', [1]]),
  'torch any': one((x) => x.any(1), ['any', '$0', 1], [{ shape: rows, dtype: 'bool' }]),
  'torch cumprod': one((x) => x.cumprod(1), ['cumprod', '$0', 1]),
  'torch tril': one((x) => x.tril(), ['tril', '$0']),
  'torch triu': one((x) => x.triu(), ['triu', '$0']),
  'torch repeat_interleave': one((x) => x.repeat_interleave(3, 1), ['repeat_interleave', '$0', 3, 1]),
};
