import { sub } from '../../../dim/index.js';
import { byName } from '../../../source/by-name.js';
import * as nn from '../../../torch/nn/index.js';
import { Config } from '../config.js';
import type { Architecture, Builder, BuildOptions, FreeDim } from '../model.js';
import { activation, layerNorm, linear, rms } from '../parts.js';
import { type Parts, unit } from '../unit.js';
import { headUnknown, pairOf } from '../vit.js';
import { CLIP, SIGLIP, visionTower } from './clip.js';
import { type ImageTower, type QwenTower, qwenTower } from './qwen-vision.js';
import { idefics3Tower, internVit, llama4Tower, pixtral, shuffled } from './towers.js';

const F = nn.functional;

/** The language model inside, without its head. */
function languageModel(text: Config, o: BuildOptions): Architecture {
  const build = o.builderOf?.(text.type) ?? null;
  if (build === null) throw text.wrong('model_type', 'is a language model that is not known');
  return build(text, { ...o, architecture: 'Model' });
}

/** Images and what becomes of them: the parts under the names of checkpoints, and the tokens that an image gives. */
interface Sight {
  readonly parts: Parts;
  readonly run: (pixels: nn.Tensor) => nn.Tensor;
  /** Height and width of an image where the caller says nothing. */
  readonly size: readonly [number, number];
  readonly channels: number;
  /** Pieces that an image is cut into, each through the tower, and how many where the caller says nothing. */
  readonly tiles?: number;
}
interface VisionLanguage {
  readonly type: string;
  /** Configuration of the language model: under `text_config`, or where the type keeps it; with the defaults of the whole. */
  readonly text: (c: Config) => Config;
  readonly sight: (c: Config, text: Config) => Sight;
  readonly language?: string;
  /** Whether the language model keeps its head, and all parts stand beside each other. */
  readonly nested?: boolean;
  readonly tied: boolean;
}
/** A configuration inside; where the file has none, what the whole type says in its place. */
function inside(c: Config, name: string, type: string, otherwise: Readonly<Record<string, unknown>> = {}): Config {
  const value = c.get(name);
  if (value === undefined || value === null) return new Config(type, otherwise);
  const found = c.sub(name, type);
  // Some files give their parts the name of the whole.
  return found.type === c.type ? found.as(type) : found;
}
const textOf =
  (type: string, otherwise: Readonly<Record<string, unknown>> = {}) =>
  (c: Config): Config =>
    inside(c, 'text_config', type, otherwise);

/** A tower, a projector and a language model: one image a row, its tokens among those of the sequence. */
function visionLanguage(s: VisionLanguage): Builder {
  return (c, o) => {
    const text = s.text(c);
    const sight = s.sight(c, text);
    const language = languageModel(text, o);
    const base = language.module as unknown as nn.Module<[nn.Tensor, nn.Tensor, nn.Tensor?], nn.Tensor>;
    const see = (given: nn.Tensor): nn.Tensor => {
      const table = base.modules().find((m) => m instanceof nn.Embedding) as nn.Embedding | undefined;
      const pixels = table === undefined ? given : given.to(table.weight.dtype);
      if (sight.tiles === undefined) return sight.run(pixels);
      const [n, tiles] = [pixels.size(0), nn.int(pixels.size(1))];
      const seen = sight.run(pixels.flatten(0, 1));
      return seen.reshape(n, tiles * nn.int(seen.size(1)), seen.size(2));
    };
    const run = (ids: nn.Tensor, mask: nn.Tensor, pixels?: nn.Tensor): nn.Tensor =>
      base(ids, mask, pixels === undefined ? undefined : see(pixels));
    // Images are seen in the first pass alone: not by one token after others.
    const inputs: Architecture['inputs'] = (free) => {
      const past = free('past');
      const first = past === 0 || (typeof past === 'object' && free('sequence') !== 1);
      return [...language.inputs(free), ...(first ? [imageInput(sight, free)] : [])];
    };
    const name = o.architecture;
    const model = unit(`${s.type}Model`, { ...sight.parts, [s.language ?? 'language_model']: base as never }, run);
    if (/Model$/.test(name)) return { module: model, inputs, kept: language.kept };
    if (!/(?:ConditionalGeneration|CausalLM)$/.test(name) && name !== '') throw headUnknown(c, name);
    const head = linear(text.size('hidden_size'), text.size('vocab_size')) as unknown as nn.Linear;
    if (c.bool('tie_word_embeddings', s.tied)) {
      const table = base.modules().find((m) => m instanceof nn.Embedding) as nn.Embedding | undefined;
      if (table !== undefined) head.weight = table.weight;
    }
    const last = (x: nn.Tensor): nn.Tensor => (o.logits === 'last' ? x.narrow(1, sub(x.size(1), 1), 1) : x);
    const inner = s.nested
      ? unit(`${s.type}ForCausalLM`, { model: base as never, lm_head: head }, (x: nn.Tensor) => x)
      : null;
    const parts: Parts =
      inner === null
        ? { model: model as never, lm_head: head }
        : { ...sight.parts, [s.language ?? 'language_model']: inner };
    return {
      module: unit(name || `${s.type}ForConditionalGeneration`, parts, (...x: [nn.Tensor, nn.Tensor, nn.Tensor?]) =>
        head(last(inner === null ? model(...x) : run(...x))),
      ),
      inputs,
      kept: language.kept,
    };
  };
}
function imageInput(sight: Sight, free: FreeDim): nn.InputSpec {
  const tiles = sight.tiles === undefined ? [] : [free('tiles', sight.tiles)];
  return { name: 'pixel_values', shape: [free('batch'), ...tiles, sight.channels, ...sight.size] };
}

/** A tower of CLIP's, SigLIP's or another kind, by the type that its configuration names. */
function towerOf(v: Config): ImageTower {
  if (v.type === 'pixtral') return pixtral(v);
  const siglip = v.type.startsWith('siglip');
  if (!siglip && !v.type.startsWith('clip')) throw v.wrong('model_type', 'is a tower of images that is not known');
  const tower = visionTower(v, siglip ? SIGLIP : CLIP);
  const seen = tower as unknown as nn.Module<[nn.Tensor], nn.Tensor>;
  const forward = tower.forward.bind(tower);
  Object.defineProperty(seen, 'forward', { value: (x: nn.Tensor) => forward(x)[0], enumerable: false });
  return seen;
}
const sized = (v: Config): Pick<Sight, 'size' | 'channels'> => ({
  size: pairOf(v, 'image_size', 224),
  channels: v.int('num_channels', 3),
});

/** CLIP at 336 pixels, as LLaVA has it where the file says nothing. */
const CLIP_L = {
  hidden_size: 1024,
  intermediate_size: 4096,
  patch_size: 14,
  image_size: 336,
  num_hidden_layers: 24,
  num_attention_heads: 16,
};
/** Two matrices between the tower's tokens and the language model. */
function llavaSight(vision: (c: Config) => Config, more: { newline?: boolean; tiles?: number; select: string }) {
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
const clipVision = (c: Config): Config => inside(c, 'vision_config', 'clip_vision_model', CLIP_L);
const siglipVision =
  (otherwise: Readonly<Record<string, unknown>> = {}) =>
  (c: Config): Config =>
    inside(c, 'vision_config', 'siglip_vision_model', otherwise);
/** SigLIP So400m. */
const SO400M = {
  hidden_size: 1152,
  intermediate_size: 4304,
  patch_size: 14,
  image_size: 384,
  num_hidden_layers: 26,
  num_attention_heads: 16,
  vision_use_head: false,
};

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
  if (kernel < 1)
    throw c.wrong(
      'mm_tokens_per_image',
      `is ${c.size('mm_tokens_per_image')}: a tower of ${side}×${side} tokens has fewer`,
    );
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
