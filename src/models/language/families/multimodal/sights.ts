import * as nn from '../../../../torch/nn/index.js';
import { activation, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { inside, type Sight, sized } from '../../blocks/vision-language.js';
import type { Config } from '../../config.js';
import { CLIP, SIGLIP, SIGLIP2, visionTower } from '../image-text/clip.js';
import type { ImageTower } from './qwen-vision.js';
import { pixtral } from './towers.js';

const F = nn.functional;

/** A tower of CLIP's, SigLIP's or another kind, by the type that its configuration names. */
export function towerOf(v: Config): ImageTower {
  if (v.type === 'pixtral') return pixtral(v);
  const siglip = v.type.startsWith('siglip');
  if (!siglip && !v.type.startsWith('clip')) throw v.wrong('model_type', 'is a tower of images that is not known');
  const tower = visionTower(v, v.type.startsWith('siglip2') ? SIGLIP2 : siglip ? SIGLIP : CLIP);
  const seen = tower as unknown as nn.Module<[nn.Tensor], nn.Tensor>;
  const forward = tower.forward.bind(tower);
  Object.defineProperty(seen, 'forward', { value: (x: nn.Tensor) => forward(x)[0], enumerable: false });
  return seen;
}
/** CLIP at 336 pixels, as LLaVA has it where the file says nothing. */
export const CLIP_L = {
  hidden_size: 1024,
  intermediate_size: 4096,
  patch_size: 14,
  image_size: 336,
  num_hidden_layers: 24,
  num_attention_heads: 16,
};
/** Two matrices between the tower's tokens and the language model. */
export function llavaSight(vision: (c: Config) => Config, more: { newline?: boolean; tiles?: number; select: string }) {
  return (c: Config, text: Config): Sight => {
    const v = vision(c);
    const tower = towerOf(v);
    const layers = Array.isArray(c.get('vision_feature_layer'))
      ? (c.list('vision_feature_layer') as unknown[]).length
      : 1;
    const bias = c.bool('multimodal_projector_bias', true);
    const hidden = text.size('hidden_size');
    const [one, two] = [linear(v.size('hidden_size') * layers, hidden, bias), linear(hidden, hidden, bias)];
    const act = activation(c, 'projector_hidden_act', 'gelu');
    const projector = unit('LlavaMultiModalProjector', { linear_1: one, linear_2: two }, (x: nn.Tensor) =>
      two(act(one(layers === 1 ? x : F.cat(new Array<nn.Tensor>(layers).fill(x), -1)))),
    );
    // The first token is that of the class.
    const cut = c.str('vision_feature_select_strategy', more.select) === 'default' && v.type !== 'pixtral';
    return {
      parts: {
        image_newline: more.newline ? new nn.Parameter([hidden]) : null,
        vision_tower: tower,
        multi_modal_projector: projector,
      },
      run: (pixels) => {
        const x = tower(pixels);
        return projector(cut ? x.narrow(1, 1, nn.int(x.size(1)) - 1) : x);
      },
      ...sized(v),
      ...(more.tiles === undefined ? {} : { tiles: more.tiles }),
    };
  };
}
export const clipVision = (c: Config): Config => inside(c, 'vision_config', 'clip_vision_model', CLIP_L);
export const siglipVision =
  (otherwise: Readonly<Record<string, unknown>> = {}) =>
  (c: Config): Config =>
    inside(c, 'vision_config', 'siglip_vision_model', otherwise);
/** SigLIP So400m. */
export const SO400M = {
  hidden_size: 1152,
  intermediate_size: 4304,
  patch_size: 14,
  image_size: 384,
  num_hidden_layers: 26,
  num_attention_heads: 16,
  vision_use_head: false,
};
