import * as nn from '../../torch/nn/index.js';
import {
  batchNorm,
  batchNormEps,
  type ClassifierOptions,
  Conv2dNormActivation,
  makeDivisible,
  type Norm,
  SqueezeExcitation,
  StochasticDepth,
  silu,
  withDefaults,
} from './blocks.js';

export interface EfficientNetOptions extends ClassifierOptions {
  readonly dropout?: number;
  readonly stochastic_depth_prob?: number;
}

/** A stage: kind of block, expansion, kernel, stride of its first block, channels in and out, blocks. */
type Stage = readonly ['MB' | 'fused', number, number, number, number, number, number];

interface BlockOptions {
  readonly expand: number;
  readonly kernel: number;
  readonly stride: number;
  readonly channels: number;
  readonly out: number;
  readonly drop: number;
  readonly norm: Norm;
}

/** Expansion, depthwise convolution, gate, projection. */
class MBConv extends nn.Module {
  static override readonly type: string = 'torchvision.models.efficientnet.MBConv';
  block: nn.Sequential;
  stochastic_depth: StochasticDepth;
  readonly use_res_connect: boolean;

  constructor({ expand, kernel, stride, channels, out, drop, norm }: BlockOptions) {
    super();
    const expanded = makeDivisible(channels * expand);
    this.block = new nn.Sequential();
    if (expanded !== channels)
      this.block.append(new Conv2dNormActivation(channels, expanded, 1, { norm, activation: silu }));
    this.block.append(
      new Conv2dNormActivation(expanded, expanded, kernel, { stride, groups: expanded, norm, activation: silu }),
    );
    this.block.append(new SqueezeExcitation(expanded, Math.max(1, Math.floor(channels / 4)), silu));
    this.block.append(new Conv2dNormActivation(expanded, out, 1, { norm, activation: null }));
    this.stochastic_depth = new StochasticDepth(drop);
    this.use_res_connect = stride === 1 && channels === out;
  }

  forward(x: nn.Tensor): nn.Tensor {
    const out = this.block(x);
    return this.use_res_connect ? this.stochastic_depth(out).add_(x) : out;
  }
}

/** One dense convolution in place of expansion and depthwise convolution, and no gate. */
class FusedMBConv extends nn.Module {
  static override readonly type: string = 'torchvision.models.efficientnet.FusedMBConv';
  block: nn.Sequential;
  stochastic_depth: StochasticDepth;
  readonly use_res_connect: boolean;

  constructor({ expand, kernel, stride, channels, out, drop, norm }: BlockOptions) {
    super();
    const expanded = makeDivisible(channels * expand);
    this.block =
      expanded === channels
        ? new nn.Sequential(new Conv2dNormActivation(channels, out, kernel, { stride, norm, activation: silu }))
        : new nn.Sequential(
            new Conv2dNormActivation(channels, expanded, kernel, { stride, norm, activation: silu }),
            new Conv2dNormActivation(expanded, out, 1, { norm, activation: null }),
          );
    this.stochastic_depth = new StochasticDepth(drop);
    this.use_res_connect = stride === 1 && channels === out;
  }

  forward(x: nn.Tensor): nn.Tensor {
    const out = this.block(x);
    return this.use_res_connect ? this.stochastic_depth(out).add_(x) : out;
  }
}

interface Recipe {
  readonly stages: readonly Stage[];
  readonly norm: Norm;
  readonly dropout: number;
  /** Channels of the last convolution; four times the last stage's where left out. */
  readonly last?: number;
}

/** Mobile blocks scaled together in width, depth and extent (Tan & Le 2019, 2021); (N, 3, H, W) → (N, num_classes). */
export class EfficientNet extends nn.Module {
  static override readonly type: string = 'torchvision.models.efficientnet.EfficientNet';
  features: nn.Sequential;
  avgpool: nn.AdaptiveAvgPool2d;
  classifier: nn.Sequential;

  constructor({ stages, norm, dropout: p, last }: Recipe, options: EfficientNetOptions = {}) {
    super();
    const defaults = { num_classes: 1000, dropout: p, stochastic_depth_prob: 0.2 };
    const { num_classes, dropout, stochastic_depth_prob } = withDefaults('EfficientNet', options, defaults);
    const stem = stages[0]?.[4] ?? 32;
    const total = stages.reduce((sum, stage) => sum + stage[6], 0);
    this.features = new nn.Sequential(new Conv2dNormActivation(3, stem, 3, { stride: 2, norm, activation: silu }));
    let built = 0;
    let channels = stem;
    for (const [kind, expand, kernel, pace, first, out, blocks] of stages) {
      const stage = new nn.Sequential();
      for (let i = 0; i < blocks; i++) {
        const [stride, from] = i === 0 ? [pace, first] : [1, out];
        const drop = (stochastic_depth_prob * built++) / total;
        const block = { expand, kernel, stride, channels: from, out, drop, norm };
        stage.append(kind === 'MB' ? new MBConv(block) : new FusedMBConv(block));
      }
      this.features.append(stage);
      channels = out;
    }
    const width = last ?? 4 * channels;
    this.features.append(new Conv2dNormActivation(channels, width, 1, { norm, activation: silu }));
    this.avgpool = new nn.AdaptiveAvgPool2d(1);
    this.classifier = new nn.Sequential(new nn.Dropout(dropout, { inplace: true }), new nn.Linear(width, num_classes));
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.classifier(this.avgpool(this.features(x)).flatten(1));
  }
}

const BASE: readonly Stage[] = [
  ['MB', 1, 3, 1, 32, 16, 1],
  ['MB', 6, 3, 2, 16, 24, 2],
  ['MB', 6, 5, 2, 24, 40, 2],
  ['MB', 6, 3, 2, 40, 80, 3],
  ['MB', 6, 5, 1, 80, 112, 3],
  ['MB', 6, 5, 2, 112, 192, 4],
  ['MB', 6, 3, 1, 192, 320, 1],
];

/** The base network wider and deeper. */
function scaled(width: number, depth: number): Stage[] {
  return BASE.map(([kind, expand, kernel, stride, channels, out, blocks]) => [
    kind,
    expand,
    kernel,
    stride,
    makeDivisible(channels * width),
    makeDivisible(out * width),
    Math.ceil(blocks * depth),
  ]);
}

const tensorflow = batchNormEps(0.001, 0.01);
const version2 = batchNormEps(0.001);

export function efficientnet_b0(options: EfficientNetOptions = {}): EfficientNet {
  return new EfficientNet({ stages: scaled(1, 1), norm: batchNorm, dropout: 0.2 }, options);
}
export function efficientnet_b1(options: EfficientNetOptions = {}): EfficientNet {
  return new EfficientNet({ stages: scaled(1, 1.1), norm: batchNorm, dropout: 0.2 }, options);
}
export function efficientnet_b2(options: EfficientNetOptions = {}): EfficientNet {
  return new EfficientNet({ stages: scaled(1.1, 1.2), norm: batchNorm, dropout: 0.3 }, options);
}
export function efficientnet_b3(options: EfficientNetOptions = {}): EfficientNet {
  return new EfficientNet({ stages: scaled(1.2, 1.4), norm: batchNorm, dropout: 0.3 }, options);
}
export function efficientnet_b4(options: EfficientNetOptions = {}): EfficientNet {
  return new EfficientNet({ stages: scaled(1.4, 1.8), norm: batchNorm, dropout: 0.4 }, options);
}
export function efficientnet_b5(options: EfficientNetOptions = {}): EfficientNet {
  return new EfficientNet({ stages: scaled(1.6, 2.2), norm: tensorflow, dropout: 0.4 }, options);
}
export function efficientnet_b6(options: EfficientNetOptions = {}): EfficientNet {
  return new EfficientNet({ stages: scaled(1.8, 2.6), norm: tensorflow, dropout: 0.5 }, options);
}
export function efficientnet_b7(options: EfficientNetOptions = {}): EfficientNet {
  return new EfficientNet({ stages: scaled(2, 3.1), norm: tensorflow, dropout: 0.5 }, options);
}
export function efficientnet_v2_s(options: EfficientNetOptions = {}): EfficientNet {
  const stages: Stage[] = [
    ['fused', 1, 3, 1, 24, 24, 2],
    ['fused', 4, 3, 2, 24, 48, 4],
    ['fused', 4, 3, 2, 48, 64, 4],
    ['MB', 4, 3, 2, 64, 128, 6],
    ['MB', 6, 3, 1, 128, 160, 9],
    ['MB', 6, 3, 2, 160, 256, 15],
  ];
  return new EfficientNet({ stages, norm: version2, dropout: 0.2, last: 1280 }, options);
}
export function efficientnet_v2_m(options: EfficientNetOptions = {}): EfficientNet {
  const stages: Stage[] = [
    ['fused', 1, 3, 1, 24, 24, 3],
    ['fused', 4, 3, 2, 24, 48, 5],
    ['fused', 4, 3, 2, 48, 80, 5],
    ['MB', 4, 3, 2, 80, 160, 7],
    ['MB', 6, 3, 1, 160, 176, 14],
    ['MB', 6, 3, 2, 176, 304, 18],
    ['MB', 6, 3, 1, 304, 512, 5],
  ];
  return new EfficientNet({ stages, norm: version2, dropout: 0.3, last: 1280 }, options);
}
export function efficientnet_v2_l(options: EfficientNetOptions = {}): EfficientNet {
  const stages: Stage[] = [
    ['fused', 1, 3, 1, 32, 32, 4],
    ['fused', 4, 3, 2, 32, 64, 7],
    ['fused', 4, 3, 2, 64, 96, 7],
    ['MB', 4, 3, 2, 96, 192, 10],
    ['MB', 6, 3, 1, 192, 224, 19],
    ['MB', 6, 3, 2, 224, 384, 25],
    ['MB', 6, 3, 1, 384, 640, 7],
  ];
  return new EfficientNet({ stages, norm: version2, dropout: 0.4, last: 1280 }, options);
}
