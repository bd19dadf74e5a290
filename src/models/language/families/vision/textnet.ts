import * as nn from '../../../../torch/nn/index.js';
import type { Builder } from '../../blocks/model.js';
import { activation, chain, type Layer, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { pairOf } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { batchNorm, classified, conv, means, perStage } from './convnets.js';

const F = nn.functional;

type Pair = readonly [h: number, w: number];

/** Kernels of each layer of each stage. Throws ModelError for other lists. */
function kernelsOf(c: Config): readonly (readonly Pair[])[] {
  const pairOfKernel = (pair: unknown): Pair => {
    const [h, w] = Array.isArray(pair) ? pair : [];
    if (![h, w].every((n) => Number.isSafeInteger(n) && n > 0))
      throw c.wrong('conv_layer_kernel_sizes', 'is not stages of kernels of [height, width]');
    return [h, w];
  };
  return (c.list('conv_layer_kernel_sizes') ?? []).map((stage) =>
    (Array.isArray(stage) ? stage : []).map(pairOfKernel),
  );
}

/** A convolution of h×w with one along each axis beside it, and the input itself where its map is of the same size. */
function layerOf(i: number, out: number, [h, w]: Pair, stride: number): Layer {
  const branch = (a: number, b: number): readonly [conv: Layer, norm: Layer] => {
    const padding: [number, number] = [Math.floor((a - 1) / 2), Math.floor((b - 1) / 2)];
    return [new nn.Conv2d(i, out, [a, b], { stride, padding, bias: false }) as unknown as Layer, batchNorm(out)];
  };
  const main = branch(h, w);
  const vertical = w === 1 ? null : branch(h, 1);
  const horizontal = h === 1 ? null : branch(1, w);
  const identity = i === out && stride === 1 ? batchNorm(i) : null;
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
}

function stagesOf(c: Config, kernels: readonly (readonly Pair[])[], widths: readonly number[]): Layer[] {
  const strides = c.list('conv_layer_strides') ?? [];
  return kernels.map((stage, n) => {
    const [from, out] = [widths[n] as number, widths[n + 1] as number];
    const pace = strides[n];
    const layers = stage.map((kernel, l) => {
      const stride: unknown = Array.isArray(pace) ? pace[l] : undefined;
      if (typeof stride !== 'number' || !Number.isSafeInteger(stride) || stride < 1)
        throw c.wrong('conv_layer_strides', 'is not one stride for each kernel of each stage');
      return layerOf(l === 0 ? from : out, out, kernel, stride);
    });
    return unit('TextNetStage', { stage: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  });
}

function stemOf(c: Config): Layer {
  const act = activation(c, 'stem_act_func', 'relu');
  const width = c.size('stem_out_channels', 64);
  const [kernel, stride] = [c.size('stem_kernel_size', 3), c.size('stem_stride', 2)];
  const convolution = conv(c.int('stem_num_channels', 3), width, kernel, stride, { bias: false });
  const norm = batchNorm(width);
  return unit('TextNetConvLayer', { conv: convolution, batch_norm: norm }, (x: nn.Tensor) => act(norm(convolution(x))));
}

/** TextNet: each layer is a convolution with one along each axis beside it. */
const textnet: Builder = (c, o) => {
  const kernels = kernelsOf(c);
  const widths = perStage(c, 'hidden_sizes', kernels.length + 1);
  const stages = stagesOf(c, kernels, widths);
  const stem = stemOf(c);
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
