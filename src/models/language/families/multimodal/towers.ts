import * as nn from '../../../../torch/nn/index.js';
import { fullAttention } from '../../blocks/attention.js';
import { type BlockSpec, block } from '../../blocks/block.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import {
  activation,
  chain,
  embedding,
  type Layer,
  layerNorm,
  linear,
  type PassLayer,
  rms,
} from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { pairOf, patches, unfoldedPatches } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import type { ImageTower } from './qwen-vision.js';

const F = nn.functional;
const run = (layers: readonly PassLayer[], x: nn.Tensor): nn.Tensor => {
  const pass = new nn.Pass(x.size(0), x.size(1), 0);
  return layers.reduce((y, layer) => layer(y, pass), x);
};

/** `layers` of an encoder of images, under that name: N×S×hidden → N×S×hidden. */
export function encoderBlocks(
  type: string,
  count: number,
  make: (layer: number) => Omit<BlockSpec, 'type' | 'style'> & Partial<Pick<BlockSpec, 'style'>>,
): Layer {
  const layers = layersOf(
    count,
    (i) => block({ type: `${type}VisionEncoderLayer`, style: 'pre', ...make(i) }),
    (i) => (make.length === 0 ? null : i),
  );
  return unit(`${type}VisionEncoder`, { layers: new nn.ModuleList(layers as never) }, (x: nn.Tensor) => run(layers, x));
}

/** Pixtral: rotary positions in two axes, RMS norms, gated MLPs; images of any size. */
export function pixtral(c: Config): ImageTower {
  const [hidden, heads] = [c.size('hidden_size'), c.size('num_attention_heads')];
  const patch = pairOf(c, 'patch_size', 16);
  const conv = new nn.Conv2d(c.int('num_channels', 3), hidden, patch, { stride: patch, bias: false });
  const before = rms(hidden);
  const act = activation(c, 'hidden_act', 'gelu');
  const layers = layersOf(c.layers('num_hidden_layers'), () =>
    block({
      type: 'PixtralAttentionLayer',
      style: 'pre',
      attention: [
        'attention',
        new nn.GroupedAttention({
          hidden_size: hidden,
          num_heads: heads,
          head_dim: c.int('head_dim', Math.floor(hidden / heads)),
          causal: false,
          cached: false,
        }),
      ],
      mlp: ['feed_forward', new nn.GatedMLP(hidden, c.size('intermediate_size'), { activation: act })],
      norms: [
        ['attention_norm', rms(hidden)],
        ['ffn_norm', rms(hidden)],
      ],
    }),
  );
  const transformer = unit('PixtralTransformer', { layers: new nn.ModuleList(layers as never) }, (x: nn.Tensor) =>
    run(layers, x),
  );
  return unit(
    'PixtralVisionModel',
    { patch_conv: conv as unknown as Layer, ln_pre: before, transformer },
    (pixels: nn.Tensor) => transformer(before(patches(conv(pixels)))),
  );
}

/** InternViT: a class token, learned scales of each branch, and on request norms of queries and keys. */
export function internVit(c: Config): ImageTower {
  const [hidden, heads] = [c.size('hidden_size'), c.size('num_attention_heads')];
  const [image, patch] = [pairOf(c, 'image_size', 448), pairOf(c, 'patch_size', 14)];
  const norm = (): Layer => (c.str('norm_type', 'layer_norm') === 'rms_norm' ? rms(hidden) : layerNorm(hidden));
  const act = activation(c, 'hidden_act', 'gelu');
  const normed = c.bool('use_qk_norm');
  const layers = layersOf(c.layers('num_hidden_layers'), () => {
    const scales = [new nn.Parameter([hidden]), new nn.Parameter([hidden])] as const;
    return block({
      type: 'InternVLVisionLayer',
      style: 'pre',
      attention: [
        'attention',
        fullAttention(hidden, heads, {
          bias: c.bool('attention_bias'),
          output_bias: true,
          names: { o: 'projection_layer' },
          ...(normed
            ? { norm_over: 'all' as const, q_norm: ['q_norm', rms(hidden)], k_norm: ['k_norm', rms(hidden)] }
            : {}),
        }),
      ],
      mlp: ['mlp', plainMlp('InternVLVisionMLP', hidden, c.size('intermediate_size'), act, ['fc1', 'fc2'])],
      norms: [
        ['layernorm_before', norm()],
        ['layernorm_after', norm()],
      ],
      parts: { lambda_1: scales[0], lambda_2: scales[1] },
      branch: (x, residual, which) => residual.add(x.mul(scales[which] as nn.Tensor)),
    });
  });
  const rows = Math.floor(image[0] / patch[0]) * Math.floor(image[1] / patch[1]);
  const token = new nn.Parameter([1, 1, hidden]);
  const positions = c.bool('use_absolute_position_embeddings', true) ? new nn.Parameter([1, rows + 1, hidden]) : null;
  const mask = c.bool('use_mask_token') ? new nn.Parameter([1, 1, hidden]) : null;
  const projection = new nn.Conv2d(c.int('num_channels', 3), hidden, patch, { stride: patch }) as unknown as Layer;
  const embed = unit('InternVLVisionPatchEmbeddings', { projection }, (x: nn.Tensor) => patches(projection(x)));
  const embeddings = unit(
    'InternVLVisionEmbeddings',
    { cls_token: token, mask_token: mask, position_embeddings: positions, patch_embeddings: embed },
    (pixels: nn.Tensor) => {
      const y = embed(pixels);
      const x = F.cat([token.expand(y.size(0), 1, hidden), y], 1);
      return positions === null ? x : x.add(positions);
    },
  );
  const encoder = unit('InternVLVisionEncoder', { layer: new nn.ModuleList(layers as never) }, (x: nn.Tensor) =>
    run(layers, x),
  );
  const last = c.bool('use_mean_pooling', true) ? null : layerNorm(hidden);
  return unit('InternVLVisionModel', { embeddings, encoder, layernorm: last }, (pixels: nn.Tensor) => {
    const y = encoder(embeddings(pixels));
    return last?.(y) ?? y;
  });
}

/** The tower of Llama 4: patches unfolded, a class token at the end, four tokens made one. */
export function llama4Tower(c: Config): ImageTower {
  const [hidden, heads] = [c.size('hidden_size'), c.size('num_attention_heads')];
  const [image, patch] = [pairOf(c, 'image_size', 448), c.size('patch_size')];
  const channels = c.int('num_channels', 3);
  const act = (x: nn.Tensor): nn.Tensor => F.gelu(x);
  const inner = c.size('intermediate_size');
  const layers = layersOf(c.layers('num_hidden_layers'), () =>
    block({
      type: 'Llama4VisionEncoderLayer',
      style: 'pre',
      attention: [
        'self_attn',
        new nn.GroupedAttention({ hidden_size: hidden, num_heads: heads, bias: true, causal: false, cached: false }),
      ],
      mlp: ['mlp', plainMlp('Llama4VisionMLP', hidden, inner, act, ['fc1', 'fc2'])],
      norms: [
        ['input_layernorm', layerNorm(hidden)],
        ['post_attention_layernorm', layerNorm(hidden)],
      ],
    }),
  );
  const [rows, columns] = [Math.floor(image[0] / patch), Math.floor(image[1] / patch)];
  const project = linear(channels * patch * patch, hidden);
  const unfolded = unit('Llama4UnfoldConvolution', { linear: project }, (x: nn.Tensor) => {
    return project(unfoldedPatches(x, patch, channels));
  });
  const [token, positions] = [new nn.Parameter([hidden]), new nn.Parameter([rows * columns + 1, hidden])];
  const [pre, post] = [layerNorm(hidden), layerNorm(hidden)];
  const model = unit('Llama4VisionEncoder', { layers: new nn.ModuleList(layers as never) }, (x: nn.Tensor) =>
    run(layers, x),
  );
  const [wide, out] = [c.size('projector_input_dim'), c.size('projector_output_dim')];
  const [fc1, fc2] = [linear(inner, wide), linear(out, out)];
  const mlp = unit('Llama4VisionMLP2', { fc1, fc2 }, (x: nn.Tensor) => act(fc2(act(fc1(x)))));
  const side = 1 / c.number('pixel_shuffle_ratio', 0.5);
  const adapter = unit('Llama4VisionPixelShuffleMLP', { mlp }, (x: nn.Tensor) => mlp(shuffled(x, side)));
  return unit(
    'Llama4VisionModel',
    {
      class_embedding: token,
      positional_embedding_vlm: positions,
      patch_embedding: unfolded,
      layernorm_pre: pre,
      layernorm_post: post,
      model,
      vision_adapter: adapter,
    },
    (pixels: nn.Tensor) => {
      const x = unfolded(pixels);
      const all = F.cat([x, token.view(1, 1, hidden).expand(x.size(0), 1, hidden)], 1).add(positions);
      const y = post(model(pre(all)));
      return adapter(y.narrow(1, 0, nn.int(y.size(1)) - 1));
    },
  );
}

/** side × side tokens of a square become one, their vectors beside each other. */
export function shuffled(x: nn.Tensor, side: number): nn.Tensor {
  const [tokens, width] = [nn.int(x.size(1)), nn.int(x.size(2))];
  return x.reshape(x.size(0), Math.floor(tokens / (side * side)), width * side * side);
}

/** SigLIP without a head, as Idefics 3 and SmolVLM have it. */
export function idefics3Tower(c: Config, type: string): ImageTower {
  const [hidden, heads] = [c.size('hidden_size'), c.size('num_attention_heads')];
  const [image, patch] = [pairOf(c, 'image_size', 224), c.size('patch_size')];
  const act = activation(c, 'hidden_act', 'gelu_pytorch_tanh');
  const layers = layersOf(c.layers('num_hidden_layers'), () =>
    block({
      type: `${type}EncoderLayer`,
      style: 'pre',
      attention: [
        'self_attn',
        fullAttention(hidden, heads, {
          names: { o: 'out_proj' },
        }),
      ],
      mlp: ['mlp', plainMlp(`${type}VisionMLP`, hidden, c.size('intermediate_size'), act, ['fc1', 'fc2'])],
      norms: [
        ['layer_norm1', layerNorm(hidden)],
        ['layer_norm2', layerNorm(hidden)],
      ],
    }),
  );
  const rows = Math.floor(image[0] / patch) * Math.floor(image[1] / patch);
  const table = embedding(rows, hidden);
  const conv = new nn.Conv2d(c.int('num_channels', 3), hidden, patch, { stride: patch }) as unknown as Layer;
  const embeddings = unit(
    `${type}VisionEmbeddings`,
    { patch_embedding: conv, position_embedding: table },
    (pixels: nn.Tensor) => {
      const x = patches(conv(pixels));
      return x.add(table(F.arange(x.size(1))));
    },
  );
  const encoder = unit(`${type}Encoder`, { layers: new nn.ModuleList(layers as never) }, (x: nn.Tensor) =>
    run(layers, x),
  );
  const post = layerNorm(hidden);
  return unit(`${type}VisionTransformer`, { embeddings, encoder, post_layernorm: post }, (pixels: nn.Tensor) =>
    chain([embeddings, encoder, post], pixels),
  );
}
