import { type DType, isFloating } from '../../tensor/index.js';

/**
 * Parameter or buffer, where a file of tensors does not say: `state_dict()` writes both alike. By the names that PyTorch
 * and its large libraries give their buffers, and by what no optimizer could change.
 */

/** Last parts of names of buffers: batch norm's statistics, positions, masks and tables that are computed, not learned. */
const BUFFERS: ReadonlySet<string> = new Set([
  'running_mean',
  'running_var',
  'num_batches_tracked',
  'position_ids',
  'token_type_ids',
  'relative_position_index',
  'rel_pos_index',
  'relative_coords_table',
  'attention_mask',
  'attn_mask',
  'causal_mask',
  'masked_bias',
  'mask_token_ids',
  'inv_freq',
  'original_inv_freq',
  'freqs_cis',
  'cos_cached',
  'sin_cached',
  'anchors',
  'anchor_grid',
  'strides',
  'mel_filters',
  'pixel_mean',
  'pixel_std',
  'running_std',
  'ema_cluster_size',
  'embed_avg',
  'cluster_size',
]);

/** Names under which integers are weights all the same: packed or quantised ones. */
const PACKED = /(^|[._])(q?weight|qweight|qzeros|g_idx|packed|blocks|scales?|codebook|bias)(_?\w*)$/i;

/** What a stored tensor is in its model. `name` is its full name. */
export function roleOf(name: string, dtype: DType, shape: readonly number[]): 'parameter' | 'buffer' {
  const last = name.slice(name.lastIndexOf('.') + 1);
  if (BUFFERS.has(last)) return 'buffer';
  // GPT-2's causal mask is called `bias`: a square for every pair of positions.
  if (last === 'bias' && shape.length === 4 && shape[0] === 1 && shape[1] === 1 && shape[2] === shape[3])
    return 'buffer';
  if (isFloating(dtype)) return 'parameter';
  if (dtype === 'bool' || shape.length === 0) return 'buffer';
  // Eight bits and fewer hold quantised weights; wider integers count and point.
  return /^u?int[248]$/.test(dtype) || PACKED.test(name) ? 'parameter' : 'buffer';
}

/** Whether a tensor holds several weights in one element: then elements are not parameters one by one. */
export function isPacked(name: string, dtype: DType): boolean {
  return (
    !isFloating(dtype) &&
    dtype !== 'bool' &&
    /^u?int(8|16|32|64)$/.test(dtype) &&
    /(^|[._])(qweight|qzeros|\w*packed|\w*_blocks)$/i.test(name)
  );
}
