import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, type Layer, layerNorm } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { imageHead, imageInputs, pairOf, patches, vitLayer } from '../../blocks/vit.js';

/** DINOv3: rotary positions, registers after the class token, scales of each branch. */
const dinov3: Builder = (c, o) => {
  const hidden = c.size('hidden_size');
  const patch = pairOf(c, 'patch_size', 16);
  const inner = c.size('intermediate_size');
  const bias = c.bool('mlp_bias', true);
  const act = activation(c);
  const mlp = (): Layer =>
    c.bool('use_gated_mlp')
      ? new nn.GatedMLP(hidden, inner, { bias, activation: act })
      : plainMlp('DINOv3ViTMLP', hidden, inner, act, ['up_proj', 'down_proj'], bias);
  const layers = layersOf(c.layers('num_hidden_layers'), () =>
    vitLayer({
      type: 'DINOv3ViT',
      hidden,
      heads: c.size('num_attention_heads'),
      inner,
      act,
      bias: {
        q: c.bool('query_bias', true),
        k: c.bool('key_bias'),
        v: c.bool('value_bias', true),
        o: c.bool('proj_bias', true),
      },
      norms: ['norm1', 'norm2'],
      scales: ['layer_scale1', 'layer_scale2'],
      mlp: ['mlp', mlp()],
    }),
  );
  const conv = new nn.Conv2d(c.int('num_channels', 3), hidden, patch, { stride: patch });
  const own = new nn.Parameter([1, 1, hidden]);
  const registers = new nn.Parameter([1, c.int('num_register_tokens', 0), hidden]);
  const embeddings = unit(
    'DINOv3ViTEmbeddings',
    {
      cls_token: own,
      mask_token: new nn.Parameter([1, 1, hidden]),
      register_tokens: registers,
      patch_embeddings: conv,
    },
    (pixels: nn.Tensor) => {
      const x = patches(conv(pixels));
      const all = [own, registers].filter((token) => token.size(1) !== 0);
      return nn.functional.cat([...all.map((token) => token.expand(x.size(0), token.size(1), hidden)), x], 1);
    },
  );
  const encoder = unit('DINOv3ViTEncoder', { layer: new nn.ModuleList(layers as never) }, (x: nn.Tensor) => {
    const pass = new nn.Pass(x.size(0), x.size(1), 0);
    return layers.reduce((y, layer) => layer(y, pass), x);
  });
  const norm = layerNorm(hidden);
  const model = unit('DINOv3ViTModel', { embeddings, model: encoder, norm }, (pixels: nn.Tensor) =>
    norm(encoder(embeddings(pixels))),
  );
  const inputs = imageInputs(c);
  if (/Model$/.test(o.architecture) || o.architecture === '') return { module: model, inputs, kept: () => null };
  const pooled = { width: hidden, take: (x: nn.Tensor) => x.select(1, 0) };
  return { module: imageHead(c, o.architecture, 'dinov3_vit', model, pooled), inputs, kept: () => null };
};

export const families: Readonly<Record<string, Builder>> = byName({ dinov3_vit: dinov3 });
