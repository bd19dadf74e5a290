import type { OpTable } from './types.js';
import { under } from './under.js';

/** Reductions, running ones, distances, and what sorts or chooses. */
export const REDUCTIONS = {
  sum: {
    term: 'reduction',
    formula: { macs: '0', flops: 'n − 1 adds per output of n elements', source: 'the definition', also: ['reducesum'] },
  },
  mean: {
    term: 'reduction',
    formula: {
      macs: '0',
      flops: 'n − 1 adds and a divide per output of n elements',
      source: 'the definition',
      also: ['reducemean', 'avg'],
    },
  },
  prod: {
    term: 'reduction',
    formula: {
      macs: '0',
      flops: 'n − 1 multiplies per output of n elements',
      source: 'the definition',
      also: ['reduceprod'],
    },
  },
  max: {
    term: 'reduction',
    formula: {
      macs: '0',
      flops: 'n − 1 compares per output of n elements',
      source: 'the definition',
      also: ['amax', 'reducemax'],
    },
  },
  min: {
    term: 'reduction',
    formula: {
      macs: '0',
      flops: 'n − 1 compares per output of n elements',
      source: 'the definition',
      also: ['amin', 'reducemin'],
    },
  },
  l1: {
    term: 'reduction',
    formula: {
      macs: '0',
      flops: 'n magnitudes and n − 1 adds per output of n elements',
      source: 'Σ |x|',
      also: ['reducel1'],
    },
  },
  l2: {
    term: 'reduction',
    formula: {
      macs: '0',
      flops: 'n multiplies, n − 1 adds and a root per output of n elements',
      source: '√Σ x²',
      also: ['reducel2', 'linalg_vector_norm'],
    },
  },
  std: { term: 'reduction', formula: { macs: '0', flops: 'as var, and a root per output', source: '√var' } },
  var: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per output of n elements: mean (n − 1 adds, a divide), n subtracts, n squares, n − 1 adds, a divide',
      source: 'Σ (x − mean)² / n, or n − 1',
      also: ['var_mean', 'std_mean'],
    },
  },
  norm: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per output of n elements: n magnitudes, n powers, n − 1 adds, a power',
      source: '(Σ |x|ᵖ)^(1/p); of order 1 and 2 it is l1 and l2',
    },
  },
  sum_square: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'n multiplies and n − 1 adds per output of n elements',
      source: 'Σ x²',
      also: ['reducesumsquare'],
    },
  },
  log_sum: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'n − 1 adds and a logarithm per output of n elements',
      source: 'log Σ x',
      also: ['reducelogsum'],
    },
  },
  logsumexp: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'n exps, n − 1 adds and a logarithm per output of n elements',
      source: 'log Σ exp x',
      also: ['reducelogsumexp'],
    },
  },
  argmax: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'n − 1 compares per output of n elements',
      source: 'the definition',
      also: ['argmin'],
    },
  },
  any: {
    term: 'other',
    formula: {
      macs: '0',
      flops: '0: booleans; of floats n − 1 compares per output',
      source: 'the definition',
      also: ['all'],
    },
  },
  cumsum: { term: 'reduction', formula: { macs: '0', flops: 'n − 1 adds per row of n', source: 'running sums' } },
  cumprod: {
    term: 'other',
    formula: { macs: '0', flops: 'n − 1 multiplies per row of n', source: 'running products' },
  },
  cummax: {
    term: 'other',
    formula: { macs: '0', flops: 'n − 1 compares per row of n', source: 'running extremes', also: ['cummin'] },
  },
  logcumsumexp: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per row of n: n exps, n − 1 adds, n logarithms',
      source: 'log of the running sums of exp x',
    },
  },
  topk: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'n · ⌈log₂ k⌉ compares per row of n, at least n',
      source: 'a heap of k',
      leavesOut: 'the compares, while k is symbolic',
    },
  },
  sort: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'n · ⌈log₂ n⌉ compares per row of n',
      source: 'a comparison sort',
      leavesOut: 'the compares, while n is symbolic',
      also: ['argsort', 'median', 'nanmedian', 'kthvalue', 'mode'],
    },
  },
  unique: {
    term: 'other',
    formula: {
      macs: '0',
      flops: '0',
      source: 'the values that occur',
      leavesOut: 'the compares of a sort, whose number depends on the data',
    },
  },
  quantile: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'a compare per element, and per result a multiply and 2 adds',
      source: 'interpolation between sorted neighbours',
    },
  },
  bucketize: {
    term: 'other',
    formula: {
      macs: '0',
      flops: '⌈log₂(edges + 1)⌉ compares per element',
      source: 'a binary search',
      also: ['searchsorted'],
    },
  },
  diff: {
    term: 'other',
    formula: { macs: '0', flops: 'a subtract per result and round', source: 'differences of neighbours' },
  },
  cdist: {
    term: 'reduction',
    formula: {
      macs: '0',
      flops: 'per pair of rows of n: n subtracts, n squares, n − 1 adds, a root unless the distances stay squared',
      source: '‖a − b‖',
    },
  },
  pdist: {
    term: 'reduction',
    formula: {
      macs: '0',
      flops: 'per pair of rows of n, each pair once: n subtracts, n squares, n − 1 adds, a root',
      source: '‖a − b‖',
    },
  },
  dist: {
    term: 'other',
    formula: { macs: '0', flops: 'n subtracts, n squares, n − 1 adds, a root', source: '‖a − b‖ over all n elements' },
  },
  cosine_similarity: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per row of n: 3·n multiplies, 3·(n − 1) adds, 2 roots, a multiply, a compare, a divide',
      source: 'a·b / max(‖a‖ · ‖b‖, ε)',
    },
  },
  pairwise_distance: {
    term: 'other',
    formula: { macs: '0', flops: 'per row of n: 2·n adds, n squares, n − 1 adds, a root', source: '‖a − b + ε‖' },
  },
  ...under('other', 'var_mean', 'std_mean', 'argmin'),
  ...under('other', 'all', 'cummin'),
  ...under('other', 'median', 'nanmedian'),
  ...under('other', 'kthvalue', 'mode'),
  aminmax: {
    term: 'other',
    formula: { macs: '0', flops: '2·(n − 1) compares per output of n elements', source: 'the definition' },
  },
  trace: {
    term: 'other',
    formula: { macs: '0', flops: 'n − 1 adds for a diagonal of n', source: 'the definition' },
  },
} as const satisfies OpTable;
