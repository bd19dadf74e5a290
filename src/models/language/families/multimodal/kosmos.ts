import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { attendTo } from '../../blocks/cross.js';
import { llamaLike } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, layerNorm, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { inside, type Sight, sized, textOf, visionLanguage } from '../../blocks/vision-language.js';
import type { Config } from '../../config.js';
import { CLIP, visionTower } from '../image-text/clip.js';

const F = nn.functional;

/** The words of KOSMOS-2: a norm inside attention and one inside the MLP. */
const text: Builder = (c, o) => {
  const [hidden, inner] = [c.size('hidden_size'), c.size('ffn_dim')];
  const act = activation(c, 'activation_function', 'gelu');
  return llamaLike(c, o, {
    type: 'Kosmos2Text',
    norm: layerNorm,
    norms: ['self_attn_layer_norm', 'final_layer_norm'],
    attention: () => ({
      bias: true,
      num_kv_heads: c.size('num_attention_heads'),
      names: { o: 'out_proj' },
      rotary_dim: 0,
      o_norm: ['inner_attn_ln', layerNorm(hidden)],
    }),
    mlp: () => {
      const [fc1, fc2, norm] = [linear(hidden, inner, true), linear(inner, hidden, true), layerNorm(inner)];
      return [
        'ffn',
        unit('Kosmos2TextFFN', { fc1, fc2, ffn_layernorm: norm }, (x: nn.Tensor) => fc2(norm(act(fc1(x))))),
      ];
    },
    decoder: {
      names: { norm: 'layer_norm' },
      before: (x) => x.mul(1).add(x),
      tie: c.bool('tie_word_embeddings', true),
    },
  });
};
/** Latents that attend to an image's tokens and to themselves. */
const kosmos = (c: Config, words: Config): Sight => {
  const v = inside(c, 'vision_config', 'kosmos_2_vision_model');
  const tower = visionTower(v, CLIP);
  const hidden = words.size('hidden_size');
  const heads = words.size('num_attention_heads');
  const dense = linear(v.size('hidden_size'), hidden, true);
  const latents = new nn.Parameter([c.size('latent_query_num', 64), hidden]);
  const attention = attendTo({
    type: 'KosmosTextAttention',
    hidden,
    heads,
    d: hidden / heads,
    bias: true,
    names: { o: 'out_proj' },
  });
  const projection = unit(
    'Kosmos2ImageToTextProjection',
    { dense, latent_query: latents, x_attn: attention as never },
    (x: nn.Tensor) => {
      const asked = latents.unsqueeze(0).expand(x.size(0), latents.size(0), hidden);
      const states = F.cat([dense(x), asked], 1);
      return attention(asked, { states, length: states.size(1) });
    },
  );
  const vision = unit('Kosmos2VisionModel', { model: tower as never }, (x: nn.Tensor) => tower(x)[0]);
  return {
    parts: { vision_model: vision, image_to_text_projection: projection },
    run: (pixels) => projection(vision(pixels)),
    ...sized(v),
  };
};

export const families: Readonly<Record<string, Builder>> = byName({
  kosmos_2_text_model: text,
  'kosmos-2': visionLanguage({
    type: 'Kosmos2',
    tied: 'text',
    nested: true,
    language: 'text_model',
    text: textOf('kosmos_2_text_model'),
    sight: kosmos,
  }),
});
