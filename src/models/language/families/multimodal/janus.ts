import * as nn from '../../../../torch/nn/index.js';
import { fullAttention } from '../../blocks/attention.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, list } from '../../blocks/parts.js';
import { type Parts, unit } from '../../blocks/unit.js';
import { inside, type Sight, sized, textOf, visionLanguage } from '../../blocks/vision-language.js';
import { pairOf, patches } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { encoderBlocks } from './towers.js';
import { vqModel } from './vqgan.js';

const F = nn.functional;

/** Janus: a tower, an aligner, and what makes images, which a pass over texts does not run. */
const janus = (c: Config): Sight => {
  const v = inside(c, 'vision_config', 'janus_vision_model');
  const [hidden, heads] = [v.size('hidden_size'), v.size('num_attention_heads')];
  const [image, patch] = [pairOf(v, 'image_size', 384), v.size('patch_size', 16)];
  const conv = new nn.Conv2d(v.int('num_channels', 3), hidden, patch, { stride: patch }) as unknown as Layer;
  const table = embedding(Math.floor(image[0] / patch) * Math.floor(image[1] / patch), hidden);
  const embeddings = unit(
    'JanusVisionEmbeddings',
    { patch_embedding: conv, position_embedding: table },
    (pixels: nn.Tensor) => {
      const x = patches(conv(pixels));
      return x.add(table(F.arange(x.size(1))));
    },
  );
  const act = activation(v, 'hidden_act', 'gelu');
  const inner = Math.floor(hidden * v.number('mlp_ratio', 4));
  const encoder = encoderBlocks('Janus', v.layers('num_hidden_layers'), () => {
    const [fc1, fc2] = [linear(hidden, inner, true), linear(inner, hidden, true)];
    return {
      attention: [
        'self_attn',
        fullAttention(hidden, heads, {
          bias: v.bool('attention_bias', true),
          output_bias: true,
          names: { o: 'projection_layer' },
          ...(v.bool('use_qk_norm')
            ? {
                norm_over: 'all' as const,
                q_norm: ['q_norm', layerNorm(hidden)],
                k_norm: ['k_norm', layerNorm(hidden)],
              }
            : {}),
        }),
      ],
      mlp: ['mlp', unit('JanusVisionMLP', { fc1, fc2 }, (x: nn.Tensor) => fc2(act(fc1(x))))],
      norms: [
        ['layer_norm1', layerNorm(hidden)],
        ['layer_norm2', layerNorm(hidden)],
      ],
    };
  });
  const post = layerNorm(hidden);
  const tower = unit('JanusVisionModel', { embeddings, encoder, post_layernorm: post }, (pixels: nn.Tensor) =>
    post(encoder(embeddings(pixels))),
  );
  const aligner = deepAligner('JanusVisionAlignerMLP', hidden, v.size('projection_dim', 2048), v.size('depth', 2), act);
  return {
    parts: { vision_model: tower, aligner },
    run: (pixels) => aligner(tower(pixels)),
    ...sized(v),
  };
};
/** One matrix from one width to another, and more ones of that width. */
export function deepAligner(
  type: string,
  from: number,
  to: number,
  depth: number,
  act: (x: nn.Tensor) => nn.Tensor,
): Layer {
  const fc1 = linear(from, to, true);
  const hidden = Array.from({ length: Math.max(0, depth - 1) }, () => linear(to, to, true));
  return unit(type, { fc1, hidden_layers: list(hidden) }, (x: nn.Tensor) =>
    hidden.reduce((y, layer) => layer(act(y)), fc1(x)),
  );
}
const generation = (c: Config): Parts => {
  const q = inside(c, 'vq_config', 'janus_vqgan');
  const act = activation(q, 'hidden_act', 'gelu');
  const [width, embed] = [q.size('projection_dim'), q.size('embed_dim')];
  const [out, head] = [
    linear(q.size('image_token_embed_dim'), width, true),
    linear(width, q.size('num_embeddings'), true),
  ];
  return {
    vqmodel: vqModel(q, 'Janus'),
    generation_embeddings: embedding(q.size('num_embeddings'), embed),
    generation_aligner: deepAligner('JanusVQVAEAlignerMLP', embed, width, q.layers('num_hidden_layers'), act),
    generation_head: unit('JanusVQVAEHead', { proj_out: out, vision_head: head }, (x: nn.Tensor) => head(act(out(x)))),
  };
};

export const families: Readonly<Record<string, Builder>> = {
  janus: visionLanguage({ type: 'Janus', tied: true, text: textOf('llama'), sight: janus, unused: generation }),
};
