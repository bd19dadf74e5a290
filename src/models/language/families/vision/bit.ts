import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { activation, chain, divisible, type Layer, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { conv, convNet, means, perStage, seq } from './convnets.js';

const F = nn.functional;

const isEarly = (c: Config): boolean => c.str('layer_type', 'preactivation') === 'preactivation';
const normOf = (c: Config, dim: number): Layer => new nn.GroupNorm(c.size('num_groups', 32), dim) as unknown as Layer;
/** A convolution without bias, `d` places between its taps. */
const bare = (i: number, out: number, k: number, s = 1, d = 1): Layer =>
  conv(i, out, k, s, { bias: false, dilation: d, padding: Math.floor((s - 1 + d * (k - 1)) / 2) });

interface LayerSizes {
  readonly from: number;
  readonly to: number;
  readonly stride: number;
  readonly dilation: number;
}

/** The way around a layer that changes the map: a projection, with a norm where norms come after convolutions. */
function downsampleOf(c: Config, { from, to, stride }: LayerSizes): Layer {
  const straight = bare(from, to, 1, stride);
  const after = isEarly(c) ? null : normOf(c, to);
  return unit('BitDownsampleConv', { conv: straight, norm: after }, (x: nn.Tensor) => {
    const y = straight(x);
    return after?.(y) ?? y;
  });
}

/** A bottleneck; `joins` where its map differs from the one that comes in. */
function layerOf(c: Config, sizes: LayerSizes, joins: boolean): Layer {
  const { from, to, stride, dilation } = sizes;
  const early = isEarly(c);
  const act = activation(c, 'hidden_act', 'relu');
  const mid = Math.max(8, Math.floor(Math.floor(to / 4 + 4) / 8) * 8);
  const downsample = joins ? downsampleOf(c, sizes) : null;
  const [conv1, conv2, conv3] = [bare(from, mid, 1), bare(mid, mid, 3, stride, dilation), bare(mid, to, 1)];
  const norms = early ? [from, mid, mid] : [mid, mid, to];
  const [norm1, norm2, norm3] = norms.map((dim) => normOf(c, dim)) as [Layer, Layer, Layer];
  return unit(
    early ? 'BitPreActivationBottleneckLayer' : 'BitBottleneckLayer',
    { downsample, norm1, conv1, norm2, conv2, norm3, conv3 },
    (x: nn.Tensor) => {
      if (!early) {
        const y = norm3(conv3(act(norm2(conv2(act(norm1(conv1(x))))))));
        return act(y.add(downsample?.(x) ?? x));
      }
      const ready = act(norm1(x));
      const y = conv3(act(norm3(conv2(act(norm2(conv1(ready)))))));
      return y.add(downsample?.(ready) ?? x);
    },
  );
}

/** Four times smaller: a convolution and a pool, whose padding the configuration may make large enough for every place. */
function embedderOf(c: Config, width: number): Layer {
  const act = activation(c, 'hidden_act', 'relu');
  const convolution = bare(c.int('num_channels', 3), width, 7, 2);
  const norm = isEarly(c) ? null : normOf(c, width);
  const dynamic = c.bool('embedding_dynamic_padding');
  return unit('BitEmbeddings', { convolution, norm }, (x: nn.Tensor) => {
    const y = convolution(x);
    const padded = F.pad(norm === null ? y : act(norm(y)), [1, 1, 1, 1]);
    if (!dynamic) return F.max_pool2d(padded, 3, { stride: 2 });
    const more = (length: number): number => Math.max(0, (Math.ceil(length / 2) - 1) * 2 + 3 - length);
    const [down, across] = [more(nn.int(padded.size(2))), more(nn.int(padded.size(3)))];
    const [top, left] = [Math.floor(down / 2), Math.floor(across / 2)];
    return F.max_pool2d(F.pad(padded, [left, across - left, top, down - top]), 3, { stride: 2 });
  });
}

/** Stages, each of half the size of the one before until the output's stride is reached, and then dilated instead. */
function stagesOf(c: Config, first: number, widths: readonly number[], depths: readonly number[]): Layer[] {
  const limit = c.size('output_stride', 32);
  let [reached, dilation] = [4, 1];
  return depths.map((depth, n) => {
    let stride = n === 0 ? 1 : 2;
    const before = dilation;
    if (reached >= limit) {
      dilation *= stride;
      stride = 1;
    }
    reached *= stride;
    const to = widths[n] as number;
    const start: LayerSizes = { from: widths[n - 1] ?? first, to, stride, dilation: before };
    const rest: LayerSizes = { from: to, to, stride: 1, dilation };
    const isFirst = (l: number): boolean => l === 0;
    const layers = layersOf(depth, (l) => layerOf(c, isFirst(l) ? start : rest, isFirst(l)), isFirst);
    return unit('BitStage', { layers: seq(...layers) }, (x: nn.Tensor) => chain(layers, x));
  });
}

/** BiT: a ResNet with group norms and standardized weights. */
const bit: Builder = (c, o) => {
  const depths = perStage(c, 'depths');
  const factor = c.number('width_factor', 1);
  const widths = perStage(c, 'hidden_sizes', depths.length).map((w) => divisible(w * factor, 8));
  const first = c.size('embedding_size', 64);
  const stages = stagesOf(c, first, widths, depths);
  const encoder = unit('BitEncoder', { stages: list(stages) }, (x: nn.Tensor) => chain(stages, x));
  const embedder = embedderOf(c, first);
  const width = widths.at(-1) as number;
  const last = isEarly(c) ? normOf(c, width) : null;
  return convNet(c, o, {
    type: 'Bit',
    base: 'bit',
    parts: { embedder, encoder, norm: last },
    run: (x) => {
      const y = encoder(embedder(x));
      return last?.(y) ?? y;
    },
    pooled: means,
    width,
    wrap: (head) => seq(new nn.Flatten(), head),
  });
};

export const families: Readonly<Record<string, Builder>> = { bit };
