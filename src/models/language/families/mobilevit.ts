import * as nn from '../../../torch/nn/index.js';
import { layersOf } from '../kinds.js';
import type { Builder } from '../model.js';
import { activation, chain, divisible, type Layer, layerNorm, linear, list } from '../parts.js';
import { unit } from '../unit.js';
import { pairOf } from '../vit.js';
import { classified, conv, convBlock, perStage } from './convnets.js';

const F = nn.functional;
const multipleOf8 = (value: number): number => divisible(value, 8);

/** MobileViT: inverted residuals, then attention among the pixels that have the same place in their patches. */
const mobilevit: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'silu');
  const image = pairOf(c, 'image_size', 256);
  const [patch, k] = [c.size('patch_size', 2), c.size('conv_kernel_size', 3)];
  const heads = c.size('num_attention_heads', 4);
  const bias = c.bool('qkv_bias', true);
  const block = (i: number, out: number, size: number, s = 1, groups = 1, plain = false, d = 1): Layer =>
    convBlock('MobileViTConvLayer', i, out, size, s, plain ? null : act, groups, {
      dilation: d,
      padding: Math.floor((size - 1) / 2) * d,
    });
  const point = (i: number, out: number): Layer => {
    const convolution = conv(i, out, 1, 1, { bias: false });
    return unit('MobileViTConvLayer', { convolution }, (x: nn.Tensor) => convolution(x));
  };
  const residual = (i: number, out: number, s: number, d = 1): Layer => {
    const inner = multipleOf8(Math.round(i * c.number('expand_ratio', 4)));
    const [up, across] = [block(i, inner, 1), block(inner, inner, 3, s, inner, false, d)];
    const down = block(inner, out, 1, 1, 1, true);
    return unit('MobileViTInvertedResidual', { expand_1x1: up, conv_3x3: across, reduce_1x1: down }, (x: nn.Tensor) => {
      const y = down(across(up(x)));
      return s === 1 && i === out ? x.add(y) : y;
    });
  };
  const layer = (dim: number): Layer => {
    const [query, key, value] = [linear(dim, dim, bias), linear(dim, dim, bias), linear(dim, dim, bias)];
    const split = (x: nn.Tensor): nn.Tensor => x.view(x.size(0), x.size(1), heads, dim / heads).transpose(1, 2);
    const inner = unit('MobileViTSelfAttention', { query, key, value }, (x: nn.Tensor) =>
      F.scaled_dot_product_attention(split(query(x)), split(key(x)), split(value(x)))
        .transpose(1, 2)
        .reshape(x.size(0), x.size(1), dim),
    );
    const dense = linear(dim, dim, true);
    const after = unit('MobileViTSelfOutput', { dense }, (x: nn.Tensor) => dense(x));
    const attention = unit('MobileViTAttention', { attention: inner, output: after }, (x: nn.Tensor) =>
      after(inner(x)),
    );
    const wide = Math.floor(dim * c.number('mlp_ratio', 2));
    const [grow, shrink] = [linear(dim, wide, true), linear(wide, dim, true)];
    const intermediate = unit('MobileViTIntermediate', { dense: grow }, (x: nn.Tensor) => act(grow(x)));
    const output = unit('MobileViTOutput', { dense: shrink }, (x: nn.Tensor) => shrink(x));
    const [n1, n2] = [layerNorm(dim), layerNorm(dim)];
    return unit(
      'MobileViTTransformerLayer',
      { attention, intermediate, output, layernorm_before: n1, layernorm_after: n2 },
      (x: nn.Tensor) => {
        const y = x.add(attention(n1(x)));
        return y.add(output(intermediate(n2(y))));
      },
    );
  };
  let [h, w] = image;
  const halve = (): void => {
    [h, w] = [Math.floor((h - 1) / 2) + 1, Math.floor((w - 1) / 2) + 1];
  };
  const stage = (i: number, out: number, dim: number, depth: number, d: number): Layer => {
    const down = residual(i, out, d > 1 ? 1 : 2, d > 1 ? d / 2 : 1);
    if (d === 1) halve();
    const local = block(out, out, k);
    const enter = point(out, dim);
    const layers = layersOf(depth, () => layer(dim));
    const transformer = unit('MobileViTTransformer', { layer: list(layers) }, (x: nn.Tensor) => chain(layers, x));
    const [norm, leave, fusion] = [layerNorm(dim), block(dim, out, 1), block(2 * out, out, k)];
    const [rows, columns] = [Math.ceil(h / patch), Math.ceil(w / patch)];
    const fits = h % patch === 0 && w % patch === 0;
    const [height, breadth] = [h, w];
    return unit(
      'MobileViTLayer',
      {
        downsampling_layer: down,
        conv_kxk: local,
        conv_1x1: enter,
        transformer,
        layernorm: norm,
        conv_projection: leave,
        fusion,
      },
      (x: nn.Tensor) => {
        const before = down(x);
        let y = enter(local(before));
        const n = y.size(0);
        const sized = (z: nn.Tensor, a: number, b: number): nn.Tensor =>
          F.interpolate(z, { size: [a, b], mode: 'bilinear', align_corners: false });
        if (!fits) y = sized(y, rows * patch, columns * patch);
        const cut = y
          .reshape(n, dim, rows, patch, columns, patch)
          .permute(0, 3, 5, 2, 4, 1)
          .reshape(-1, rows * columns, dim);
        const back = norm(transformer(cut))
          .reshape(n, patch, patch, rows, columns, dim)
          .permute(0, 5, 3, 1, 4, 2)
          .reshape(n, dim, rows * patch, columns * patch);
        return fusion(F.cat([before, leave(fits ? back : sized(back, height, breadth))], 1));
      },
    );
  };
  const [w0, w1, w2, w3, w4, w5, end] = perStage(c, 'neck_hidden_sizes', 7) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const dims = perStage(c, 'hidden_sizes', 3);
  const stem = block(c.int('num_channels', 3), w0, 3, 2);
  halve();
  const group = (i: number, out: number, s: number, count: number): Layer => {
    const layers = layersOf(
      count,
      (n) => residual(n === 0 ? i : out, out, n === 0 ? s : 1),
      (n) => n === 0,
    );
    if (s === 2) halve();
    return unit('MobileViTMobileNetLayer', { layer: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  };
  const limit = c.size('output_stride', 32);
  const layers = [group(w0, w1, 1, 1), group(w1, w2, 2, 3)];
  let dilation = 1;
  for (const [n, [i, out, depth]] of (
    [
      [w2, w3, 2],
      [w3, w4, 4],
      [w4, w5, 3],
    ] as [number, number, number][]
  ).entries()) {
    if ((n === 1 && limit === 8) || (n === 2 && limit <= 16)) dilation *= 2;
    layers.push(stage(i, out, dims[n] as number, depth, dilation));
  }
  const encoder = unit('MobileViTEncoder', { layer: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  const last = block(w5, end, 1);
  return classified(c, o, {
    type: 'MobileViT',
    base: 'mobilevit',
    image,
    parts: { conv_stem: stem, encoder, conv_1x1_exp: last },
    run: (x) => last(encoder(stem(x))),
    take: (x) => x.mean([2, 3]),
    width: end,
    head: 'classifier',
  });
};

export const families: Readonly<Record<string, Builder>> = { mobilevit };
