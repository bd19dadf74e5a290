import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import type { Builder } from '../../blocks/model.js';
import { activation, layerNorm, linear, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { inside, type Sight, sized, textOf, visionLanguage } from '../../blocks/vision-language.js';
import { pairOf } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { type QwenTower, qwenTower } from './qwen-vision.js';
import { clipVision, llavaSight, SO400M, siglipVision, towerOf } from './sights.js';
import { idefics3Tower, internVit, llama4Tower, shuffled } from './towers.js';

const F = nn.functional;

const paligemma = (c: Config, text: Config): Sight => {
  const v = siglipVision({
    ...SO400M,
    intermediate_size: 4096,
    num_hidden_layers: 27,
    image_size: 224,
  })(c);
  const tower = towerOf(v);
  const project = linear(v.size('hidden_size'), c.int('projection_dim', text.size('hidden_size')), true);
  const projector = unit('PaliGemmaMultiModalProjector', { linear: project }, (x: nn.Tensor) => project(x));
  return {
    parts: { vision_tower: tower, multi_modal_projector: projector },
    run: (pixels) => projector(tower(pixels)),
    ...sized(v),
  };
};
/** Means over squares of the tower's tokens, so that every image gives equally many. */
const gemma3 = (c: Config, text: Config): Sight => {
  const v = siglipVision()(c);
  const tower = towerOf(v);
  const [from, to] = [v.size('hidden_size'), text.size('hidden_size')];
  const side = Math.floor(pairOf(v, 'image_size', 224)[0] / v.size('patch_size'));
  const kernel = Math.floor(side / Math.floor(Math.sqrt(c.size('mm_tokens_per_image', 256))));
  const weight = new nn.Parameter([from, to]);
  const norm = rms(from);
  const projector = unit(
    'Gemma3MultiModalProjector',
    { mm_input_projection_weight: weight, mm_soft_emb_norm: norm },
    (x: nn.Tensor) => {
      const map = x.transpose(1, 2).reshape(x.size(0), from, side, side);
      return norm(F.avg_pool2d(map, kernel, { stride: kernel }).flatten(2).transpose(1, 2)).matmul(weight);
    },
  );
  return {
    parts: { vision_tower: tower, multi_modal_projector: projector },
    run: (pixels) => projector(tower(pixels)),
    ...sized(v),
    ...(kernel < 1
      ? {
          impossible: `no pass with images: "mm_tokens_per_image" is ${c.size('mm_tokens_per_image', 256)}, and the image encoder gives ${side}×${side} tokens; its parameters are counted`,
        }
      : {}),
  };
};
const mistral3 = (c: Config, text: Config): Sight => {
  const v = inside(c, 'vision_config', 'pixtral', { image_size: 1540, patch_size: 14, head_dim: 64 });
  const tower = towerOf(v);
  const [width, hidden, merge] = [v.size('hidden_size'), text.size('hidden_size'), c.size('spatial_merge_size', 2)];
  const layers = Array.isArray(c.get('vision_feature_layer'))
    ? (c.list('vision_feature_layer') as unknown[]).length
    : 1;
  const bias = c.bool('multimodal_projector_bias');
  const [norm, merging] = [rms(width), linear(width * merge * merge, width)];
  const [one, two] = [linear(width * layers, hidden, bias), linear(hidden, hidden, bias)];
  const act = activation(c, 'projector_hidden_act', 'gelu');
  const merger = unit('Mistral3PatchMerger', { merging_layer: merging }, (x: nn.Tensor) => merging(shuffled(x, merge)));
  const projector = unit(
    'Mistral3MultiModalProjector',
    { norm, patch_merger: merger, linear_1: one, linear_2: two },
    (x: nn.Tensor) => two(act(one(merger(norm(x))))),
  );
  return {
    parts: { vision_tower: tower, multi_modal_projector: projector },
    run: (pixels) => projector(tower(pixels)),
    ...sized(v),
  };
};
const internvl = (c: Config, text: Config): Sight => {
  const v = inside(c, 'vision_config', 'internvl_vision');
  const tower = internVit(v);
  const side = Math.round(1 / c.number('downsample_ratio', 0.5));
  const [wide, hidden] = [v.size('hidden_size') * side * side, text.size('hidden_size')];
  const [norm, one, two] = [layerNorm(wide), linear(wide, hidden, true), linear(hidden, hidden, true)];
  const act = activation(c, 'projector_hidden_act', 'gelu');
  const projector = unit(
    'InternVLMultiModalProjector',
    { layer_norm: norm, linear_1: one, linear_2: two },
    (x: nn.Tensor) => two(act(one(norm(x)))),
  );
  const cut = c.str('vision_feature_select_strategy', 'default') === 'default';
  return {
    parts: { vision_tower: tower, multi_modal_projector: projector },
    run: (pixels) => {
      const x = tower(pixels);
      return projector(shuffled(cut ? x.narrow(1, 1, nn.int(x.size(1)) - 1) : x, side));
    },
    ...sized(v),
  };
};
/** Tiles of an image through a tower, several tokens of each made one. */
const idefics3 =
  (type: string, vision: string) =>
  (c: Config, text: Config): Sight => {
    const v = inside(c, 'vision_config', vision);
    const tower = idefics3Tower(v, type);
    const side = c.size('scale_factor', 2);
    const project = linear(v.size('hidden_size') * side * side, text.size('hidden_size'));
    const simple = unit(`${type}SimpleMLP`, { proj: project }, (x: nn.Tensor) => project(x));
    const connector = unit(`${type}Connector`, { modality_projection: simple }, (x: nn.Tensor) =>
      simple(shuffled(x, side)),
    );
    return {
      parts: { vision_model: tower, connector },
      run: (pixels) => connector(tower(pixels)),
      ...sized(v),
      tiles: 1,
    };
  };
const llama4 = (c: Config, text: Config): Sight => {
  const v = inside(c, 'vision_config', 'llama4_vision_model');
  const tower = llama4Tower(v);
  const one = linear(v.size('vision_output_dim'), text.size('hidden_size'));
  const projector = unit('Llama4MultiModalProjector', { linear_1: one }, (x: nn.Tensor) => one(x));
  return {
    parts: { vision_model: tower, multi_modal_projector: projector },
    run: (pixels) => projector(tower(pixels)),
    ...sized(v),
  };
};
/** Qwen's own towers; older files have the language model's fields beside those of the whole. */
function qwen(type: string, tower: QwenTower, text: string, vision: string): Builder {
  return visionLanguage({
    type,
    tied: false,
    text: (c) => (c.says('text_config') || !c.says('hidden_size') ? textOf(text)(c) : c.as(text)),
    sight: (c) => {
      const v = inside(c, 'vision_config', vision);
      const seen = qwenTower(v, tower, type);
      const edge = v.size('patch_size') * v.size('spatial_merge_size');
      const side = Math.max(1, Math.round(224 / edge)) * edge;
      return {
        parts: { visual: seen },
        run: (pixels: nn.Tensor) => seen(pixels),
        size: [side, side],
        channels: v.int('in_channels', 3),
      };
    },
  });
}

export const families: Readonly<Record<string, Builder>> = byName({
  llava: visionLanguage({
    type: 'Llava',
    tied: false,
    text: textOf('llama'),
    sight: llavaSight(clipVision, { select: 'default' }),
  }),
  video_llava: visionLanguage({
    type: 'VideoLlava',
    tied: false,
    text: textOf('llama'),
    sight: (c, text) => {
      const { parts, ...seen } = llavaSight(clipVision, { select: 'default' })(c, text);
      const { vision_tower: image_tower = null, ...rest } = parts;
      const videos: Sight = {
        ...seen,
        parts: { video_tower: towerOf(clipVision(c)) },
        impossible:
          'passes with videos are not counted, those with images are; the parameters of the encoder of videos are',
      };
      return [{ ...seen, parts: { image_tower, ...rest } }, videos];
    },
  }),
  llava_next: visionLanguage({
    type: 'LlavaNext',
    tied: false,
    text: textOf('llama'),
    sight: llavaSight(clipVision, { select: 'default', newline: true, tiles: 5 }),
  }),
  llava_onevision: visionLanguage({
    type: 'LlavaOnevision',
    tied: false,
    text: textOf('qwen2'),
    sight: llavaSight(siglipVision(SO400M), { select: 'full', newline: true, tiles: 5 }),
  }),
  paligemma: visionLanguage({
    type: 'PaliGemma',
    tied: true,
    text: textOf('gemma', {
      hidden_size: 2048,
      num_hidden_layers: 18,
      intermediate_size: 16384,
      num_attention_heads: 8,
      num_key_value_heads: 1,
      vocab_size: 257152,
    }),
    sight: paligemma,
  }),
  gemma3: visionLanguage({ type: 'Gemma3', tied: true, text: textOf('gemma3_text'), sight: gemma3 }),
  mistral3: visionLanguage({
    type: 'Mistral3',
    tied: true,
    text: textOf('mistral', {
      hidden_size: 5120,
      intermediate_size: 32768,
      num_hidden_layers: 40,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      head_dim: 128,
      vocab_size: 131072,
      sliding_window: null,
    }),
    sight: mistral3,
  }),
  internvl: visionLanguage({ type: 'InternVL', tied: true, text: textOf('qwen2'), sight: internvl }),
  idefics3: visionLanguage({
    type: 'Idefics3',
    tied: false,
    language: 'text_model',
    text: textOf('llama'),
    sight: idefics3('Idefics3', 'idefics3_vision'),
  }),
  smolvlm: visionLanguage({
    type: 'SmolVLM',
    tied: false,
    language: 'text_model',
    text: textOf('llama'),
    sight: idefics3('SmolVLM', 'smolvlm_vision'),
  }),
  llama4: visionLanguage({ type: 'Llama4', tied: false, nested: true, text: textOf('llama4_text'), sight: llama4 }),
  qwen2_vl: qwen('Qwen2VL', 'Qwen2VL', 'qwen2_vl_text', 'qwen2_vl_vision'),
  qwen2_5_vl: qwen('Qwen2_5_VL', 'Qwen2_5_VL', 'qwen2_5_vl_text', 'qwen2_5_vl_vision'),
  qwen3_vl: qwen('Qwen3VL', 'Qwen3VL', 'qwen3_vl_text', 'qwen3_vl_vision'),
  qwen3_vl_moe: qwen('Qwen3VLMoe', 'Qwen3VL', 'qwen3_vl_moe_text', 'qwen3_vl_moe_vision'),
  qwen3_5: qwen('Qwen3_5', 'Qwen3_5', 'qwen3_5_text', 'qwen3_5_vision'),
  qwen3_5_moe: qwen('Qwen3_5Moe', 'Qwen3_5', 'qwen3_5_moe_text', 'qwen3_5_moe_vision'),
});
