import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { activation, chain, divisible, type Layer, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { conv, convNet, means, perStage, seq } from './convnets.js';

const F = nn.functional;

/** BiT: a ResNet with group norms and standardized weights. */
const bit: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'relu');
  const depths = perStage(c, 'depths');
  const factor = c.number('width_factor', 1);
  const widths = perStage(c, 'hidden_sizes', depths.length).map((w) => divisible(w * factor, 8));
  const first = c.size('embedding_size', 64);
  const early = c.str('layer_type', 'preactivation') === 'preactivation';
  const groups = c.size('num_groups', 32);
  const norm = (dim: number): Layer => new nn.GroupNorm(groups, dim) as unknown as Layer;
  const bare = (i: number, out: number, k: number, s = 1, d = 1): Layer =>
    conv(i, out, k, s, { bias: false, dilation: d, padding: Math.floor((s - 1 + d * (k - 1)) / 2) });
  const layer = (i: number, out: number, s: number, d: number, joins: boolean): Layer => {
    const mid = Math.max(8, Math.floor(Math.floor(out / 4 + 4) / 8) * 8);
    const straight = joins ? bare(i, out, 1, s) : null;
    const after = joins && !early ? norm(out) : null;
    const downsample =
      straight === null
        ? null
        : unit('BitDownsampleConv', { conv: straight, norm: after }, (x: nn.Tensor) => {
            const y = straight(x);
            return after?.(y) ?? y;
          });
    const [conv1, conv2, conv3] = [bare(i, mid, 1), bare(mid, mid, 3, s, d), bare(mid, out, 1)];
    const [norm1, norm2, norm3] = early ? [norm(i), norm(mid), norm(mid)] : [norm(mid), norm(mid), norm(out)];
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
  };
  const limit = c.size('output_stride', 32);
  let [reached, dilation] = [4, 1];
  const stages = depths.map((depth, n) => {
    let stride = n === 0 ? 1 : 2;
    const before = dilation;
    if (reached >= limit) {
      dilation *= stride;
      stride = 1;
    }
    reached *= stride;
    const out = widths[n] as number;
    const layers = layersOf(
      depth,
      (l) =>
        l === 0
          ? layer(n === 0 ? first : (widths[n - 1] as number), out, stride, before, true)
          : layer(out, out, 1, dilation, false),
      (l) => l === 0,
    );
    return unit('BitStage', { layers: seq(...layers) }, (x: nn.Tensor) => chain(layers, x));
  });
  const encoder = unit('BitEncoder', { stages: list(stages) }, (x: nn.Tensor) => chain(stages, x));
  const convolution = bare(c.int('num_channels', 3), first, 7, 2);
  const start = early ? null : norm(first);
  const dynamic = c.bool('embedding_dynamic_padding');
  const embedder = unit('BitEmbeddings', { convolution, norm: start }, (x: nn.Tensor) => {
    const y = convolution(x);
    const padded = F.pad(start === null ? y : act(start(y)), [1, 1, 1, 1]);
    if (!dynamic) return F.max_pool2d(padded, 3, { stride: 2 });
    // So much more that every place has a window.
    const more = (length: number): number => Math.max(0, (Math.ceil(length / 2) - 1) * 2 + 3 - length);
    const [down, across] = [more(nn.int(padded.size(2))), more(nn.int(padded.size(3)))];
    const [top, left] = [Math.floor(down / 2), Math.floor(across / 2)];
    return F.max_pool2d(F.pad(padded, [left, across - left, top, down - top]), 3, { stride: 2 });
  });
  const width = widths.at(-1) as number;
  const last = early ? norm(width) : null;
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
