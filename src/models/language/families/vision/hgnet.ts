import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { type Activation, activation, chain, type Layer, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { classified, convBlock, means, perStage, seq } from './convnets.js';

const F = nn.functional;

/** A convolution with its norm, and with `on` an activation; the configuration may put a learned scale and shift behind it. */
function layerOf(c: Config, i: number, out: number, k: number, s: number, on = true, groups = 1): Layer {
  const act = activation(c, 'hidden_act', 'relu');
  const inner = convBlock('HGNetV2ConvLayer', i, out, k, s, on ? act : null, groups, {
    padding: Math.floor((k - 1) / 2),
  });
  if (!c.bool('use_learnable_affine_block') || !on) return inner;
  const [scale, bias] = [new nn.Parameter([1]), new nn.Parameter([1])];
  const lab = unit('HGNetV2LearnableAffineBlock', { scale, bias }, (x: nn.Tensor) => scale.mul(x).add(bias));
  const { convolution, normalization } = Object.fromEntries(inner.named_children()) as {
    convolution: Layer;
    normalization: Layer;
  };
  return unit('HGNetV2ConvLayer', { convolution, normalization, lab }, (x: nn.Tensor) =>
    lab(act(normalization(convolution(x)))),
  );
}

/** A pointwise convolution and a depthwise one. */
function lightLayer(c: Config, i: number, out: number, k: number): Layer {
  const [conv1, conv2] = [layerOf(c, i, out, 1, 1, false), layerOf(c, out, out, k, 1, true, out)];
  return unit('HGNetV2ConvLayerLight', { conv1, conv2 }, (x: nn.Tensor) => conv2(conv1(x)));
}

/** Four times smaller, on two ways that are joined: two convolutions, and a pool. */
function embedderOf(c: Config): Layer {
  const [first, middle, last] = perStage(c, 'stem_channels', 3) as [number, number, number];
  const [s1, s2, s3, s4, s5] = perStage(c, 'stem_strides', 5) as [number, number, number, number, number];
  const half = Math.floor(middle / 2);
  const stem1 = layerOf(c, first, middle, 3, s1);
  const [stem2a, stem2b] = [layerOf(c, middle, half, 2, s2), layerOf(c, half, middle, 2, s3)];
  const [stem3, stem4] = [layerOf(c, 2 * middle, middle, 3, s4), layerOf(c, middle, last, 1, s5)];
  const more: Activation = (x) => F.pad(x, [0, 1, 0, 1]);
  return unit('HGNetV2Embeddings', { stem1, stem2a, stem2b, stem3, stem4 }, (x: nn.Tensor) => {
    const y = more(stem1(x));
    const side = stem2b(more(stem2a(y)));
    return stem4(stem3(F.cat([F.max_pool2d(y, 2, { stride: 1, ceil_mode: true }), side], 1)));
  });
}

interface BlockSizes {
  readonly from: number;
  /** Channels of each layer, and of the block. */
  readonly mid: number;
  readonly to: number;
  readonly kernel: number;
  readonly layers: number;
  readonly light: boolean;
}

/** Layers one after the other, all of whose results are joined; from the second block on, added to the input. */
function blockOf(c: Config, { from, mid, to, kernel, layers: count, light }: BlockSizes, residual: boolean): Layer {
  const isFirst = (l: number): boolean => l === 0;
  const layers = layersOf(
    count,
    (l) => {
      const width = isFirst(l) ? from : mid;
      return light ? lightLayer(c, width, mid, kernel) : layerOf(c, width, mid, kernel, 1);
    },
    isFirst,
  );
  const narrow = Math.floor(to / 2);
  const aggregation = seq(layerOf(c, from + count * mid, narrow, 1, 1), layerOf(c, narrow, to, 1, 1));
  return unit('HGNetV2BasicLayer', { layers: list(layers), aggregation }, (x: nn.Tensor) => {
    const all = [x];
    for (const run of layers) all.push(run(all.at(-1) as nn.Tensor));
    const y = aggregation(F.cat(all, 1));
    return residual ? y.add(x) : y;
  });
}

function stagesOf(c: Config): { readonly stages: Layer[]; readonly width: number } {
  const ins = perStage(c, 'stage_in_channels');
  const each = (name: string): number[] => perStage(c, name, ins.length);
  const [mids, outs] = [each('stage_mid_channels'), each('stage_out_channels')];
  const [counts, kernels] = [each('stage_num_blocks'), each('stage_kernel_size')];
  const [lengths, paces] = [each('stage_numb_of_layers'), each('stage_downsample_strides')];
  const [downs, lights] = [c.list('stage_downsample') ?? [], c.list('stage_light_block') ?? []];
  const stages = ins.map((from, s) => {
    const at = (list: readonly number[]): number => list[s] as number;
    const downsample = downs[s] === true ? layerOf(c, from, from, 3, at(paces), false, from) : null;
    const sizes = { mid: at(mids), to: at(outs), kernel: at(kernels), layers: at(lengths), light: lights[s] === true };
    const isFirst = (b: number): boolean => b === 0;
    const blocks = layersOf(
      at(counts),
      (b) => blockOf(c, { ...sizes, from: isFirst(b) ? from : sizes.to }, !isFirst(b)),
      isFirst,
    );
    return unit('HGNetV2Stage', { downsample, blocks: list(blocks) }, (x: nn.Tensor) =>
      chain(blocks, downsample?.(x) ?? x),
    );
  });
  return { stages, width: outs.at(-1) as number };
}

/** HGNet v2: every layer of a block goes into what joins them. */
const hgnetV2: Builder = (c, o) => {
  const embedder = embedderOf(c);
  const { stages, width } = stagesOf(c);
  const encoder = unit('HGNetV2Encoder', { stages: list(stages) }, (x: nn.Tensor) => chain(stages, x));
  return classified(c, o, {
    type: 'HGNetV2',
    parts: { embedder, encoder },
    run: (x) => encoder(embedder(x)),
    flat: true,
    take: means,
    width: c.ints('hidden_sizes')?.at(-1) ?? width,
    head: 'fc',
  });
};

export const families: Readonly<Record<string, Builder>> = { hgnet_v2: hgnetV2 };
