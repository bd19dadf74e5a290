import { byName } from '../../../source/by-name.js';
import type * as nn from '../../../torch/nn/index.js';
import type { Config } from '../config.js';
import type { Builder } from '../model.js';
import { activation, linear } from '../parts.js';
import { unit } from '../unit.js';
import { inside, projectorAct, type Sight, textOf, twoLayers, visionLanguage } from '../vision-language.js';
import { melEncoder } from './mel.js';

/** The tower of a sound: all frames that its table has places for. */
function soundTower(
  a: Config,
  type: string,
  pooled: boolean,
): Pick<Sight, 'input' | 'size' | 'channels'> & {
  tower: ReturnType<typeof melEncoder>;
} {
  const [mels, rows] = [a.size('num_mel_bins', 128), a.size('max_source_positions', 1500)];
  const tower = melEncoder({
    type,
    mels,
    rows,
    hidden: a.size('hidden_size'),
    layers: a.layers('num_hidden_layers'),
    heads: a.size('num_attention_heads'),
    inner: a.size('intermediate_size'),
    act: activation(a, 'activation_function', 'gelu'),
    pooled,
  });
  return {
    tower,
    input: (free) => ({ name: 'input_features', shape: [free('batch'), mels, 2 * rows] }),
    size: [mels, 2 * rows],
    channels: 1,
  };
}
const qwen2 = (c: Config, text: Config): Sight => {
  const a = inside(c, 'audio_config', 'qwen2_audio_encoder');
  const { tower, ...input } = soundTower(a, 'Qwen2Audio', true);
  const project = linear(a.size('hidden_size'), text.size('hidden_size'), true);
  const projector = unit('Qwen2AudioMultiModalProjector', { linear: project }, (x: nn.Tensor) => project(x));
  return {
    parts: { audio_tower: tower, multi_modal_projector: projector },
    run: (frames) => projector(tower(frames)),
    ...input,
  };
};
/** Several tokens of the tower beside each other, as wide as its MLP. */
const voxtral = (c: Config, text: Config): Sight => {
  const a = inside(c, 'audio_config', 'voxtral_encoder');
  const { tower, ...input } = soundTower(a, 'Voxtral', false);
  const [wide, hidden] = [a.size('intermediate_size'), text.size('hidden_size')];
  const projector = twoLayers('VoxtralMultiModalProjector', [wide, hidden, hidden], projectorAct(c), { bias: false });
  return {
    parts: { audio_tower: tower, multi_modal_projector: projector },
    run: (frames) => {
      const x = tower(frames);
      return projector(x.reshape(x.size(0), -1, wide));
    },
    ...input,
  };
};

export const families: Readonly<Record<string, Builder>> = byName({
  qwen2_audio: visionLanguage({ type: 'Qwen2Audio', tied: false, text: textOf('qwen2'), sight: qwen2 }),
  voxtral: visionLanguage({
    type: 'Voxtral',
    tied: false,
    text: textOf('llama', {
      vocab_size: 131072,
      hidden_size: 3072,
      intermediate_size: 8192,
      num_hidden_layers: 30,
      num_key_value_heads: 8,
      head_dim: 128,
    }),
    sight: voxtral,
  }),
});
