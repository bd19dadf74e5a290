import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { inside, projectorAct, type Sight, textOf, twoLayers, visionLanguage } from '../../blocks/vision-language.js';
import type { Config } from '../../config.js';
import { melEncoder, whisperLayers } from '../speech/mel.js';
import { qwenTower } from './qwen-vision.js';

const F = nn.functional;

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

/** Sounds in windows of two seconds, each through the convolutions and the layers alone; half as many tokens come out. */
const omniSound = (c: Config, text: Config): Sight => {
  const a = inside(c, 'audio_config', 'qwen2_5_omni_audio_encoder');
  const [hidden, mels] = [a.size('hidden_size'), a.size('num_mel_bins', 128)];
  const window = 2 * a.size('n_window', 100);
  const conv1 = new nn.Conv1d(mels, hidden, 3, { padding: 1 }) as unknown as Layer;
  const conv2 = new nn.Conv1d(hidden, hidden, 3, { stride: 2, padding: 1 }) as unknown as Layer;
  const out = a.size('output_dim', text.size('hidden_size'));
  const [norm, proj, ends] = [layerNorm(hidden), linear(hidden, out, true), embedding(2, out)];
  const act = activation(a, 'activation_function', 'gelu');
  const layers = whisperLayers('Qwen2_5OmniAudio', a.layers('num_hidden_layers'), {
    hidden,
    heads: a.size('num_attention_heads'),
    inner: a.size('intermediate_size'),
    act,
  });
  const tower = unit(
    'Qwen2_5OmniAudioEncoder',
    { conv1, conv2, audio_bos_eos_token: ends, layers: list(layers as never), ln_post: norm, proj },
    (frames: nn.Tensor) => {
      const n = frames.size(0);
      const total = nn.int(frames.size(2));
      if (total % window !== 0)
        throw a.wrong('n_window', `makes windows of ${window} frames: give a multiple of it, not ${total}`);
      const count = total / window;
      const cut = frames.view(n, mels, count, window).permute(0, 2, 1, 3).reshape(-1, mels, window);
      let y = F.gelu(conv2(F.gelu(conv1(cut)))).transpose(1, 2);
      y = y.add(F.zeros([1, nn.int(y.size(1)), hidden], y.dtype));
      const pass = new nn.Pass(y.size(0), y.size(1), 0);
      for (const layer of layers) y = layer(y, pass);
      const pooled = F.avg_pool1d(y.transpose(1, 2), 2, { stride: 2 }).transpose(1, 2);
      return proj(norm(pooled)).reshape(n, count * nn.int(pooled.size(1)), out);
    },
  );
  const frames = Math.max(1, Math.floor(FRAMES / window)) * window;
  return {
    parts: { audio_tower: tower },
    run: (x) => tower(x),
    input: (free) => ({ name: 'input_features', shape: [free('batch'), mels, free('frames', frames)] }),
    size: [mels, frames],
    channels: 1,
  };
};
/** Thirty seconds at a hundred frames a second. */
const FRAMES = 3000;
const omniImage = (c: Config): Sight => {
  const v = inside(c, 'vision_config', 'qwen2_5_omni_vision_encoder');
  const tower = qwenTower(v, 'Qwen2_5_VL', 'Qwen2_5Omni');
  const edge = v.size('patch_size') * v.size('spatial_merge_size');
  const side = Math.max(1, Math.round(224 / edge)) * edge;
  return { parts: { visual: tower }, run: (x) => tower(x), size: [side, side], channels: v.int('in_channels', 3) };
};
const thinker = visionLanguage({
  type: 'Qwen2_5OmniThinker',
  tied: false,
  nested: 'flat',
  language: 'model',
  text: textOf('qwen2_5_omni_text'),
  sight: (c, text) => [omniImage(c), omniSound(c, text)],
});

export const families: Readonly<Record<string, Builder>> = byName({
  qwen2_audio: visionLanguage({ type: 'Qwen2Audio', tied: false, text: textOf('qwen2'), sight: qwen2 }),
  qwen2_5_omni_thinker: thinker,
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
