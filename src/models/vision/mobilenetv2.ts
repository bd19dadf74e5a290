import * as nn from '../../torch/nn/index.js';
import { functional as F } from '../../torch/nn/index.js';
import { type ClassifierOptions, Conv2dNormActivation, makeDivisible, relu6, withDefaults } from './blocks.js';

export interface MobileNetV2Options extends ClassifierOptions {
  /** Multiplies the channels of every layer. */
  readonly width_mult?: number;
  /** Channels are rounded to a multiple of it. */
  readonly round_nearest?: number;
  readonly dropout?: number;
}

/** 1×1 up, depthwise 3×3, 1×1 down without activation; a residual where shapes allow. */
class InvertedResidual extends nn.Module {
  static override readonly type: string = 'torchvision.models.mobilenetv2.InvertedResidual';
  conv: nn.Sequential;
  readonly use_res_connect: boolean;

  constructor(channels: number, out: number, stride: number, expand: number) {
    super();
    const hidden = Math.round(channels * expand);
    this.conv = new nn.Sequential(
      ...(expand === 1 ? [] : [new Conv2dNormActivation(channels, hidden, 1, { activation: relu6 })]),
      new Conv2dNormActivation(hidden, hidden, 3, { stride, groups: hidden, activation: relu6 }),
      new nn.Conv2d(hidden, out, 1, { bias: false }),
      new nn.BatchNorm2d(out),
    );
    this.use_res_connect = stride === 1 && channels === out;
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.use_res_connect ? x.add(this.conv(x)) : this.conv(x);
  }
}

/** Stages of inverted residuals: expansion, channels, blocks, stride of the first block. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** Inverted residuals (Sandler 2018); (N, 3, H, W) → (N, num_classes). */
export class MobileNetV2 extends nn.Module {
  static override readonly type: string = 'torchvision.models.mobilenetv2.MobileNetV2';
  features: nn.Sequential;
  classifier: nn.Sequential;

  constructor(options: MobileNetV2Options = {}) {
    super();
    const defaults = { num_classes: 1000, width_mult: 1, round_nearest: 8, dropout: 0.2 };
    const { num_classes, width_mult, round_nearest, dropout } = withDefaults('MobileNetV2', options, defaults);
    let channels = makeDivisible(32 * width_mult, round_nearest);
    const last = makeDivisible(1280 * Math.max(1, width_mult), round_nearest);
    this.features = new nn.Sequential(new Conv2dNormActivation(3, channels, 3, { stride: 2, activation: relu6 }));
    for (const [expand, width, blocks, stride] of STAGES) {
      const out = makeDivisible(width * width_mult, round_nearest);
      for (let i = 0; i < blocks; i++) {
        this.features.append(new InvertedResidual(channels, out, i === 0 ? stride : 1, expand));
        channels = out;
      }
    }
    this.features.append(new Conv2dNormActivation(channels, last, 1, { activation: relu6 }));
    this.classifier = new nn.Sequential(new nn.Dropout(dropout), new nn.Linear(last, num_classes));
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.classifier(F.adaptive_avg_pool2d(this.features(x), [1, 1]).flatten(1));
  }
}

export function mobilenet_v2(options: MobileNetV2Options = {}): MobileNetV2 {
  return new MobileNetV2(options);
}
