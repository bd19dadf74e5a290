import type { OpInfo, OpTable, ReportTerm } from './types.js';

/** Operators that have nothing of their own but the term that they are reported under. */
function under<const N extends string>(term: ReportTerm, ...names: readonly N[]): Record<N, OpInfo> {
  return Object.fromEntries(names.map((name) => [name, { term }])) as Record<N, OpInfo>;
}

/** Normalisation, pooling, reductions, losses: arithmetic without multiply-accumulates that is more than one function an element. */
export const OTHERS = {
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
  ...under('norm', 'local_response_norm', 'normalize'),
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
  lp_pool: { term: 'pooling' },
  adaptive_avg_pool: { term: 'pooling', module: (a) => `torch.nn.AdaptiveAvgPool${a['axes']}d` },
  adaptive_max_pool: { term: 'pooling', module: (a) => `torch.nn.AdaptiveMaxPool${a['axes']}d` },
  ...under('other', 'adaptive_lp_pool', 'max_roi_pool', 'max_unpool', 'roi_align', 'crop_and_resize', 'affine_grid'),
  grid_sample: { term: 'sampling' },
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
  dropout: { term: 'other', module: () => 'torch.nn.Dropout' },
  ...under('reduction', 'sum', 'mean', 'prod', 'max', 'min', 'l1', 'l2', 'std', 'cumsum', 'cdist'),
  ...under(
    'other',
    'var',
    'var_mean',
    'std_mean',
    'norm',
    'sum_square',
    'log_sum',
    'logsumexp',
    'argmax',
    'argmin',
    'any',
  ),
  ...under('other', 'all', 'cumprod', 'cummax', 'cummin', 'logcumsumexp', 'topk', 'sort', 'unique', 'trace', 'diff'),
  ...under('other', 'aminmax', 'dist', 'cosine_similarity', 'pairwise_distance', 'quantile', 'median', 'nanmedian'),
  ...under('other', 'kthvalue', 'mode', 'bucketize', 'hardmax', 'mean_variance_norm', 'normalizer', 'weight_norm'),
  ...under(
    'other',
    'renorm',
    'fft',
    'stft',
    'istft',
    'mel_weights',
    'window',
    'det',
    'inverse',
    'dynamic_quantize',
    'glu',
    'geglu',
  ),
  ...under('other', 'bias_dropout', 'multi_threshold', 'tree_ensemble', 'tfidf', 'nms', 'remove_padding', 'hash'),
  ...under('other', 'cross_entropy', 'nll_loss', 'gradient'),
  ...under('other', 'adagrad', 'momentum', 'adam', 'fold', 'index_add', 'scatter_add', 'random', 'multinomial'),
} as const satisfies OpTable;

/** Operators that move data, or only say how it is read. */
export const MOVES = {
  gather: {
    term: 'other',
    formula: { macs: '0', flops: '0', source: 'a look-up moves data', also: ['embedding', 'index_select'] },
  },
  embedding: { term: 'embedding' },
  reshape: {
    term: 'other',
    formula: {
      macs: '0',
      flops: '0',
      source: 'moves no data',
      also: ['view', 'flatten', 'transpose', 'permute', 'squeeze', 'unsqueeze'],
    },
  },
  concat: {
    term: 'other',
    formula: { macs: '0', flops: '0', source: 'copies data', also: ['cat', 'stack', 'split', 'pad', 'slice'] },
  },
  ...under('other', 'embedding_bag', 'view', 'flatten', 'permute', 'squeeze', 'unsqueeze', 'expand', 'stack', 'split'),
  ...under('other', 'slice', 'select', 'tile', 'fill', 'identity', 'copy', 'pad', 'where', 'cast', 'alias', 'clone'),
  ...under('other', 'contiguous', 'detach', 'roll', 'flip', 'rot90', 'diag', 'diagonal', 'diag_embed', 'as_strided'),
  ...under('other', 'unfold', 'unbind', 'meshgrid', 'tril', 'pixel_shuffle', 'pixel_unshuffle', 'channel_shuffle'),
  ...under('other', 'reverse_sequence', 'repeat_interleave', 'one_hot', 'gather_elements', 'masked_select', 'compress'),
  ...under('other', 'bincount', 'pack_padded_sequence', 'pad_packed_sequence', 'restore_padding', 'ngram_block'),
  ...under('other', 'constant', 'shape', 'size', 'bit_cast', 'reorder', 'cast_map', 'zip_map', 'dict_vectorizer'),
  ...under('other', 'feature_vectorizer', 'attention_weights', 'image_decoder', 'sequence_at', 'sequence_length'),
  ...under('other', 'optional_get', 'optional_has', 'string_concat', 'string_normalizer', 'string_split', 'complex'),
  ...under('other', 'gather_nd', 'scatter', 'scatter_nd', 'scatter_elements', 'index_copy', 'index_fill', 'index_put'),
  ...under(
    'other',
    'masked_scatter',
    'index_reduce',
    'scatter_reduce',
    'beam_search',
    'greedy_search',
    'sampling',
    'view_as_real',
    'view_as_complex',
    'triu',
  ),
  ...under('other', 'real', 'imag', 'conj', 'tensor_scatter', 'center_crop_pad', 'category_mapper', 'label_encoder'),
} as const satisfies OpTable;
