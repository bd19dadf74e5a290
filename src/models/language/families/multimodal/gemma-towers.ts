import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { activation, bareRms, type Layer, linear, list, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { inside, type Sight, textOf, visionLanguage } from '../../blocks/vision-language.js';
import { unfoldedPatches } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { encoderBlocks } from './towers.js';

const F = nn.functional;

/** A projection whose inputs and outputs may be clipped: it is under `linear`. */
const clippable = (from: number, to: number): Layer => {
  const inner = linear(from, to);
  return unit('Gemma4ClippableLinear', { linear: inner }, (x: nn.Tensor) => inner(x));
};
/** The tokens of a tower, in the width of the language model. */
function embedder(from: number, to: number): Layer {
  const project = linear(from, to);
  return unit('Gemma4MultimodalEmbedder', { embedding_projection: project }, (x: nn.Tensor) => project(bareRms(x)));
}

/** Patches of an image of any size with places in two axes, squares of them made one token by a product. */
function images(c: Config, text: Config): Sight {
  const [hidden, heads, d] = [c.size('hidden_size'), c.size('num_attention_heads'), c.size('head_dim')];
  const [patch, pool] = [c.size('patch_size', 16), c.size('pooling_kernel_size', 3)];
  const act = activation(c, 'hidden_activation', 'gelu_pytorch_tanh');
  const project = linear(3 * patch * patch, hidden);
  const table = new nn.Parameter([2, c.size('position_embedding_size', 10240), hidden]);
  const embed = unit(
    'Gemma4VisionPatchEmbedder',
    { input_proj: project, position_embedding_table: table },
    (pixels: nn.Tensor) => {
      const x = project(unfoldedPatches(pixels, patch, 3));
      return x.add(F.zeros([1, nn.int(x.size(1)), hidden], x.dtype));
    },
  );
  const blocks = encoderBlocks('Gemma4', c.layers('num_hidden_layers'), () => ({
    style: 'both',
    attention: [
      'self_attn',
      new nn.GroupedAttention({
        hidden_size: hidden,
        num_heads: heads,
        num_kv_heads: c.size('num_key_value_heads', heads),
        head_dim: d,
        causal: false,
        cached: false,
        q_norm: ['q_norm', rms(d)],
        k_norm: ['k_norm', rms(d)],
        linear: clippable,
      }),
    ],
    mlp: ['mlp', new nn.GatedMLP(hidden, c.size('intermediate_size'), { activation: act, linear: clippable })],
    norms: [
      ['input_layernorm', rms(hidden)],
      ['post_attention_layernorm', rms(hidden)],
      ['pre_feedforward_layernorm', rms(hidden)],
      ['post_feedforward_layernorm', rms(hidden)],
    ],
  }));
  const tower = unit('Gemma4VisionModel', { patch_embedder: embed, encoder: blocks }, (pixels: nn.Tensor) => {
    const x = blocks(embed(pixels));
    const patches = nn.int(x.size(1));
    const tokens = Math.floor(patches / (pool * pool));
    if (tokens === patches) return x;
    return F.zeros([1, tokens, patches], x.dtype).expand(x.size(0), tokens, patches).matmul(x);
  });
  const out = embedder(hidden, text.size('hidden_size'));
  const side = 16 * pool * patch;
  return {
    parts: { vision_tower: tower, embed_vision: out },
    run: (pixels) => out(tower(pixels)),
    size: [side, side],
    channels: 3,
  };
}

/** Attention within chunks and what is before them, with scores by distance. */
function chunked(c: Config, hidden: number): Layer {
  const heads = c.size('num_attention_heads');
  const d = Math.floor(hidden / heads);
  const chunk = c.size('attention_chunk_size', 12);
  const context = chunk + c.int('attention_context_left', 13) - 1 + c.int('attention_context_right', 0);
  const distances = Math.floor(context / 2) + 1;
  const [q, k, v] = [clippable(hidden, heads * d), clippable(hidden, heads * d), clippable(hidden, heads * d)];
  const [post, relative] = [clippable(hidden, hidden), linear(hidden, heads * d)];
  const scale = new nn.Parameter([d]);
  return unit(
    'Gemma4AudioAttention',
    { per_dim_scale: scale, q_proj: q, k_proj: k, v_proj: v, post, relative_k_proj: relative },
    (x: nn.Tensor) => {
      const [n, length] = [x.size(0), nn.int(x.size(1))];
      const blocks = Math.ceil(length / chunk);
      const asked = F.pad(q(x), [0, 0, 0, blocks * chunk - length])
        .view(n, blocks, chunk, heads, d)
        .permute(0, 3, 1, 2, 4);
      // Each chunk sees itself and some frames around it: what they are costs nothing.
      const around = (t: nn.Tensor): nn.Tensor =>
        F.pad(t, [0, 0, 0, blocks * context - length])
          .view(n, blocks, context, heads, d)
          .permute(0, 3, 1, 2, 4);
      const by = relative(F.zeros([distances, hidden], x.dtype)).view(distances, heads, d);
      asked.reshape(n, heads, blocks * chunk, d).matmul(by.permute(1, 2, 0));
      const weights = F.softmax(asked.matmul(around(k(x)).transpose(-1, -2)), -1);
      const y = weights.matmul(around(v(x))).permute(0, 2, 3, 1, 4);
      return post(y.reshape(n, blocks * chunk, heads * d).narrow(1, 0, length));
    },
  );
}
/** A conformer layer: half an MLP, attention, a convolution along time, half an MLP. */
function conformer(c: Config, hidden: number): Layer {
  const act = activation(c, 'hidden_act', 'silu');
  const half = (): Layer => {
    const [one, two] = [clippable(hidden, 4 * hidden), clippable(4 * hidden, hidden)];
    const [before, after] = [rms(hidden), rms(hidden)];
    return unit(
      'Gemma4AudioFeedForward',
      { ffw_layer_1: one, ffw_layer_2: two, pre_layer_norm: before, post_layer_norm: after },
      (x: nn.Tensor) => x.add(after(two(act(one(before(x))))).mul(1)),
    );
  };
  const kernel = c.size('conv_kernel_size', 5);
  const [start, end] = [clippable(hidden, 2 * hidden), clippable(hidden, hidden)];
  const depthwise = new nn.Conv1d(hidden, hidden, kernel, { groups: hidden, bias: false }) as unknown as Layer;
  const [first, inner] = [rms(hidden), rms(hidden)];
  const convolution = unit(
    'Gemma4AudioLightConv1d',
    { linear_start: start, linear_end: end, depthwise_conv1d: depthwise, pre_layer_norm: first, conv_norm: inner },
    (x: nn.Tensor) => {
      const y = F.glu(start(first(x)), -1).transpose(1, 2);
      return x.add(end(act(inner(depthwise(F.pad(y, [kernel - 1, 0])).transpose(1, 2)))));
    },
  );
  const [one, two, attention] = [half(), half(), chunked(c, hidden)];
  const [before, after, out] = [rms(hidden), rms(hidden), rms(hidden)];
  return unit(
    'Gemma4AudioLayer',
    {
      feed_forward1: one,
      feed_forward2: two,
      self_attn: attention,
      lconv1d: convolution,
      norm_pre_attn: before,
      norm_post_attn: after,
      norm_out: out,
    },
    (x: nn.Tensor) => {
      const y = one(x);
      return out(two(convolution(y.add(after(attention(before(y)))))));
    },
  );
}
/** Mel frames, a quarter of them after two convolutions, through conformer layers. */
function sounds(c: Config, text: Config): Sight {
  const hidden = c.size('hidden_size');
  const channels = c.ints('subsampling_conv_channels') ?? [128, 32];
  const [wide, narrow] = [channels[0] as number, channels[1] as number];
  const half = (from: number, to: number): Layer => {
    const conv = new nn.Conv2d(from, to, 3, { stride: 2, padding: 1, bias: false }) as unknown as Layer;
    const norm = new nn.LayerNorm(to, 1e-5, true, false) as unknown as Layer;
    return unit('Gemma4AudioSubSampleConvProjectionLayer', { conv, norm }, (x: nn.Tensor) =>
      F.relu(norm(conv(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)),
    );
  };
  const [layer0, layer1] = [half(1, wide), half(wide, narrow)];
  // The first convolution has as many channels as a frame has bins.
  const project = linear(Math.floor(wide / 4) * narrow, hidden);
  const sub = unit(
    'Gemma4AudioSubSampleConvProjection',
    { layer0, layer1, input_proj_linear: project },
    (frames: nn.Tensor) => {
      const y = layer1(layer0(frames.unsqueeze(1))).permute(0, 2, 3, 1);
      return project(y.flatten(2));
    },
  );
  const layers = layersOf(c.layers('num_hidden_layers'), () => conformer(c, hidden));
  const width = c.size('output_proj_dims', 1536);
  const last = linear(hidden, width, true);
  const tower = unit(
    'Gemma4AudioModel',
    { subsample_conv_projection: sub, layers: list(layers), output_proj: last },
    (frames: nn.Tensor) => last(layers.reduce((x, layer) => layer(x), sub(frames))),
  );
  const out = embedder(width, text.size('hidden_size'));
  return {
    parts: { audio_tower: tower, embed_audio: out },
    run: (frames) => out(tower(frames)),
    input: (free) => ({ name: 'input_features', shape: [free('batch'), free('frames', FRAMES), wide] }),
    size: [FRAMES, wide],
    channels: 1,
  };
}
/** Thirty seconds at a hundred frames a second. */
const FRAMES = 3000;

export const families: Readonly<Record<string, Builder>> = {
  gemma4: visionLanguage({
    type: 'Gemma4',
    tied: true,
    text: textOf('gemma4_text'),
    sight: (c, text) => [
      ...(c.says('vision_config') ? [images(inside(c, 'vision_config', 'gemma4_vision'), text)] : []),
      ...(c.says('audio_config') ? [sounds(inside(c, 'audio_config', 'gemma4_audio'), text)] : []),
    ],
  }),
};
