import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { full, kindsOf } from '../../blocks/layer-kinds.js';
import { llamaLike, mixture, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

/** What the published files call "swigluoai": silu except for two bounds, whatever the field says. */
const silu = (x: nn.Tensor): nn.Tensor => nn.functional.silu(x);

/** Scores of every key by a few small heads: they choose blocks of keys for the attention beside them. */
function blockIndexer(c: Config, rotary: number): PassLayer {
  const older = c.sub('sparse_attention_config', c.type);
  const hidden = c.size('hidden_size');
  const heads = older.size('sparse_num_index_heads', c.size('index_n_heads'));
  const d = older.size('sparse_index_dim', c.size('index_head_dim'));
  const [q, k, qn, kn] = [linear(hidden, heads * d), linear(hidden, d), rms(d), rms(d)];
  return unit('MiniMaxM3VLIndexer', { q_proj: q, k_proj: k, q_norm: qn, k_norm: kn }, (x: nn.Tensor, pass: nn.Pass) => {
    const split = (t: nn.Tensor, count: number, norm: Layer): nn.Tensor =>
      nn.functional.rotary(norm(t.view(x.size(0), x.size(1), count, d)).transpose(1, 2), Math.min(rotary, d));
    const keys = pass.extend('index_key', split(k(x), 1, kn), 2);
    return split(q(x), heads, qn).matmul(keys.transpose(-1, -2));
  });
}

const minimaxM3: Builder = (c, o) => {
  const s = sizes(c);
  // Published files say by a number a layer what the other fields say by names.
  const attended = c.sub('sparse_attention_config', c.type).ints('sparse_attention_freq');
  const kinds = kindsOf(c, attended === null ? full : (i) => (attended[i] ? 'minimax_m3_sparse' : 'full_attention'));
  const freq = c.ints('moe_layer_freq');
  const mlps = c.kinds('mlp_layer_types', s.layers, (i) => (freq === null || freq[i] ? 'sparse' : 'dense'));
  const rotary = c.int('rotary_dim', s.d);
  const dense = (inner: number): Layer =>
    new nn.GatedMLP(s.hidden, inner, { activation: silu, names: { merged: 'gate_up_proj' } });
  const attention = (i: number): PassLayer => {
    const made = new nn.GroupedAttention({
      hidden_size: s.hidden,
      num_heads: s.heads,
      num_kv_heads: s.kv,
      head_dim: s.d,
      rotary_dim: rotary,
      q_norm: ['q_norm', rms(s.d)],
      k_norm: ['k_norm', rms(s.d)],
    });
    if (kinds[i] !== 'minimax_m3_sparse') return made;
    // The reference scores all keys and masks those of blocks that are not chosen.
    const indexer = blockIndexer(c, rotary);
    (made as unknown as Record<string, unknown>)['indexer'] = indexer;
    const forward = made.forward.bind(made);
    Object.defineProperty(made, 'forward', {
      value: (x: nn.Tensor, pass: nn.Pass) => {
        indexer(x, pass);
        return forward(x, pass);
      },
      enumerable: false,
    });
    return made;
  };
  return llamaLike(c, o, {
    type: 'MiniMaxM3VL',
    kind: (i) => [kinds[i], mlps[i]],
    mixer: (i) => ['self_attn', attention(i)],
    mlp: (i) => [
      'mlp',
      mlps[i] === 'sparse'
        ? mixture(c, 'MiniMaxM3VLSparseMoeBlock', {
            experts: c.size('num_local_experts'),
            top_k: c.size('num_experts_per_tok'),
            inner: s.inner,
            activation: silu,
            shared: ['shared_experts', dense(c.size('shared_intermediate_size'))],
          })
        : dense(c.size('dense_intermediate_size')),
    ],
  });
};

export const families: Readonly<Record<string, Builder>> = byName({ minimax_m3_vl_text: minimaxM3 });
