import { type DType, isFloating } from '../../tensor/index.js';
import type { StoredTensor } from './stored.js';

/**
 * Parameter or buffer, where a file of tensors does not say: `state_dict()` writes both in the same way. By the names that PyTorch
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

/** Observers and fake quantisers: ranges, histograms and switches, all of them buffers. */
const OBSERVERS = /(^|[._])(activation_post_process|\w*fake_quant|observer)\./;
/** Vectors of spectral norm as a parametrization. */
const SPECTRAL = /(^|\.)parametrizations\.\w+\.\d+\._[uv]$/;
/** The scaling of an adapter: a setting. */
const ADAPTER_ALPHA = /\.(lora_)?alpha$/;

/** Ends of names that belong to a weight kept as `x_orig`: a mask of pruning, vectors of spectral norm. */
const OF_ORIGINAL = ['_mask', '_u', '_v', '_sigma'];

/** Tensors that go with another one and are learned by none: masks, and the vectors that a norm is estimated with. */
export function companions(tensors: readonly StoredTensor[]): ReadonlySet<StoredTensor> {
  const byName = new Map(tensors.map((t) => [t.name, t]));
  const found = new Set<StoredTensor>();
  for (const { name } of tensors) {
    // Scale and zero point of what a quantised layer passes on.
    const point = name.endsWith('.scale') ? byName.get(name.replace(/scale$/, 'zero_point')) : undefined;
    if (point !== undefined && !isFloating(point.dtype)) for (const t of [byName.get(name), point]) if (t) found.add(t);
    if (!name.endsWith('_orig')) continue;
    const base = name.slice(0, -'_orig'.length);
    for (const end of OF_ORIGINAL) {
      const beside = byName.get(base + end);
      if (beside !== undefined) found.add(beside);
    }
  }
  return found;
}

/** Whether a model learns a stored tensor. `name` is its full name. */
export function roleOf(name: string, dtype: DType, shape: readonly number[]): 'parameter' | 'buffer' {
  const last = name.slice(name.lastIndexOf('.') + 1);
  if (BUFFERS.has(last) || OBSERVERS.test(name) || SPECTRAL.test(name)) return 'buffer';
  if (shape.length === 0 && ADAPTER_ALPHA.test(name)) return 'buffer';
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
