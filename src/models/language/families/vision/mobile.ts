import * as nn from '../../../../torch/nn/index.js';
import type { Builder } from '../../blocks/model.js';
import { activation, divisible, type Layer } from '../../blocks/parts.js';
import { type Parts, unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { classified, conv, convBlock, convNet, means } from './convnets.js';

const F = nn.functional;
type Act = (x: nn.Tensor) => nn.Tensor;

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

/** MobileNet v2: wide inside, narrow between. */
const mobilenetV2: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'relu6');
  const multiplier = c.number('depth_multiplier', 1);
  const [divisor, least] = [c.size('depth_divisible_by', 8), c.int('min_depth', 8)];
  const multiple = (n: number): number => divisible(rounded(n), divisor, least);
  const wide = (n: number): number => multiple(n * multiplier);
  const layer = (
    i: number,
    out: number,
    k: number,
    s: number,
    more: { groups?: number; plain?: boolean; dilation?: number } = {},
  ): Layer => {
    const d = more.dilation ?? 1;
    return convBlock('MobileNetV2ConvLayer', i, out, k, s, more.plain ? null : act, more.groups ?? 1, {
      dilation: d,
      padding: Math.floor(k / 2) * d,
    });
  };
  const channels = [16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320].map(wide);
  const [first, narrow] = [wide(32), channels[0] as number];
  const start = layer(c.int('num_channels', 3), first, 3, 2);
  const expand = c.bool('first_layer_is_expansion', true) ? null : layer(first, first, 1, 1);
  const [middle, reduce] = [layer(first, first, 3, 1, { groups: first }), layer(first, narrow, 1, 1, { plain: true })];
  const stem = unit(
    'MobileNetV2Stem',
    { first_conv: start, expand_1x1: expand, conv_3x3: middle, reduce_1x1: reduce },
    (x: nn.Tensor) => {
      const y = start(x);
      return reduce(middle(expand?.(y) ?? y));
    },
  );
  const limit = c.size('output_stride', 32);
  let [reached, dilation] = [2, 1];
  const layers = [2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1].map((wanted, n) => {
    const [i, out] = [channels[n] as number, channels[n + 1] as number];
    const full = reached === limit;
    const [s, d] = full ? [1, dilation] : [wanted, 1];
    if (full) dilation *= wanted;
    else reached *= wanted;
    const inner = multiple(i * c.number('expand_ratio', 6));
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
  const width = c.bool('finegrained_output', true) && multiplier < 1 ? 1280 : wide(1280);
  const last = layer(channels.at(-1) as number, width, 1, 1);
  return convNet(c, o, {
    type: 'MobileNetV2',
    base: 'mobilenet_v2',
    parts: { conv_stem: stem, layer: new nn.ModuleList(layers as never), conv_1x1: last },
    run: (x) => last(layers.reduce((y, run) => run(y), stem(x))),
    pooled: means,
    width,
  });
};

/** Channels by what two convolutions make of their means. */
function squeezed(reduce: Layer, expand: Layer, act: Act, gate: Act): Act {
  return (x) => x.mul(gate(expand(act(reduce(F.adaptive_avg_pool2d(x, 1))))));
}
/** A convolution and its batch norm, under the names given: what they are and what they do. */
function pair(convolution: [string, Layer], norm: string, width: number, act: Act | null): { parts: Parts; run: Act } {
  const batch = new nn.BatchNorm2d(width) as unknown as Layer;
  return {
    parts: { [convolution[0]]: convolution[1], [norm]: batch },
    run: (x) => {
      const y = batch(convolution[1](x));
      return act === null ? y : act(y);
    },
  };
}
function named(type: string, convolution: [string, Layer], norm: string, width: number, act: Act | null): Layer {
  const { parts, run } = pair(convolution, norm, width, act);
  return unit(type, parts, run);
}
const listOf = (c: Config, name: string): number[] => {
  const list = c.ints(name);
  if (list === null) throw c.wrong(name, 'is missing');
  return list;
};

/** EfficientNet: inverted residuals with squeeze and excitation, scaled in width and depth. */
const efficientnet: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'swish');
  const wide = (n: number): number => divisible(n * c.number('width_coefficient', 2), c.size('depth_divisor', 8));
  const repeats = (n: number): number => Math.ceil(n * c.number('depth_coefficient', 3.1));
  const [ins, outs, kernels] = [listOf(c, 'in_channels'), listOf(c, 'out_channels'), listOf(c, 'kernel_sizes')];
  const [strides, counts, ratios] = [listOf(c, 'strides'), listOf(c, 'num_block_repeats'), listOf(c, 'expand_ratios')];
  const even = c.ints('depthwise_padding') ?? [];
  const first = wide(32);
  const convolution = conv(c.int('num_channels', 3), first, 3, 2, { padding: 0, bias: false });
  const start = pair(['convolution', convolution], 'batchnorm', first, act);
  const embeddings = unit('EfficientNetEmbeddings', start.parts, (x: nn.Tensor) => start.run(F.pad(x, [0, 1, 0, 1])));
  const blocks: Layer[] = [];
  for (const [stage, from] of ins.entries())
    for (let n = 0; n < repeats(counts[stage] as number); n++) {
      const out = wide(outs[stage] as number);
      const i = n === 0 ? wide(from) : out;
      const [k, s] = [kernels[stage] as number, n === 0 ? (strides[stage] as number) : 1];
      const ratio = ratios[stage] as number;
      const inner = i * ratio;
      const expansion =
        ratio === 1
          ? null
          : named(
              'EfficientNetExpansionLayer',
              ['expand_conv', conv(i, inner, 1, 1, { bias: false })],
              'expand_bn',
              inner,
              act,
            );
      const across = conv(inner, inner, k, s, { groups: inner, bias: false, ...(s === 2 ? { padding: 0 } : {}) });
      const depthwise = named('EfficientNetDepthwiseLayer', ['depthwise_conv', across], 'depthwise_norm', inner, act);
      const half = Math.floor(k / 2);
      const before = even.includes(blocks.length) ? half : half - 1;
      const padded = (x: nn.Tensor): nn.Tensor => (s === 2 ? F.pad(x, [before, half, before, half]) : x);
      const narrow = Math.max(1, Math.floor(i * c.number('squeeze_expansion_ratio', 0.25)));
      const [reduce, expand] = [conv(inner, narrow, 1), conv(narrow, inner, 1)];
      const squeeze = unit(
        'EfficientNetSqueezeExciteLayer',
        { reduce, expand },
        squeezed(reduce, expand, act, (x) => x.sigmoid()),
      );
      const projection = named(
        'EfficientNetFinalBlockLayer',
        ['project_conv', conv(inner, out, 1, 1, { bias: false })],
        'project_bn',
        out,
        null,
      );
      blocks.push(
        unit(
          'EfficientNetBlock',
          { expansion, depthwise_conv: depthwise, squeeze_excite: squeeze, projection },
          (x: nn.Tensor) => {
            const y = projection(squeeze(depthwise(padded(expansion?.(x) ?? x))));
            return s === 1 && n > 0 ? y.add(x) : y;
          },
        ),
      );
    }
  const width = wide(1280);
  const top = conv(wide(outs.at(-1) as number), width, 1, 1, { bias: false });
  const last = pair(['top_conv', top], 'top_bn', width, act);
  const encoder = unit(
    'EfficientNetEncoder',
    { blocks: new nn.ModuleList(blocks as never), ...last.parts },
    (x: nn.Tensor) => last.run(blocks.reduce((y, run) => run(y), x)),
  );
  return convNet(c, o, {
    type: 'EfficientNet',
    base: 'efficientnet',
    parts: { embeddings, encoder },
    run: (x) => encoder(embeddings(x)),
    pooled: means,
    width: c.int('hidden_dim', width),
  });
};

/** PP-LCNet: depthwise and pointwise convolutions, the last ones with squeeze and excitation. */
const ppLcnet: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'hardswish');
  const wide = (n: number): number => divisible(n * c.number('scale', 1), c.size('divisor', 8));
  const layer = (i: number, out: number, k: number, s: number, groups = 1): Layer =>
    convBlock('PPLCNetConvLayer', i, out, k, s, act, groups);
  const block = (given: unknown): Layer => {
    const [k, from, to, stride, squeeze] = Array.isArray(given) ? given : [];
    for (const n of [k, from, to, stride])
      if (!Number.isSafeInteger(n) || n < 1)
        throw c.wrong(
          'block_configs',
          'is not stages of blocks of [kernel, channels in, channels out, stride, squeeze]',
        );
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
  };
  const stages = c.list('block_configs') ?? [];
  const blocks = stages.map((stage) => {
    const layers = (Array.isArray(stage) ? stage : []).map(block);
    return unit('PPLCNetBlock', { layers: new nn.ModuleList(layers as never) }, (x: nn.Tensor) =>
      layers.reduce((y, run) => run(y), x),
    );
  });
  const end = (stages.at(-1) as number[][] | undefined)?.at(-1)?.[2];
  if (end === undefined) throw c.wrong('block_configs', 'has no blocks');
  const stem = layer(c.int('num_channels', 3), wide(c.size('stem_channels', 16)), 3, c.size('stem_stride', 2));
  const encoder = unit(
    'PPLCNetEncoder',
    { convolution: stem, blocks: new nn.ModuleList(blocks as never) },
    (x: nn.Tensor) => blocks.reduce((y, run) => run(y), stem(x)),
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
  efficientnet,
  pp_lcnet: ppLcnet,
};
