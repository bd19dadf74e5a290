import * as nn from '../../../../torch/nn/index.js';
import type { Builder } from '../../blocks/model.js';
import { activation, chain, divisible, type Layer, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { classified, conv, convBlock, convNet, means, squeezed } from './convnets.js';

const F = nn.functional;

/** Python rounds halves to the even neighbour. */
function rounded(value: number): number {
  const low = Math.floor(value);
  if (value - low === 0.5) return low % 2 === 0 ? low : low + 1;
  return Math.round(value);
}

/** MobileNet v1: a depthwise and a pointwise convolution by turns. */
const mobilenetV1: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'relu6');
  const wide = (n: number): number => Math.max(Math.floor(n * c.number('depth_multiplier', 1)), c.int('min_depth', 8));
  const layer = (i: number, out: number, k: number, s: number, groups = 1): Layer =>
    convBlock('MobileNetV1ConvLayer', i, out, k, s, act, groups);
  let [depth, width] = [32, wide(32)];
  const stem = layer(c.int('num_channels', 3), width, 3, 2);
  const layers: Layer[] = [];
  for (const [n, stride] of [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1].entries()) {
    const before = width;
    if (stride === 2 || n === 0) {
      depth *= 2;
      width = wide(depth);
    }
    layers.push(layer(before, before, 3, stride, before), layer(before, width, 1, 1));
  }
  return convNet(c, o, {
    type: 'MobileNetV1',
    base: 'mobilenet_v1',
    parts: { conv_stem: stem, layer: new nn.ModuleList(layers as never) },
    run: (x) => layers.reduce((y, run) => run(y), stem(x)),
    pooled: means,
    width,
  });
};

type V2Layer = (
  i: number,
  out: number,
  k: number,
  s: number,
  more?: { groups?: number; plain?: boolean; dilation?: number },
) => Layer;

/** The first convolution and a block that is not widened, in one. */
function v2Stem(c: Config, layer: V2Layer, first: number, narrow: number): Layer {
  const start = layer(c.int('num_channels', 3), first, 3, 2);
  const expand = c.bool('first_layer_is_expansion', true) ? null : layer(first, first, 1, 1);
  const [middle, reduce] = [layer(first, first, 3, 1, { groups: first }), layer(first, narrow, 1, 1, { plain: true })];
  return unit(
    'MobileNetV2Stem',
    { first_conv: start, expand_1x1: expand, conv_3x3: middle, reduce_1x1: reduce },
    (x: nn.Tensor) => {
      const y = start(x);
      return reduce(middle(expand?.(y) ?? y));
    },
  );
}

/** Inverted residuals; once the image is as small as is asked, strides become dilations. */
function v2Blocks(c: Config, layer: V2Layer, channels: readonly number[], wider: (n: number) => number): Layer[] {
  const limit = c.size('output_stride', 32);
  let [reached, dilation] = [2, 1];
  return [2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1].map((wanted, n) => {
    const [i, out] = [channels[n] as number, channels[n + 1] as number];
    const full = reached === limit;
    const [s, d] = full ? [1, dilation] : [wanted, 1];
    if (full) dilation *= wanted;
    else reached *= wanted;
    const inner = wider(i);
    const up = layer(i, inner, 1, 1);
    const across = layer(inner, inner, 3, s, { groups: inner, dilation: d });
    const down = layer(inner, out, 1, 1, { plain: true });
    return unit(
      'MobileNetV2InvertedResidual',
      { expand_1x1: up, conv_3x3: across, reduce_1x1: down },
      (x: nn.Tensor) => {
        const y = down(across(up(x)));
        return s === 1 && i === out ? x.add(y) : y;
      },
    );
  });
}

/** MobileNet v2: wide inside, narrow between. */
const mobilenetV2: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'relu6');
  const multiplier = c.number('depth_multiplier', 1);
  const [divisor, least] = [c.size('depth_divisible_by', 8), c.int('min_depth', 8)];
  const multiple = (n: number): number => divisible(rounded(n), divisor, least);
  const wide = (n: number): number => multiple(n * multiplier);
  const layer: V2Layer = (i, out, k, s, { groups = 1, plain = false, dilation = 1 } = {}) =>
    convBlock('MobileNetV2ConvLayer', i, out, k, s, plain ? null : act, groups, {
      dilation,
      padding: Math.floor(k / 2) * dilation,
    });
  const channels = [16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320].map(wide);
  const stem = v2Stem(c, layer, wide(32), channels[0] as number);
  const layers = v2Blocks(c, layer, channels, (n) => multiple(n * c.number('expand_ratio', 6)));
  const width = c.bool('finegrained_output', true) && multiplier < 1 ? 1280 : wide(1280);
  const last = layer(channels.at(-1) as number, width, 1, 1);
  return convNet(c, o, {
    type: 'MobileNetV2',
    base: 'mobilenet_v2',
    parts: { conv_stem: stem, layer: list(layers), conv_1x1: last },
    run: (x) => last(chain(layers, stem(x))),
    pooled: means,
    width,
  });
};

/** One depthwise and one pointwise convolution, as `[kernel, channels in, channels out, stride, squeeze]` says. */
function lcnetLayer(
  c: Config,
  given: unknown,
  layer: (i: number, out: number, k: number, s: number, groups?: number) => Layer,
  wide: (n: number) => number,
): Layer {
  const [k, from, to, stride, squeeze] = Array.isArray(given) ? given : [];
  for (const n of [k, from, to, stride])
    if (!Number.isSafeInteger(n) || n < 1)
      throw c.wrong('block_configs', 'is not stages of blocks of [kernel, channels in, channels out, stride, squeeze]');
  const [i, out] = [wide(from), wide(to)];
  const [depthwise, pointwise] = [layer(i, i, k, stride, i), layer(i, out, 1, 1)];
  let excite: Layer | null = null;
  if (squeeze === true) {
    const narrow = Math.floor(i / c.size('reduction', 4));
    const [down, up] = [conv(i, narrow, 1), conv(narrow, i, 1)];
    const convolutions = new nn.ModuleList([down, new nn.ReLU(), up, new nn.Hardsigmoid()] as never);
    excite = unit('PPLCNetSqueezeExcitationModule', { convolutions }, squeezed(down, up, F.relu, F.hardsigmoid));
  }
  return unit(
    'PPLCNetDepthwiseSeparableConvLayer',
    { depthwise_convolution: depthwise, squeeze_excitation_module: excite, pointwise_convolution: pointwise },
    (x: nn.Tensor) => {
      const y = depthwise(x);
      return pointwise(excite?.(y) ?? y);
    },
  );
}

/** PP-LCNet: depthwise and pointwise convolutions, the last ones with squeeze and excitation. */
const ppLcnet: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'hardswish');
  const wide = (n: number): number => divisible(n * c.number('scale', 1), c.size('divisor', 8));
  const layer = (i: number, out: number, k: number, s: number, groups = 1): Layer =>
    convBlock('PPLCNetConvLayer', i, out, k, s, act, groups);
  const stages = c.list('block_configs') ?? [];
  const blocks = stages.map((stage) => {
    const layers = (Array.isArray(stage) ? stage : []).map((given) => lcnetLayer(c, given, layer, wide));
    return unit('PPLCNetBlock', { layers: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  });
  const end = (stages.at(-1) as number[][] | undefined)?.at(-1)?.[2];
  if (end === undefined) throw c.wrong('block_configs', 'has no blocks');
  const stem = layer(c.int('num_channels', 3), wide(c.size('stem_channels', 16)), 3, c.size('stem_stride', 2));
  const encoder = unit('PPLCNetEncoder', { convolution: stem, blocks: list(blocks) }, (x: nn.Tensor) =>
    chain(blocks, stem(x)),
  );
  const width = c.size('class_expand', 1280);
  const last = conv(wide(end), width, 1, 1, { bias: false });
  return classified(c, o, {
    type: 'PPLCNet',
    parts: { encoder },
    run: (x) => encoder(x),
    flat: true,
    extra: { last_convolution: last },
    take: (x) => act(last(F.adaptive_avg_pool2d(x, 1))).flatten(1),
    width,
    head: 'head',
  });
};

export const families: Readonly<Record<string, Builder>> = {
  mobilenet_v1: mobilenetV1,
  mobilenet_v2: mobilenetV2,
  pp_lcnet: ppLcnet,
};
