import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { type Activation, activation, chain, type Layer, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { classified, convBlock, means, perStage, seq } from './convnets.js';

const F = nn.functional;

/** HGNet v2: every layer of a block goes into what joins them. */
const hgnetV2: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'relu');
  const affine = c.bool('use_learnable_affine_block');
  const layer = (i: number, out: number, k: number, s: number, on = true, groups = 1): Layer => {
    const inner = convBlock('HGNetV2ConvLayer', i, out, k, s, on ? act : null, groups, {
      padding: Math.floor((k - 1) / 2),
    });
    if (!affine || !on) return inner;
    const [scale, bias] = [new nn.Parameter([1]), new nn.Parameter([1])];
    const lab = unit('HGNetV2LearnableAffineBlock', { scale, bias }, (x: nn.Tensor) => scale.mul(x).add(bias));
    const { convolution, normalization } = Object.fromEntries(inner.named_children()) as Record<string, Layer>;
    return unit(
      'HGNetV2ConvLayer',
      { convolution: convolution as Layer, normalization: normalization as Layer, lab },
      (x: nn.Tensor) => lab(act((normalization as Layer)((convolution as Layer)(x)))),
    );
  };
  const stem = perStage(c, 'stem_channels', 3);
  const pace = perStage(c, 'stem_strides', 5);
  const [first, middle, last] = stem as [number, number, number];
  const half = Math.floor(middle / 2);
  const [stem1, stem2a, stem2b] = [
    layer(first, middle, 3, pace[0] as number),
    layer(middle, half, 2, pace[1] as number),
    layer(half, middle, 2, pace[2] as number),
  ];
  const [stem3, stem4] = [layer(2 * middle, middle, 3, pace[3] as number), layer(middle, last, 1, pace[4] as number)];
  const more: Activation = (x) => F.pad(x, [0, 1, 0, 1]);
  const embedder = unit('HGNetV2Embeddings', { stem1, stem2a, stem2b, stem3, stem4 }, (x: nn.Tensor) => {
    const y = more(stem1(x));
    const side = stem2b(more(stem2a(y)));
    return stem4(stem3(F.cat([F.max_pool2d(y, 2, { stride: 1, ceil_mode: true }), side], 1)));
  });
  const ins = perStage(c, 'stage_in_channels');
  const n = ins.length;
  const [mids, outs] = [perStage(c, 'stage_mid_channels', n), perStage(c, 'stage_out_channels', n)];
  const [counts, kernels] = [perStage(c, 'stage_num_blocks', n), perStage(c, 'stage_kernel_size', n)];
  const [lengths, paces] = [perStage(c, 'stage_numb_of_layers', n), perStage(c, 'stage_downsample_strides', n)];
  const [downs, lights] = [c.list('stage_downsample') ?? [], c.list('stage_light_block') ?? []];
  const light = (i: number, out: number, k: number): Layer => {
    const [conv1, conv2] = [layer(i, out, 1, 1, false), layer(out, out, k, 1, true, out)];
    return unit('HGNetV2ConvLayerLight', { conv1, conv2 }, (x: nn.Tensor) => conv2(conv1(x)));
  };
  const stages = ins.map((from, s) => {
    const [mid, out, k, length] = [mids[s], outs[s], kernels[s], lengths[s]] as [number, number, number, number];
    const downsample = downs[s] === true ? layer(from, from, 3, paces[s] as number, false, from) : null;
    const blocks = layersOf(
      counts[s] as number,
      (b) => {
        const i = b === 0 ? from : out;
        const layers = layersOf(
          length,
          (l) => {
            const width = l === 0 ? i : mid;
            return lights[s] === true ? light(width, mid, k) : layer(width, mid, k, 1);
          },
          (l) => l === 0,
        );
        const narrow = Math.floor(out / 2);
        const aggregation = seq(layer(i + length * mid, narrow, 1, 1), layer(narrow, out, 1, 1));
        return unit('HGNetV2BasicLayer', { layers: list(layers), aggregation }, (x: nn.Tensor) => {
          const all = [x];
          for (const run of layers) all.push(run(all.at(-1) as nn.Tensor));
          const y = aggregation(F.cat(all, 1));
          return b === 0 ? y : y.add(x);
        });
      },
      (b) => b === 0,
    );
    return unit('HGNetV2Stage', { downsample, blocks: list(blocks) }, (x: nn.Tensor) =>
      chain(blocks, downsample?.(x) ?? x),
    );
  });
  const encoder = unit('HGNetV2Encoder', { stages: list(stages) }, (x: nn.Tensor) => chain(stages, x));
  return classified(c, o, {
    type: 'HGNetV2',
    parts: { embedder, encoder },
    run: (x) => encoder(embedder(x)),
    flat: true,
    take: means,
    width: c.ints('hidden_sizes')?.at(-1) ?? (outs.at(-1) as number),
    head: 'fc',
  });
};

export const families: Readonly<Record<string, Builder>> = { hgnet_v2: hgnetV2 };
