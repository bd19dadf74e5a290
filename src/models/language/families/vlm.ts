import * as nn from '../../../torch/nn/index.js';
import type { Config } from '../config.js';
import type { Architecture, Builder, BuildOptions } from '../model.js';
import { activation, linear } from '../parts.js';
import { unit } from '../unit.js';
import { imageInputs, pairOf } from '../vit.js';
import { CLIP, SIGLIP, visionTower } from './clip.js';

type Projector = nn.Module<[nn.Tensor], nn.Tensor>;

/** The language model inside, without its head. */
function languageModel(text: Config, o: BuildOptions): Architecture {
  const build = o.builderOf?.(text.type) ?? null;
  if (build === null) throw text.wrong('model_type', 'is a language model that is not known');
  return build(text, { ...o, architecture: 'Model' });
}

interface VisionLanguage {
  readonly type: string;
  readonly text: string;
  readonly vision: string;
  readonly projector: (c: Config, text: Config, vision: Config) => readonly [name: string, module: Projector];
  /** Which tokens of the tower go on. */
  readonly select: (c: Config, x: nn.Tensor) => nn.Tensor;
}

/** A tower, a projector and a language model: one image a row, its tokens among those of the sequence. */
function visionLanguage(s: VisionLanguage): Builder {
  return (c, o) => {
    const [text, vision] = [c.sub('text_config', s.text), c.sub('vision_config', s.vision)];
    const tower = visionTower(vision, vision.type.startsWith('siglip') ? SIGLIP : CLIP);
    const [name, projector] = s.projector(c, text, vision);
    const language = languageModel(text, o);
    const base = language.module as unknown as nn.Module<[nn.Tensor, nn.Tensor, nn.Tensor?], nn.Tensor>;
    const run = (ids: nn.Tensor, mask: nn.Tensor, pixels?: nn.Tensor): nn.Tensor =>
      base(ids, mask, pixels === undefined ? undefined : projector(s.select(c, tower(pixels)[0])));
    const model = unit(
      `${s.type}Model`,
      { vision_tower: tower as never, [name]: projector, language_model: base as never },
      run,
    );
    // Images are seen in the first pass alone.
    const inputs: Architecture['inputs'] = (free) => [
      ...language.inputs(free),
      ...(free('past') === 0 || typeof free('past') === 'object'
        ? imageInputs(vision, pairOf(vision, 'image_size', 224))(free)
        : []),
    ];
    if (/Model$/.test(o.architecture)) return { module: model, inputs, kept: language.kept };
    const head = linear(text.size('hidden_size'), text.size('vocab_size')) as unknown as nn.Linear;
    if (c.get('tie_word_embeddings') === true) {
      const table = base.modules().find((m) => m instanceof nn.Embedding) as nn.Embedding | undefined;
      if (table !== undefined) head.weight = table.weight;
    }
    return {
      module: unit(
        o.architecture || `${s.type}ForConditionalGeneration`,
        { model: model as never, lm_head: head },
        (...x: [nn.Tensor, nn.Tensor, nn.Tensor?]) => head(model(...x)),
      ),
      inputs,
      kept: language.kept,
    };
  };
}

const llava = visionLanguage({
  type: 'Llava',
  text: 'llama',
  vision: 'clip_vision_model',
  select: (c, x) =>
    c.str('vision_feature_select_strategy', 'default') === 'default' ? x.narrow(1, 1, nn.int(x.size(1)) - 1) : x,
  projector: (c, text, vision) => {
    const layers = Array.isArray(c.get('vision_feature_layer'))
      ? (c.list('vision_feature_layer') as unknown[]).length
      : 1;
    const bias = c.bool('multimodal_projector_bias', true);
    const hidden = text.size('hidden_size');
    const [one, two] = [linear(vision.size('hidden_size') * layers, hidden, bias), linear(hidden, hidden, bias)];
    const act = activation(c, 'projector_hidden_act', 'gelu');
    return [
      'multi_modal_projector',
      unit('LlavaMultiModalProjector', { linear_1: one, linear_2: two }, (x: nn.Tensor) => two(act(one(x)))),
    ];
  },
});

export const families: Readonly<Record<string, Builder>> = { llava };
