import type { OpTable } from './types.js';

/** Normalisation, softmax and losses. */
export const NORMS = {
  batch_norm: {
    term: 'batch-norm',
    module: () => 'torch.nn.BatchNorm2d',
    formula: {
      macs: '0',
      flops: '2 per element: a scale and a shift',
      source: 'at inference the statistics are constants and fold into one scale and one shift',
      leavesOut: 'the statistics that training computes',
    },
  },
  layer_norm: {
    term: 'layer-norm',
    module: () => 'torch.nn.LayerNorm',
    formula: {
      macs: '0',
      flops:
        'per set of n: mean (n − 1 adds, 1 divide), n subtracts, n squares, n − 1 adds, 1 divide, + ε, √, n divides; affine: n multiplies, n adds',
      source: '(x − mean) / √(variance + ε) · weight + bias',
      also: ['group_norm', 'instance_norm'],
    },
  },
  group_norm: { term: 'norm', module: () => 'torch.nn.GroupNorm' },
  instance_norm: { term: 'norm', module: () => 'torch.nn.InstanceNorm2d' },
  rms_norm: {
    term: 'norm',
    formula: {
      macs: '0',
      flops: 'per set of n: n squares, n − 1 adds, 1 divide, + ε, √, n divides; affine: n multiplies',
      source: 'x / √(mean(x²) + ε) · weight',
    },
  },
  softmax: {
    term: 'softmax',
    module: () => 'torch.nn.Softmax',
    formula: {
      macs: '0',
      flops: 'per row of n: n − 1 compares, n subtracts, n exps, n − 1 adds, n divides',
      source: 'exp(x − max) / Σ exp(x − max), the stable form that every runtime computes',
      also: ['log_softmax'],
    },
  },
  log_softmax: { term: 'softmax' },
  local_response_norm: {
    term: 'norm',
    formula: {
      macs: '0',
      flops: 'per element: `size` adds, 2 multiplies, a power and a divide',
      source: 'x / (k + α · Σ of the squares of `size` neighbours)^β',
      also: ['lrn'],
    },
  },
  normalize: {
    term: 'norm',
    formula: {
      macs: '0',
      flops: 'per row of n: n squares (n magnitudes for p = 1), n − 1 adds, a root and a compare, n divides',
      source: 'x / max(‖x‖_p, ε)',
      also: ['lpnormalization', 'l2_normalization'],
    },
  },
  hardmax: {
    term: 'other',
    formula: { macs: '0', flops: 'n − 1 compares per row of n', source: '1 at the largest of a row' },
  },
  mean_variance_norm: {
    term: 'other',
    formula: {
      macs: '0',
      flops:
        'per set of n: 2·(n − 1) adds, n squares, 2 divides, a multiply, 2 adds, a root, then n subtracts and n divides',
      source: '(x − E[x]) / (√(E[x²] − E[x]²) + ε), as ONNX defines it',
      also: ['meanvariancenormalization'],
    },
  },
  normalizer: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per row of n: n magnitudes or squares, n − 1 compares or adds (a root for l2), n divides',
      source: 'ai.onnx.ml Normalizer',
    },
  },
  weight_norm: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per weight a square, an add and a multiply, per row a root and a divide',
      source: 'g · v / ‖v‖',
    },
  },
  renorm: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per element a square, an add and a multiply, per row a root',
      source: 'rows held to a norm at most',
    },
  },
  cross_entropy: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per row a log softmax and a negation; then the sum or mean of the rows',
      source: '−log of the probability of the right class',
      also: ['softmaxcrossentropyloss'],
    },
  },
  nll_loss: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per row a negation; then the sum or mean of the rows',
      source: '−log of the probability of the right class, from logarithms',
      also: ['negativeloglikelihoodloss'],
    },
  },
} as const satisfies OpTable;
