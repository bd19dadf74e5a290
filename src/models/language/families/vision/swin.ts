import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, type Layer, layerNorm, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { imageHead, imageInputs, pairOf, patches, pixelHead, plainAttention } from '../../blocks/vit.js';
import type { Config } from '../../config.js';

const F = nn.functional;
type Kind = 'swin' | 'swinv2' | 'donut';

/** Rows and columns beyond the edge, up to a multiple. */
const up = (n: number, to: number): number => Math.ceil(n / to) * to;

/** N×H×W×C → windows×w²×C. */
function windowed(x: nn.Tensor, h: number, w: number, size: readonly [number, number]): nn.Tensor {
  const ch = x.size(-1);
  return x
    .view(x.size(0), h / size[0], size[0], w / size[1], size[1], ch)
    .transpose(2, 3)
    .reshape(-1, size[0] * size[1], ch);
}

/** Attention inside windows, under the names that each generation has. */
function windowAttention(c: Config, kind: Kind, dim: number, heads: number, window: number): Layer {
  const qkv = c.bool('qkv_bias', true);
  const bias = { q: qkv, k: kind === 'swinv2' ? false : qkv, v: qkv };
  const rows = (2 * window - 1) ** 2;
  const table = new nn.Parameter([rows, heads]);
  if (kind === 'swin') {
    const attention = plainAttention({ hidden: dim, heads, bias });
    const relative = unit('SwinRelativePositionBias', { relative_position_bias_table: table }, (x: nn.Tensor) => x);
    (attention as unknown as Record<string, unknown>)['relative_position_bias'] = relative;
    return attention as never;
  }
  const attention = plainAttention({
    hidden: dim,
    heads,
    bias,
    projections: { q: 'query', k: 'key', v: 'value', o: null as never },
  });
  const parts = attention as unknown as Record<string, unknown>;
  let before = (): void => {};
  if (kind === 'donut') parts['relative_position_bias_table'] = table;
  else {
    const mlp = new nn.Sequential(linear(2, 512, true), new nn.ReLU(), linear(512, heads));
    parts['logit_scale'] = new nn.Parameter([heads, 1, 1]);
    parts['continuous_position_bias_mlp'] = mlp;
    before = () => {
      mlp(F.zeros([1, 2 * window - 1, 2 * window - 1, 2]))
        .sigmoid()
        .mul(16);
    };
  }
  const dense = linear(dim, dim, true);
  const output = unit('SwinSelfOutput', { dense }, (x: nn.Tensor) => dense(x));
  const forward = attention.forward.bind(attention);
  Object.defineProperty(attention, 'forward', {
    value: (x: nn.Tensor, pass: nn.Pass) => {
      before();
      return forward(x, pass);
    },
    enumerable: false,
  });
  return unit('SwinAttention', { self: attention, output }, (x: nn.Tensor) =>
    output(attention(x, new nn.Pass(x.size(0), x.size(1), 0))),
  );
}

/** `grid`: what the configuration says of the map here; where patches do not fill the image it is smaller than the map. */
function swinBlock(
  c: Config,
  kind: Kind,
  dim: number,
  heads: number,
  at: readonly [number, number],
  grid: readonly [number, number],
): Layer {
  const configured = c.size('window_size');
  const own = kind === 'swinv2' ? Math.min(configured, ...grid) : configured;
  const edge = Math.min(...at, configured);
  const size: readonly [number, number] =
    kind === 'swinv2' ? [Math.min(grid[0], configured), Math.min(grid[1], configured)] : [edge, edge];
  const inner = Math.floor(dim * c.number('mlp_ratio', 4));
  const act = activation(c);
  const attention = windowAttention(c, kind, dim, heads, own);
  const [n1, n2] = [layerNorm(dim), layerNorm(dim)];
  let mlp: (x: nn.Tensor) => nn.Tensor;
  let parts: Record<string, Layer>;
  if (kind === 'swin') {
    const both = plainMlp('SwinMLP', dim, inner, act, ['fc1', 'fc2']);
    parts = { mlp: both };
    mlp = (x) => both(x);
  } else {
    const [a, b] = [linear(dim, inner, true), linear(inner, dim, true)];
    const first = unit('SwinIntermediate', { dense: a }, (x: nn.Tensor) => act(a(x)));
    const second = unit('SwinOutput', { dense: b }, (x: nn.Tensor) => b(x));
    parts = { intermediate: first, output: second };
    mlp = (x) => second(first(x));
  }
  const [H, W] = at;
  const mixed = (x: nn.Tensor): nn.Tensor => {
    const [n, ch] = [x.size(0), x.size(-1)];
    const [ph, pw] = [up(H, size[0]), up(W, size[1])];
    let y = x.view(n, H, W, ch);
    if (ph > H || pw > W) y = F.pad(y, [0, 0, 0, pw - W, 0, ph - H]);
    const inside = windowed(y.roll([1, 1], [1, 2]), ph, pw, size);
    const raw =
      kind === 'swin'
        ? (attention as unknown as nn.Module<[nn.Tensor, nn.Pass], nn.Tensor>)(
            inside,
            new nn.Pass(inside.size(0), inside.size(1), 0),
          )
        : attention(inside);
    const back = raw
      .view(n, ph / size[0], pw / size[1], size[0], size[1], ch)
      .transpose(2, 3)
      .reshape(n, ph, pw, ch)
      .roll([1, 1], [1, 2]);
    return (ph > H || pw > W ? back.narrow(1, 0, H).narrow(2, 0, W) : back).reshape(n, H * W, ch);
  };
  return unit(
    `${kind === 'swinv2' ? 'Swinv2' : 'Swin'}Layer`,
    { layernorm_before: n1, attention, layernorm_after: n2, ...parts },
    (x: nn.Tensor) => {
      if (kind === 'swinv2') {
        const y = x.add(n1(mixed(x)));
        return y.add(n2(mlp(y)));
      }
      const y = x.add(mixed(n1(x)));
      return y.add(mlp(n2(y)));
    },
  );
}

/** Four neighbours become one with twice the channels. */
function merging(kind: Kind, dim: number, at: readonly [number, number]): Layer {
  const reduction = linear(4 * dim, 2 * dim);
  const norm = layerNorm(kind === 'swinv2' ? 2 * dim : 4 * dim);
  const [H, W] = at;
  return unit('SwinPatchMerging', { reduction, norm }, (x: nn.Tensor) => {
    const n = x.size(0);
    let y = x.view(n, H, W, dim);
    if (H % 2 || W % 2) y = F.pad(y, [0, 0, 0, W % 2, 0, H % 2]);
    const [h, w] = [Math.ceil(H / 2), Math.ceil(W / 2)];
    const four = y
      .view(n, h, 2, w, 2, dim)
      .permute(0, 1, 3, 4, 2, 5)
      .reshape(n, h * w, 4 * dim);
    return kind === 'swinv2' ? norm(reduction(four)) : reduction(norm(four));
  });
}

function swin(kind: Kind, type: string, base: string): Builder {
  return (c, o) => {
    const [image, patch] = [pairOf(c, 'image_size', 224), pairOf(c, 'patch_size', 4)];
    const dim = c.size('embed_dim');
    const depths = c.ints('depths') ?? [];
    const heads = c.ints('num_heads') ?? [];
    let at: [number, number] = [Math.ceil(image[0] / patch[0]), Math.ceil(image[1] / patch[1])];
    const conv = new nn.Conv2d(c.int('num_channels', 3), dim, patch, { stride: patch });
    const norm = layerNorm(dim);
    const projected = unit('SwinPatchEmbeddings', { projection: conv as unknown as Layer }, (x: nn.Tensor) => {
      const pads = [0, up(image[1], patch[1]) - image[1], 0, up(image[0], patch[0]) - image[0]];
      return patches(conv(pads.some((p) => p > 0) ? F.pad(x, pads) : x));
    });
    const table = c.bool('use_absolute_embeddings')
      ? new nn.Parameter([1, Math.floor(image[0] / patch[0]) * Math.floor(image[1] / patch[1]), dim])
      : null;
    const mask =
      c.bool('use_mask_token') || /MaskedImageModeling$/.test(o.architecture) ? new nn.Parameter([1, 1, dim]) : null;
    const embeddings = unit(
      'SwinEmbeddings',
      { patch_embeddings: projected, norm, position_embeddings: table, mask_token: mask },
      (x: nn.Tensor) => {
        const y = norm(projected(x));
        return table === null ? y : y.add(table);
      },
    );
    const stages = depths.map((depth, i) => {
      const width = dim * 2 ** i;
      const here = at;
      const grid = [0, 1].map((k) =>
        Math.max(1, Math.floor(Math.floor((image[k] as number) / (patch[k] as number)) / 2 ** i)),
      ) as [number, number];
      const blocks = layersOf(depth, () => swinBlock(c, kind, width, heads[i] ?? 1, here, grid));
      const down = i < depths.length - 1 ? merging(kind, width, here) : null;
      if (down !== null) at = [Math.ceil(here[0] / 2), Math.ceil(here[1] / 2)];
      return unit('SwinStage', { blocks: new nn.ModuleList(blocks as never), downsample: down }, (x: nn.Tensor) => {
        const y = blocks.reduce((z, run) => run(z), x);
        return down?.(y) ?? y;
      });
    });
    const encoder = unit('SwinEncoder', { layers: new nn.ModuleList(stages as never) }, (x: nn.Tensor) =>
      stages.reduce((y, run) => run(y), x),
    );
    const width = dim * 2 ** (depths.length - 1);
    const last = kind === 'donut' ? null : layerNorm(width);
    const model = unit(`${type}Model`, { embeddings, encoder, layernorm: last }, (x: nn.Tensor) => {
      const y = encoder(embeddings(x));
      return last?.(y) ?? y;
    });
    const inputs = imageInputs(c, image);
    if (/Model$/.test(o.architecture) || o.architecture === '') return { module: model, inputs, kept: () => null };
    if (/MaskedImageModeling$/.test(o.architecture))
      return { module: pixelHead(c, o.architecture, base, model, width, 0), inputs, kept: () => null };
    return {
      module: imageHead(c, o.architecture, base, model, { width, take: (x) => x.mean(1) }),
      inputs,
      kept: () => null,
    };
  };
}

export const families: Readonly<Record<string, Builder>> = {
  swin: swin('swin', 'Swin', 'swin'),
  swinv2: swin('swinv2', 'Swinv2', 'swinv2'),
  'donut-swin': swin('donut', 'DonutSwin', 'donut'),
};
