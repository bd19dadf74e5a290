import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import type { Builder } from '../../blocks/model.js';
import { type Layer, layerNorm, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import {
  inside,
  projectorAct,
  type Sight,
  sized,
  textOf,
  twoLayers,
  visionLanguage,
} from '../../blocks/vision-language.js';
import type { Config } from '../../config.js';
import { CLIP_L, clipVision, llavaSight, SO400M, siglipVision, towerOf } from './sights.js';
import { shuffled } from './towers.js';

const F = nn.functional;

/** Several tokens made one, and a gate between the projector's matrices, as Aya Vision and Command A Vision have. */
function gatedSight(type: string, vision: (c: Config) => Config, normed: boolean) {
  return (c: Config, text: Config): Sight => {
    const v = vision(c);
    const tower = towerOf(v);
    const side = c.size('downsample_factor', 2);
    const from = v.size('hidden_size') * side * side;
    const inner = c.size('alignment_intermediate_size', text.size('hidden_size'));
    const [one, two] = [linear(from, inner, true), linear(Math.floor(inner / 2), text.size('hidden_size'), true)];
    const norm = normed ? layerNorm(from) : null;
    const projector = unit(
      `${type}MultiModalProjector`,
      { layernorm: norm, linear_1: one, linear_2: two },
      (x: nn.Tensor) => {
        const y = one(norm?.(x) ?? x);
        const [a, gate] = y.chunk(2, -1) as [nn.Tensor, nn.Tensor];
        return two(F.silu(gate).mul(a));
      },
    );
    return {
      parts: { vision_tower: tower, multi_modal_projector: projector },
      run: (pixels) => projector(shuffled(tower(pixels), side)),
      ...sized(v),
    };
  };
}
/** The tokens of several layers beside each other. */
const vipllava = (c: Config, text: Config): Sight => {
  const v = clipVision(c);
  const tower = towerOf(v);
  const layers = c.list('vision_feature_layers')?.length ?? 1;
  const [from, hidden] = [v.size('hidden_size') * layers, text.size('hidden_size')];
  const projector = twoLayers('VipLlavaMultiModalProjector', [from, hidden, hidden], projectorAct(c), {
    norm: ['projector_layernorm', layerNorm(from)],
  });
  return {
    parts: { vision_tower: tower, multi_modal_projector: projector },
    run: (pixels) => {
      const all = tower(pixels);
      const x = all.narrow(1, 1, nn.int(all.size(1)) - 1);
      return projector(F.cat(new Array<nn.Tensor>(layers).fill(x), -1));
    },
    ...sized(v),
  };
};
const deepseek = (c: Config, text: Config): Sight => {
  const v = siglipVision()(c);
  const tower = towerOf(v);
  const hidden = text.size('hidden_size');
  const aligner = twoLayers('DeepseekVLAligner', [v.size('hidden_size'), hidden, hidden], (x) => F.gelu(x), {
    names: ['linear1', 'linear2'],
  });
  return { parts: { vision_model: tower, aligner }, run: (pixels) => aligner(tower(pixels)), ...sized(v) };
};
/** Squares of tokens made one; images of any size, their places from a square table. */
const lfm2 = (c: Config, text: Config): Sight => {
  const v = inside(c, 'vision_config', 'siglip2_vision_model');
  const tower = towerOf(v);
  const side = c.size('downsample_factor', 2);
  const from = v.size('hidden_size') * side * side;
  const norm = c.bool('projector_use_layernorm', true) ? layerNorm(from) : null;
  const projector = twoLayers(
    'Lfm2VlMultiModalProjector',
    [from, c.size('projector_hidden_size'), text.size('hidden_size')],
    projectorAct(c),
    { bias: c.bool('projector_bias', true), ...(norm === null ? {} : { norm: ['layer_norm', norm] as const }) },
  );
  const image = Math.floor(Math.sqrt(v.size('num_patches', 256))) * v.size('patch_size', 16);
  return {
    parts: { vision_tower: tower, multi_modal_projector: projector },
    run: (pixels) => projector(shuffled(tower(pixels), side)),
    size: [image, image],
    channels: v.int('num_channels', 3),
  };
};
/** No tower: patches of pixels go through one matrix into the language model. */
const fuyu = (c: Config, text: Config): Sight => {
  const [patch, channels] = [c.size('patch_size'), c.int('num_channels', 3)];
  const width = patch * patch * channels;
  const embed = linear(width, text.size('hidden_size'), true) as Layer;
  const side = c.size('image_size', 300);
  return {
    parts: { vision_embed_tokens: embed },
    run: (pixels) => embed(pixels),
    input: (free) => ({
      name: 'image_patches',
      shape: [free('batch'), free('patches', Math.floor(side / patch) ** 2), width],
    }),
    size: [side, side],
    channels,
  };
};

export const families: Readonly<Record<string, Builder>> = byName({
  aya_vision: visionLanguage({
    type: 'AyaVision',
    tied: true,
    text: textOf('cohere2'),
    sight: gatedSight('AyaVision', siglipVision({ ...SO400M, num_attention_heads: 14 }), true),
  }),
  cohere2_vision: visionLanguage({
    type: 'Cohere2Vision',
    tied: true,
    text: textOf('cohere2'),
    sight: gatedSight(
      'Cohere2Vision',
      siglipVision({ hidden_size: 1152, num_hidden_layers: 27, image_size: 512 }),
      false,
    ),
  }),
  vipllava: visionLanguage({ type: 'VipLlava', tied: false, text: textOf('llama'), sight: vipllava }),
  deepseek_vl: visionLanguage({ type: 'DeepseekVL', tied: true, text: textOf('llama'), sight: deepseek }),
  lfm2_vl: visionLanguage({ type: 'Lfm2Vl', tied: true, text: textOf('lfm2'), sight: lfm2 }),
  fuyu: visionLanguage({
    type: 'Fuyu',
    tied: false,
    text: (c) => (c.says('text_config') ? textOf('persimmon')(c) : c.as('persimmon')),
    sight: fuyu,
  }),
  llava_next_video: visionLanguage({
    type: 'LlavaNextVideo',
    tied: false,
    text: textOf('llama'),
    sight: llavaSight((c) => inside(c, 'vision_config', 'clip_vision_model', CLIP_L), {
      select: 'default',
      newline: true,
      tiles: 5,
    }),
  }),
});
