import * as nn from '../../torch/nn/index.js';
import {
  batchNormEps,
  type ClassifierOptions,
  Conv2dNormActivation,
  hardswish,
  makeDivisible,
  relu,
  SqueezeExcitation,
  withDefaults,
} from './blocks.js';

export interface MobileNetV3Options extends ClassifierOptions {
  readonly width_mult?: number;
  readonly dropout?: number;
  /** Halves the channels of the tail. */
  readonly reduced_tail?: boolean;
  /** Dilates the last stage in place of its stride (for segmentation). */
  readonly dilated?: boolean;
}

/** One block before the width multiplier: channels in, kernel, expanded, out, gate, activation, stride, dilation. */
type Row = readonly [number, number, number, number, 'SE' | '', 'RE' | 'HS', number, number];

const norm = batchNormEps(0.001, 0.01);

class InvertedResidual extends nn.Module {
  static override readonly type: string = 'torchvision.models.mobilenetv3.InvertedResidual';
  block: nn.Sequential;
  readonly use_res_connect: boolean;

  constructor([channels, kernel, expanded, out, gate, kind, pace, dilation]: Row) {
    super();
    const activation = kind === 'HS' ? hardswish : relu;
    const stride = dilation > 1 ? 1 : pace;
    this.block = new nn.Sequential();
    if (expanded !== channels) this.block.append(new Conv2dNormActivation(channels, expanded, 1, { norm, activation }));
    this.block.append(
      new Conv2dNormActivation(expanded, expanded, kernel, { stride, dilation, groups: expanded, norm, activation }),
    );
    if (gate === 'SE')
      this.block.append(
        new SqueezeExcitation(expanded, makeDivisible(expanded / 4), undefined, () => new nn.Hardsigmoid()),
      );
    this.block.append(new Conv2dNormActivation(expanded, out, 1, { norm, activation: null }));
    this.use_res_connect = pace === 1 && channels === out;
  }

  forward(x: nn.Tensor): nn.Tensor {
    const out = this.block(x);
    return this.use_res_connect ? out.add_(x) : out;
  }
}

/** Searched inverted residuals with gates (Howard 2019); (N, 3, H, W) → (N, num_classes). */
export class MobileNetV3 extends nn.Module {
  static override readonly type: string = 'torchvision.models.mobilenetv3.MobileNetV3';
  features: nn.Sequential;
  avgpool: nn.AdaptiveAvgPool2d;
  classifier: nn.Sequential;

  constructor(rows: readonly Row[], hidden: number, { num_classes, dropout }: Required<MobileNetV3Options>) {
    super();
    const stem = rows[0]?.[0] ?? 16;
    const tail = rows.at(-1)?.[3] ?? stem;
    this.features = new nn.Sequential(
      new Conv2dNormActivation(3, stem, 3, { stride: 2, norm, activation: hardswish }),
      ...rows.map((row) => new InvertedResidual(row)),
      new Conv2dNormActivation(tail, 6 * tail, 1, { norm, activation: hardswish }),
    );
    this.avgpool = new nn.AdaptiveAvgPool2d(1);
    this.classifier = new nn.Sequential(
      new nn.Linear(6 * tail, hidden),
      new nn.Hardswish({ inplace: true }),
      new nn.Dropout(dropout, { inplace: true }),
      new nn.Linear(hidden, num_classes),
    );
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.classifier(this.avgpool(this.features(x)).flatten(1));
  }
}

/** Channels of the two published networks; the last stages take what `reduced_tail` and `dilated` make of them. */
type Rows = (tail: number, dilation: number) => readonly Row[];

function build(rows: Rows, hidden: number, given: MobileNetV3Options): MobileNetV3 {
  const options = withDefaults<Required<MobileNetV3Options>>('MobileNetV3', given, {
    num_classes: 1000,
    width_mult: 1,
    dropout: 0.2,
    reduced_tail: false,
    dilated: false,
  });
  const wide = (channels: number) => makeDivisible(channels * options.width_mult);
  const tail = options.reduced_tail ? 2 : 1;
  return new MobileNetV3(
    rows(tail, options.dilated ? 2 : 1).map(([channels, kernel, expanded, out, ...rest]) => [
      wide(channels),
      kernel,
      wide(expanded),
      wide(out),
      ...rest,
    ]),
    wide(hidden / tail),
    options,
  );
}

const LARGE: Rows = (t, d) => [
  [16, 3, 16, 16, '', 'RE', 1, 1],
  [16, 3, 64, 24, '', 'RE', 2, 1],
  [24, 3, 72, 24, '', 'RE', 1, 1],
  [24, 5, 72, 40, 'SE', 'RE', 2, 1],
  [40, 5, 120, 40, 'SE', 'RE', 1, 1],
  [40, 5, 120, 40, 'SE', 'RE', 1, 1],
  [40, 3, 240, 80, '', 'HS', 2, 1],
  [80, 3, 200, 80, '', 'HS', 1, 1],
  [80, 3, 184, 80, '', 'HS', 1, 1],
  [80, 3, 184, 80, '', 'HS', 1, 1],
  [80, 3, 480, 112, 'SE', 'HS', 1, 1],
  [112, 3, 672, 112, 'SE', 'HS', 1, 1],
  [112, 5, 672, 160 / t, 'SE', 'HS', 2, d],
  [160 / t, 5, 960 / t, 160 / t, 'SE', 'HS', 1, d],
  [160 / t, 5, 960 / t, 160 / t, 'SE', 'HS', 1, d],
];
const SMALL: Rows = (t, d) => [
  [16, 3, 16, 16, 'SE', 'RE', 2, 1],
  [16, 3, 72, 24, '', 'RE', 2, 1],
  [24, 3, 88, 24, '', 'RE', 1, 1],
  [24, 5, 96, 40, 'SE', 'HS', 2, 1],
  [40, 5, 240, 40, 'SE', 'HS', 1, 1],
  [40, 5, 240, 40, 'SE', 'HS', 1, 1],
  [40, 5, 120, 48, 'SE', 'HS', 1, 1],
  [48, 5, 144, 48, 'SE', 'HS', 1, 1],
  [48, 5, 288, 96 / t, 'SE', 'HS', 2, d],
  [96 / t, 5, 576 / t, 96 / t, 'SE', 'HS', 1, d],
  [96 / t, 5, 576 / t, 96 / t, 'SE', 'HS', 1, d],
];

export function mobilenet_v3_large(options: MobileNetV3Options = {}): MobileNetV3 {
  return build(LARGE, 1280, options);
}
export function mobilenet_v3_small(options: MobileNetV3Options = {}): MobileNetV3 {
  return build(SMALL, 1024, options);
}
