import * as nn from '../../../torch/nn/index.js';
import { layersOf } from '../kinds.js';
import type { Builder } from '../model.js';
import { activation, chain, divisible, type Layer, list } from '../parts.js';
import { unit } from '../unit.js';
import { pairOf } from '../vit.js';
import { classified, conv, convBlock, perStage } from './convnets.js';

const F = nn.functional;

/** MobileViT v2: inverted residuals, then patches whose attention is linear in their number. */
const mobilevitv2: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'swish');
  const factor = c.number('width_multiplier', 1);
  const image = pairOf(c, 'image_size', 256);
  const patch = c.size('patch_size', 2);
  const k = c.size('conv_kernel_size', 3);
  const block = (
    i: number,
    out: number,
    size: number,
    s = 1,
    more: { groups?: number; plain?: boolean; dilation?: number } = {},
  ): Layer => {
    const d = more.dilation ?? 1;
    return convBlock('MobileViTV2ConvLayer', i, out, size, s, more.plain ? null : act, more.groups ?? 1, {
      dilation: d,
      padding: Math.floor((size - 1) / 2) * d,
    });
  };
  /** A pointwise convolution with a bias and nothing else, or without both. */
  const point = (i: number, out: number, bias = true): Layer => {
    const convolution = conv(i, out, 1, 1, { bias });
    return unit('MobileViTV2ConvLayer', { convolution }, (x: nn.Tensor) => convolution(x));
  };
  const residual = (i: number, out: number, s: number, d = 1): Layer => {
    const inner = divisible(Math.round(i * c.number('expand_ratio', 2)), 8);
    const [up, down] = [block(i, inner, 1), block(inner, out, 1, 1, { plain: true })];
    const across = block(inner, inner, 3, s, { groups: inner, dilation: d });
    return unit(
      'MobileViTV2InvertedResidual',
      { expand_1x1: up, conv_3x3: across, reduce_1x1: down },
      (x: nn.Tensor) => {
        const y = down(across(up(x)));
        return s === 1 && i === out ? x.add(y) : y;
      },
    );
  };
  const norm = (dim: number): Layer => new nn.GroupNorm(1, dim) as unknown as Layer;
  const layer = (dim: number, inner: number): Layer => {
    const [qkv, out] = [point(dim, 1 + 2 * dim), point(dim, dim)];
    const attention = unit('MobileViTV2LinearSelfAttention', { qkv_proj: qkv, out_proj: out }, (x: nn.Tensor) => {
      const all = qkv(x);
      const scores = F.softmax(all.narrow(1, 0, 1), -1);
      const context = all.narrow(1, 1, dim).mul(scores).sum(-1, true);
      return out(F.relu(all.narrow(1, 1 + dim, dim)).mul(context));
    });
    const [conv1, conv2] = [point(dim, inner), point(inner, dim)];
    const ffn = unit('MobileViTV2FFN', { conv1, conv2 }, (x: nn.Tensor) => conv2(act(conv1(x))));
    const [before, after] = [norm(dim), norm(dim)];
    return unit(
      'MobileViTV2TransformerLayer',
      { layernorm_before: before, attention, layernorm_after: after, ffn },
      (x: nn.Tensor) => {
        const y = x.add(attention(before(x)));
        return y.add(ffn(after(y)));
      },
    );
  };
  let [h, w] = image;
  const halve = (): void => {
    [h, w] = [Math.floor((h - 1) / 2) + 1, Math.floor((w - 1) / 2) + 1];
  };
  const ffn = c.number('ffn_multiplier', 2);
  const stage = (i: number, out: number, dim: number, depth: number, d: number): Layer => {
    const down = residual(i, out, d > 1 ? 1 : 2, d > 1 ? d / 2 : 1);
    if (d === 1) halve();
    const width = out;
    const [local, enter] = [block(width, width, k, 1, { groups: width }), point(width, dim, false)];
    const layers = layersOf(depth, () => layer(dim, Math.floor((ffn * dim) / 16) * 16));
    const transformer = unit('MobileViTV2Transformer', { layer: list(layers) }, (x: nn.Tensor) => chain(layers, x));
    const [last, leave] = [norm(dim), block(dim, width, 1, 1, { plain: true })];
    // Pixels that fill no whole patch are left out, and are zero afterwards.
    const [rows, columns] = [Math.floor(h / patch), Math.floor(w / patch)];
    const fits = h % patch === 0 && w % patch === 0;
    const [height, breadth] = [h, w];
    return unit(
      'MobileViTV2Layer',
      {
        downsampling_layer: down,
        conv_kxk: local,
        conv_1x1: enter,
        transformer,
        layernorm: last,
        conv_projection: leave,
      },
      (x: nn.Tensor) => {
        let y = enter(local(down(x)));
        const n = y.size(0);
        if (!fits) y = y.narrow(2, 0, rows * patch).narrow(3, 0, columns * patch);
        const cut = y
          .reshape(n, dim, rows, patch, columns, patch)
          .permute(0, 1, 3, 5, 2, 4)
          .reshape(n, dim, patch * patch, rows * columns);
        const back = last(transformer(cut))
          .reshape(n, dim, patch, patch, rows, columns)
          .permute(0, 1, 4, 2, 5, 3)
          .reshape(n, dim, rows * patch, columns * patch);
        return leave(fits ? back : F.pad(back, [0, breadth - columns * patch, 0, height - rows * patch]));
      },
    );
  };
  const clipped = Math.max(16, Math.min(64, 32 * factor));
  const widths = [
    divisible(clipped, 8, 16),
    ...[64, 128, 256, 384, 512].map((n) => divisible(n * factor, n === 64 ? 16 : 8)),
  ] as [number, number, number, number, number, number];
  const depths = perStage(c, 'n_attn_blocks', 3);
  const units = perStage(c, 'base_attn_unit_dims', 3).map((n) => divisible(n * factor, 8));
  const stem = block(c.int('num_channels', 3), widths[0], 3, 2);
  halve();
  const limit = c.size('output_stride', 32);
  const group = (i: number, out: number, s: number, count: number): Layer => {
    const layers = layersOf(
      count,
      (n) => residual(n === 0 ? i : out, out, n === 0 ? s : 1),
      (n) => n === 0,
    );
    if (s === 2) halve();
    return unit('MobileViTV2MobileNetLayer', { layer: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  };
  const layers = [group(widths[0], widths[1], 1, 1), group(widths[1], widths[2], 2, 2)];
  let dilation = 1;
  for (const n of [0, 1, 2]) {
    if ((n === 1 && limit === 8) || (n === 2 && limit <= 16)) dilation *= 2;
    layers.push(
      stage(widths[n + 2] as number, widths[n + 3] as number, units[n] as number, depths[n] as number, dilation),
    );
  }
  const encoder = unit('MobileViTV2Encoder', { layer: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  return classified(c, o, {
    type: 'MobileViTV2',
    base: 'mobilevitv2',
    image,
    parts: { conv_stem: stem, encoder },
    run: (x) => encoder(stem(x)),
    take: (x) => x.mean([2, 3]),
    width: widths[5],
    head: 'classifier',
  });
};

export const families: Readonly<Record<string, Builder>> = { mobilevitv2 };
