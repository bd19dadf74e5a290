import * as nn from '../../../../torch/nn/index.js';
import type { Builder } from '../../blocks/model.js';
import { activation, chain, type Layer, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { pairOf } from '../../blocks/vit.js';
import { classified, conv, means, perStage } from './convnets.js';

const F = nn.functional;

/** TextNet: each layer is a convolution with one along each axis beside it. */
const textnet: Builder = (c, o) => {
  const pairs = (value: unknown): [number, number][] =>
    (Array.isArray(value) ? value : []).map((pair: unknown) => {
      const [h, w] = Array.isArray(pair) ? pair : [];
      if (![h, w].every((n) => Number.isSafeInteger(n) && n > 0))
        throw c.wrong('conv_layer_kernel_sizes', 'is not stages of kernels of [height, width]');
      return [h, w];
    });
  const kernels = (c.list('conv_layer_kernel_sizes') ?? []).map(pairs);
  const strides = c.list('conv_layer_strides') ?? [];
  const widths = perStage(c, 'hidden_sizes', kernels.length + 1);
  const block = (i: number, out: number, k: [number, number], s: number): Layer => {
    const one = (a: number, b: number): [Layer, Layer] => [
      new nn.Conv2d(i, out, [a, b], {
        stride: s,
        padding: [Math.floor((a - 1) / 2), Math.floor((b - 1) / 2)],
        bias: false,
      }) as unknown as Layer,
      new nn.BatchNorm2d(out) as unknown as Layer,
    ];
    const main = one(k[0], k[1]);
    const vertical = k[1] === 1 ? null : one(k[0], 1);
    const horizontal = k[0] === 1 ? null : one(1, k[1]);
    const identity = i === out && s === 1 ? (new nn.BatchNorm2d(i) as unknown as Layer) : null;
    return unit(
      'TextNetRepConvLayer',
      {
        main_conv: main[0],
        main_batch_norm: main[1],
        vertical_conv: vertical?.[0] ?? null,
        vertical_batch_norm: vertical?.[1] ?? null,
        horizontal_conv: horizontal?.[0] ?? null,
        horizontal_batch_norm: horizontal?.[1] ?? null,
        rbr_identity: identity,
      },
      (x: nn.Tensor) => {
        let y = main[1](main[0](x));
        for (const side of [vertical, horizontal]) if (side !== null) y = y.add(side[1](side[0](x)));
        return F.relu(identity === null ? y : y.add(identity(x)));
      },
    );
  };
  const stages = kernels.map((stage, n) => {
    const [from, out] = [widths[n] as number, widths[n + 1] as number];
    const pace = strides[n];
    const layers = stage.map((k, l) => {
      const s: unknown = Array.isArray(pace) ? pace[l] : undefined;
      if (typeof s !== 'number' || !Number.isSafeInteger(s) || s < 1)
        throw c.wrong('conv_layer_strides', 'is not one stride for each kernel of each stage');
      return block(l === 0 ? from : out, out, k, s);
    });
    return unit('TextNetStage', { stage: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  });
  const act = activation(c, 'stem_act_func', 'relu');
  const first = c.size('stem_out_channels', 64);
  const convolution = conv(
    c.int('stem_num_channels', 3),
    first,
    c.size('stem_kernel_size', 3),
    c.size('stem_stride', 2),
    {
      bias: false,
    },
  );
  const batch = new nn.BatchNorm2d(first) as unknown as Layer;
  const stem = unit('TextNetConvLayer', { conv: convolution, batch_norm: batch }, (x: nn.Tensor) =>
    act(batch(convolution(x))),
  );
  const encoder = unit('TextNetEncoder', { stages: list(stages) }, (x: nn.Tensor) => chain(stages, x));
  return classified(c, o, {
    type: 'TextNet',
    base: 'textnet',
    image: pairOf(c, 'image_size', 640),
    parts: { stem, encoder },
    run: (x) => encoder(stem(x)),
    take: means,
    width: widths.at(-1) as number,
    head: 'fc',
  });
};

export const families: Readonly<Record<string, Builder>> = { textnet };
