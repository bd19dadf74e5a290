import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, type Layer, layerNorm, linear, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { inside, type Sight, sized, textOf, visionLanguage } from '../../blocks/vision-language.js';
import { pairOf, patches } from '../../blocks/vit.js';
import type { Config } from '../../config.js';

const F = nn.functional;

/** Attention within windows, or over the whole map, with scores by distance in each axis: N×H×W×C → N×H×W×C. */
function attention(c: Config, window: number, grid: number): Layer {
  const [hidden, heads] = [c.size('hidden_size'), c.size('num_attention_heads')];
  if (hidden % heads !== 0) throw c.wrong('num_attention_heads', `is ${heads}, which does not divide ${hidden}`);
  const d = hidden / heads;
  const rows = 2 * (window === 0 ? grid : window) - 1;
  const [qkv, proj] = [linear(hidden, 3 * hidden, c.bool('qkv_bias', true)), linear(hidden, hidden, true)];
  const distances = c.bool('use_rel_pos', true) ? [new nn.Parameter([rows, d]), new nn.Parameter([rows, d])] : null;
  return unit(
    'GotOcr2VisionAttention',
    { rel_pos_h: distances?.[0] ?? null, rel_pos_w: distances?.[1] ?? null, qkv, proj },
    (x: nn.Tensor) => {
      const [n, h, w] = [x.size(0), nn.int(x.size(1)), nn.int(x.size(2))];
      const split = qkv(x)
        .reshape(n, h * w, 3, heads, d)
        .permute(2, 0, 3, 1, 4) as nn.Tensor;
      const [q, k, v] = split.unbind(0) as [nn.Tensor, nn.Tensor, nn.Tensor];
      if (distances !== null) {
        // One score for each row of keys, and one for each column.
        const flat = q.reshape(-1, h, w, d);
        flat.matmul(F.zeros([h, d, h], x.dtype));
        flat.transpose(1, 2).matmul(F.zeros([w, d, w], x.dtype));
      }
      const y = F.scaled_dot_product_attention(q, k, v);
      return proj(y.transpose(1, 2).reshape(n, h, w, hidden));
    },
  );
}
/** The tower of Segment Anything: windows in most layers, the whole map in some. */
function samTower(c: Config): Layer {
  const [hidden, channels] = [c.size('hidden_size'), c.size('output_channels', 256)];
  const [image, patch] = [pairOf(c, 'image_size', 1024), c.size('patch_size', 16)];
  const grid = Math.floor(image[0] / patch);
  const whole = new Set(c.ints('global_attn_indexes') ?? [2, 5, 8, 11]);
  const act = activation(c, 'hidden_act', 'gelu');
  const inner = c.int('mlp_dim', 4 * hidden);
  const projection = new nn.Conv2d(c.int('num_channels', 3), hidden, patch, { stride: patch }) as unknown as Layer;
  const embed = unit('GotOcr2PatchEmbeddings', { projection }, (x: nn.Tensor) => projection(x));
  const layers = layersOf(
    c.layers('num_hidden_layers'),
    (i) => {
      const window = whole.has(i) ? 0 : c.size('window_size', 14);
      const attn = attention(c, window, grid);
      const [norm1, norm2] = [layerNorm(hidden), layerNorm(hidden)];
      const mlp = plainMlp('GotOcr2MLPBlock', hidden, inner, act, ['lin1', 'lin2']);
      return unit('GotOcr2VisionLayer', { layer_norm1: norm1, attn, layer_norm2: norm2, mlp }, (x: nn.Tensor) => {
        const normed = norm1(x);
        const y = x.add(window === 0 ? attn(normed) : windowed(normed, window, attn));
        return y.add(mlp(norm2(y)));
      });
    },
    (i) => whole.has(i),
  );
  const places = c.bool('use_abs_pos', true) ? new nn.Parameter([1, grid, grid, hidden]) : null;
  const [one, two] = [
    new nn.Conv2d(hidden, channels, 1, { bias: false }),
    new nn.Conv2d(channels, channels, 3, { padding: 1, bias: false }),
  ] as unknown as [Layer, Layer];
  const [n1, n2] = [layerNorm(channels), layerNorm(channels)];
  const first = (norm: Layer, x: nn.Tensor): nn.Tensor => norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2);
  const neck = unit('GotOcr2VisionNeck', { conv1: one, layer_norm1: n1, conv2: two, layer_norm2: n2 }, (x: nn.Tensor) =>
    first(n2, two(first(n1, one(x.permute(0, 3, 1, 2))))),
  );
  return unit(
    'GotOcr2VisionEncoder',
    { pos_embed: places, patch_embed: embed, layers: list(layers), neck },
    (pixels: nn.Tensor) => {
      const map = embed(pixels).permute(0, 2, 3, 1);
      return neck(layers.reduce((x, run) => run(x), places === null ? map : map.add(places)));
    },
  );
}
/** A map cut into squares, those at the edges filled up with zeros. */
function windowed(x: nn.Tensor, window: number, run: Layer): nn.Tensor {
  const [n, h, w, c] = [x.size(0), nn.int(x.size(1)), nn.int(x.size(2)), nn.int(x.size(3))];
  const [down, across] = [Math.ceil(h / window), Math.ceil(w / window)];
  const padded = F.pad(x, [0, 0, 0, across * window - w, 0, down * window - h]);
  const cut = padded.view(n, down, window, across, window, c).permute(0, 1, 3, 2, 4, 5);
  const y = run(cut.reshape(-1, window, window, c)).view(n, down, across, window, window, c);
  const back = y.permute(0, 1, 3, 2, 4, 5).reshape(n, down * window, across * window, c);
  return back.narrow(1, 0, h).narrow(2, 0, w);
}
const sight = (c: Config, text: Config): Sight => {
  const v = inside(c, 'vision_config', 'got_ocr2_vision', SAM_B);
  const tower = samTower(v);
  const [channels, hidden] = [v.size('output_channels', 256), text.size('hidden_size')];
  const half = (from: number, to: number): Layer =>
    new nn.Conv2d(from, to, 3, { stride: 2, padding: 1, bias: false }) as unknown as Layer;
  const [one, two, last] = [half(channels, 2 * channels), half(2 * channels, hidden), linear(hidden, hidden, true)];
  const projector = unit(
    'GotOcr2MultiModalProjector',
    { conv_upsampler1: one, conv_upsampler2: two, multimodal_projector: last },
    (x: nn.Tensor) => last(patches(two(one(x)))),
  );
  return {
    parts: { vision_tower: tower, multi_modal_projector: projector },
    run: (pixels) => projector(tower(pixels)),
    ...sized(v),
  };
};
const SAM_B = {
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  image_size: 1024,
  patch_size: 16,
  mlp_dim: 3072,
};

export const families: Readonly<Record<string, Builder>> = {
  got_ocr2: visionLanguage({
    type: 'GotOcr2',
    tied: true,
    text: textOf('qwen2', {
      vocab_size: 151860,
      hidden_size: 1024,
      intermediate_size: 2816,
      num_hidden_layers: 24,
      num_attention_heads: 16,
      num_key_value_heads: 16,
      tie_word_embeddings: true,
    }),
    sight,
  }),
};
