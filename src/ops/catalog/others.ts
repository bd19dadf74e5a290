import type { OpTable } from './types.js';
import { under } from './under.js';

/** Transforms, conversions, gates, trees, optimizers: arithmetic without multiply-accumulates that is more than one function an element. */
export const OTHERS = {
  dropout: {
    term: 'other',
    module: () => 'torch.nn.Dropout',
    formula: {
      macs: '0',
      flops: '0 at inference; in training per element: a compare of a random number with p, and 2 multiplies',
      source: 'x · mask / (1 − p)',
      leavesOut: 'drawing the random numbers',
    },
  },
  fft: {
    term: 'other',
    formula: {
      macs: '0',
      flops:
        'per transform of n points: 2·n·log₂ n multiplies and 3·n·log₂ n adds for powers of two, else 4·n² multiplies and 4·n² − 2·n adds',
      source: 'radix-2 butterflies, or the definition',
      leavesOut: 'the transform, while its length is symbolic',
      also: ['dft', 'rfft', 'irfft'],
    },
  },
  stft: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per frame of n points a multiply each by the window, and a transform as fft',
      source: 'the definition',
    },
  },
  istft: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per frame a transform as fft, a multiply by the window and an add per point; a divide per result',
      source: 'frames that overlap, added',
    },
  },
  window: {
    term: 'other',
    formula: {
      macs: '0',
      flops:
        'per place: Hann and Hamming 1 cosine, 2 multiplies, 1 add, 1 divide; Blackman twice the cosine, multiplies and adds',
      source: 'a sum of cosines',
      also: ['hann_window', 'hamming_window', 'blackman_window', 'hannwindow'],
    },
  },
  det: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per matrix of n × n: Σ k² multiplies and subtracts and Σ k divides for k < n, and n − 1 multiplies',
      source: 'LU, then the product of the diagonal',
      leavesOut: 'the operations, while n is symbolic',
    },
  },
  inverse: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per matrix of n × n: n² divides, n²·(n − 1) multiplies and as many adds',
      source: 'Gauss–Jordan',
      leavesOut: 'the operations, while n is symbolic',
      also: ['inv'],
    },
  },
  dynamic_quantize: {
    term: 'other',
    formula: {
      macs: '0',
      flops: '2·(n − 1) compares for the range of n elements, then as quantize',
      source: 'DynamicQuantizeLinear of ONNX',
      leavesOut: 'the scale itself: three operations',
      also: ['dynamicquantizelinear'],
    },
  },
  glu: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per result a sigmoid (2 adds, an exp, a divide) and a multiply',
      source: 'a · sigmoid(b)',
    },
  },
  geglu: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per element of the input an add, per result a gelu and a multiply',
      source: 'com.microsoft BiasSplitGelu',
      also: ['biassplitgelu'],
    },
  },
  bias_dropout: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'an add per element and tensor that is added',
      source: 'com.microsoft BiasDropout at inference',
    },
  },
  multi_threshold: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per element and threshold a compare and an add; a multiply and an add where it is scaled and shifted',
      source: 'QONNX',
      also: ['multithreshold'],
    },
  },
  tree_ensemble: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per row a compare for each level of each tree, and trees − 1 adds per score',
      source: 'ai.onnx.ml; each tree by its longest way down',
      also: ['treeensembleclassifier', 'treeensembleregressor'],
    },
  },
  tfidf: {
    term: 'other',
    formula: {
      macs: '0',
      flops: '0',
      source: 'ai.onnx TfIdfVectorizer',
      leavesOut: 'an add for each n-gram that is found, whose number depends on the data',
    },
  },
  nms: {
    term: 'other',
    formula: {
      macs: '0',
      flops: '0',
      source: 'boxes that overlap no better one',
      leavesOut: 'the compares and overlaps, whose number depends on the data',
      also: ['nonmaxsuppression'],
    },
  },
  adagrad: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per element of a tensor: 3 multiplies, 4 adds, a root and a divide',
      source: 'ai.onnx.preview.training',
    },
  },
  momentum: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per element of a tensor: 4 multiplies and 3 adds; Nesterov one of each more',
      source: 'ai.onnx.preview.training',
    },
  },
  adam: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per element of a tensor: 8 multiplies, 5 adds, a root and a divide',
      source: 'ai.onnx.preview.training',
    },
  },
  index_add: {
    term: 'other',
    formula: { macs: '0', flops: 'an add per element that is put in', source: 'the definition', also: ['scatter_add'] },
  },
  ...under('other', 'mel_weights'),
  ...under('other', 'remove_padding', 'hash'),
  ...under('other', 'gradient'),
  ...under('other', 'scatter_add', 'random', 'multinomial'),
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
