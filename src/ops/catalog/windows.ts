import type { OpTable } from './types.js';

/** Pooling, resizing, sampling, and windows put together. */
export const WINDOWS = {
  max_pool: {
    term: 'pooling',
    module: (a) => `torch.nn.MaxPool${a['axes']}d`,
    formula: { macs: '0', flops: 'K − 1 compares per output, K the window’s elements', source: 'the definition' },
  },
  avg_pool: {
    term: 'pooling',
    module: (a) => `torch.nn.AvgPool${a['axes']}d`,
    formula: {
      macs: '0',
      flops: 'K − 1 adds and 1 divide per output',
      source: 'the definition',
      also: ['adaptive_avg_pool', 'global_avg_pool'],
    },
  },
  adaptive_avg_pool: { term: 'pooling', module: (a) => `torch.nn.AdaptiveAvgPool${a['axes']}d` },
  resize: {
    term: 'resize',
    module: () => 'torch.nn.Upsample',
    formula: {
      macs: '0',
      flops:
        'nearest 0; else one multiply per tap and taps − 1 adds per output: 2 taps an interpolated axis for linear, 4 for cubic',
      source: 'interpolation as a weighted sum of taps',
      leavesOut: 'working out the weights of the taps',
      also: ['upsample', 'interpolate'],
    },
  },
  lp_pool: {
    term: 'pooling',
    formula: {
      macs: '0',
      flops: 'per output: K powers, K − 1 adds, one power, K the window’s elements',
      source: '(Σ xᵖ)^(1/p)',
      also: ['adaptive_lp_pool'],
    },
  },
  adaptive_max_pool: {
    term: 'pooling',
    module: (a) => `torch.nn.AdaptiveMaxPool${a['axes']}d`,
    formula: {
      macs: '0',
      flops: 'the windows’ elements less one, in compares per output',
      source: 'windows from ⌊o·in/out⌋ to ⌈(o+1)·in/out⌉',
      also: ['global_max_pool'],
    },
  },
  max_roi_pool: {
    term: 'other',
    formula: {
      macs: '0',
      flops: '0',
      source: 'the maximum of each bin of each region',
      leavesOut: 'the compares within regions, whose size depends on the data',
    },
  },
  roi_align: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per bin and channel: 4·s² multiplies, 4·s² − 1 adds and a divide, with s × s samples',
      source: 'the mean of samples, each interpolated from four neighbours',
      leavesOut: 'with an adaptive number of samples all but the division',
    },
  },
  crop_and_resize: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per output: 4 multiplies and 3 adds; nearest 0',
      source: 'regions, each interpolated to one size',
    },
  },
  affine_grid: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per coordinate: as many multiplies and adds as there are axes',
      source: 'θ · (place, 1)',
    },
  },
  grid_sample: {
    term: 'sampling',
    formula: {
      macs: '0',
      flops: 'per output: a multiply per tap and taps − 1 adds; taps 1 nearest (then 0), 2 an axis bilinear, 4 bicubic',
      source: 'a weighted sum of the taps around a place that is given',
      leavesOut: 'working out the weights of the taps',
      also: ['grid_sampler'],
    },
  },
  fold: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'an add per element of the columns',
      source: 'patches summed where they overlap',
      also: ['col2im'],
    },
  },
  adaptive_lp_pool: { term: 'other' },
  max_unpool: {
    term: 'other',
    formula: { macs: '0', flops: '0', source: 'values put back to where they came from' },
  },
} as const satisfies OpTable;
