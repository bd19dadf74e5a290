import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Builder, decoder } from '../../blocks/model.js';
import { activation, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';

/** DBRX: experts in matrices of two axes, norms around attention in a module of their own. */
const dbrx: Builder = (c, o) => {
  const [hidden, heads] = [c.size('d_model'), c.size('n_heads')];
  const [attn, ffn] = [c.sub('attn_config', 'dbrx_attention'), c.sub('ffn_config', 'dbrx_ffn')];
  const experts = ffn.size('moe_num_experts', 4);
  const layer = (): PassLayer => {
    const attend = new nn.GroupedAttention({
      hidden_size: hidden,
      num_heads: heads,
      num_kv_heads: attn.size('kv_n_heads', 1),
      names: { qkv: 'Wqkv', o: 'out_proj' },
    });
    const [n1, n2] = [layerNorm(hidden, false), layerNorm(hidden, false)];
    const around = unit(
      'DbrxNormAttentionNorm',
      { norm_1: n1, attn: attend, norm_2: n2 },
      (x: nn.Tensor, pass: nn.Pass): [nn.Tensor, nn.Tensor] => {
        const y = x.add(attend(n1(x), pass));
        return [y, n2(y)];
      },
    );
    const pick = linear(hidden, experts);
    const router = unit('DbrxRouter', { layer: pick }, (x: nn.Tensor) => pick(x).softmax(-1));
    const mlp = new nn.Experts({
      experts,
      top_k: ffn.size('moe_top_k', 1),
      hidden,
      inner: ffn.size('ffn_hidden_size', 3584),
      activation: activation(ffn.sub('ffn_act_fn', 'dbrx_activation'), 'name', 'silu'),
      flat: true,
      names: { gate: 'w1', up: 'v1', down: 'w2' },
    });
    const inside = unit('DbrxExperts', { mlp }, (x: nn.Tensor) => mlp(x));
    const feed = unit('DbrxFFN', { router, experts: inside }, (x: nn.Tensor) => {
      router(x);
      return inside(x);
    });
    return unit('DbrxBlock', { norm_attn_norm: around as never, ffn: feed }, (x: nn.Tensor, pass: nn.Pass) => {
      const [y, normed] = around(x, pass);
      return y.add(feed(normed));
    });
  };
  return decoder(
    c,
    {
      type: 'Dbrx',
      hidden,
      vocab: c.size('vocab_size'),
      layers: layersOf(c.layers('n_layers'), layer),
      norm: layerNorm(hidden, false),
      tie: c.bool('tie_word_embeddings'),
      names: { base: 'transformer', embed: 'wte', layers: 'blocks', norm: 'norm_f' },
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = byName({ dbrx });
