import * as nn from '../../../../torch/nn/index.js';
import type { Builder } from '../../blocks/model.js';
import { type Activation as Act, activation, chain, divisible, type Layer } from '../../blocks/parts.js';
import { type Parts, unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { conv, convNet, means, perStage, squeezed } from './convnets.js';

const F = nn.functional;

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
interface EfficientBlock {
  readonly ins: number;
  readonly outs: number;
  readonly kernel: number;
  readonly stride: number;
  /** How many times as wide it is inside. */
  readonly ratio: number;
  /** Whether it is padded by the same on both sides. */
  readonly even: boolean;
  readonly residual: boolean;
}

/** Wide, along the image by depth, squeezed and excited, narrow again. */
function efficientBlock(c: Config, act: Act, b: EfficientBlock): Layer {
  const { ins, outs, kernel, stride } = b;
  const inner = ins * b.ratio;
  const pointwise = (type: string, prefix: string, from: number, to: number, own: Act | null): Layer =>
    named(type, [`${prefix}_conv`, conv(from, to, 1, 1, { bias: false })], `${prefix}_bn`, to, own);
  const expansion = b.ratio === 1 ? null : pointwise('EfficientNetExpansionLayer', 'expand', ins, inner, act);
  const more = { groups: inner, bias: false, ...(stride === 2 ? { padding: 0 } : {}) };
  const across: [string, Layer] = ['depthwise_conv', conv(inner, inner, kernel, stride, more)];
  const depthwise = named('EfficientNetDepthwiseLayer', across, 'depthwise_norm', inner, act);
  const half = Math.floor(kernel / 2);
  const before = b.even ? half : half - 1;
  const padded = (x: nn.Tensor): nn.Tensor => (stride === 2 ? F.pad(x, [before, half, before, half]) : x);
  const narrow = Math.max(1, Math.floor(ins * c.number('squeeze_expansion_ratio', 0.25)));
  const [reduce, expand] = [conv(inner, narrow, 1), conv(narrow, inner, 1)];
  const gated = squeezed(reduce, expand, act, (x) => x.sigmoid());
  const squeeze = unit('EfficientNetSqueezeExciteLayer', { reduce, expand }, gated);
  const projection = pointwise('EfficientNetFinalBlockLayer', 'project', inner, outs, null);
  return unit(
    'EfficientNetBlock',
    { expansion, depthwise_conv: depthwise, squeeze_excite: squeeze, projection },
    (x: nn.Tensor) => {
      const y = projection(squeeze(depthwise(padded(expansion?.(x) ?? x))));
      return b.residual ? y.add(x) : y;
    },
  );
}

/** The blocks of all stages; the first of a stage changes size and width. */
function efficientBlocks(c: Config, act: Act, wide: (n: number) => number): Layer[] {
  const [ins, outs, kernels] = [perStage(c, 'in_channels'), perStage(c, 'out_channels'), perStage(c, 'kernel_sizes')];
  const [strides, counts, ratios] = [
    perStage(c, 'strides'),
    perStage(c, 'num_block_repeats'),
    perStage(c, 'expand_ratios'),
  ];
  const even = c.ints('depthwise_padding') ?? [];
  const repeats = (n: number): number => Math.ceil(n * c.number('depth_coefficient', 3.1));
  const blocks: Layer[] = [];
  for (const [stage, from] of ins.entries())
    for (let n = 0; n < repeats(counts[stage] as number); n++) {
      const out = wide(outs[stage] as number);
      const stride = n === 0 ? (strides[stage] as number) : 1;
      blocks.push(
        efficientBlock(c, act, {
          ins: n === 0 ? wide(from) : out,
          outs: out,
          kernel: kernels[stage] as number,
          stride,
          ratio: ratios[stage] as number,
          even: even.includes(blocks.length),
          residual: stride === 1 && n > 0,
        }),
      );
    }
  return blocks;
}

/** EfficientNet: inverted residuals with squeeze and excitation, scaled in width and depth. */
const efficientnet: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'swish');
  const wide = (n: number): number => divisible(n * c.number('width_coefficient', 2), c.size('depth_divisor', 8));
  const first = wide(32);
  const convolution = conv(c.int('num_channels', 3), first, 3, 2, { padding: 0, bias: false });
  const start = pair(['convolution', convolution], 'batchnorm', first, act);
  const embeddings = unit('EfficientNetEmbeddings', start.parts, (x: nn.Tensor) => start.run(F.pad(x, [0, 1, 0, 1])));
  const blocks = efficientBlocks(c, act, wide);
  const width = wide(1280);
  const top = conv(wide(perStage(c, 'out_channels').at(-1) as number), width, 1, 1, { bias: false });
  const last = pair(['top_conv', top], 'top_bn', width, act);
  const encoder = unit(
    'EfficientNetEncoder',
    { blocks: new nn.ModuleList(blocks as never), ...last.parts },
    (x: nn.Tensor) => last.run(chain(blocks, x)),
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

export const families: Readonly<Record<string, Builder>> = { efficientnet };
