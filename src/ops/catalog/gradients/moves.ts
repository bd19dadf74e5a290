import { all, byPosition, input, MOVES_BACK, none, out, SUMS_BACK, summedTo, unknown } from './rules.js';
import type { GradientStatement } from './types.js';

const RARE = unknown();
const NOT_DATA = none('it says something of shapes, or is not a number');
const CHOSEN = none('it chooses tokens');

/** Gradients of operators that move data: their gradients move it back. */
export const MOVE_GRADIENTS = {
  gather: byPosition(1),
  embedding: byPosition(1),
  embedding_bag: byPosition(1),
  ...all(
    MOVES_BACK,
    'reshape',
    'concat',
    'view',
    'flatten',
    'permute',
    'squeeze',
    'unsqueeze',
    'stack',
    'split',
    'slice',
  ),
  ...all(MOVES_BACK, 'select', 'identity', 'copy', 'pad', 'cast', 'alias', 'clone', 'contiguous', 'roll', 'flip'),
  ...all(MOVES_BACK, 'rot90', 'diag', 'diagonal', 'diag_embed', 'unbind', 'tril', 'triu', 'pixel_shuffle'),
  ...all(
    MOVES_BACK,
    'pixel_unshuffle',
    'channel_shuffle',
    'reverse_sequence',
    'center_crop_pad',
    'meshgrid',
    'reorder',
  ),
  ...all(MOVES_BACK, 'view_as_real', 'view_as_complex', 'real', 'imag', 'conj', 'complex', 'tensor_scatter'),
  ...all(MOVES_BACK, 'sequence_at', 'optional_get', 'pack_padded_sequence', 'pad_packed_sequence', 'restore_padding'),
  ...all(SUMS_BACK, 'expand', 'tile', 'repeat_interleave', 'unfold', 'as_strided'),
  where: {
    backward: (op) => [1, 2].flatMap((i) => (op.needs[i] ? summedTo(op.inputs[i], out(op)) : [])),
    saves: () => [input(0)],
  },
  gather_elements: byPosition(1, 0),
  ...all(
    byPosition(1),
    'gather_nd',
    'masked_select',
    'compress',
    'index_copy',
    'index_fill',
    'index_put',
    'masked_scatter',
  ),
  ...all(byPosition(1), 'scatter', 'scatter_nd', 'scatter_elements'),
  index_reduce: RARE,
  scatter_reduce: RARE,
  detach: none('it ends the gradient'),
  ...all(NOT_DATA, 'fill', 'constant', 'shape', 'size', 'one_hot', 'bincount', 'bit_cast', 'ngram_block', 'cast_map'),
  ...all(NOT_DATA, 'zip_map', 'dict_vectorizer', 'feature_vectorizer', 'image_decoder', 'sequence_length'),
  ...all(
    NOT_DATA,
    'optional_has',
    'string_concat',
    'string_normalizer',
    'string_split',
    'category_mapper',
    'label_encoder',
  ),
  attention_weights: RARE,
  ...all(CHOSEN, 'beam_search', 'greedy_search', 'sampling'),
} as const satisfies Record<string, GradientStatement>;
