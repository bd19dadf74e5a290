import { floordiv } from '../../dim/index.js';
import * as nn from '../../torch/nn/index.js';
import { functional as F } from '../../torch/nn/index.js';
import { type ClassifierOptions, withDefaults } from './blocks.js';

export type ShuffleNetV2Options = ClassifierOptions;

/** Interleaves the channels of `groups` groups, so that the next split mixes them. */
function channelShuffle(x: nn.Tensor, groups: number): nn.Tensor {
  const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
  return x
    .view(batch, groups, floordiv(channels, groups), height, width)
    .transpose(1, 2)
    .contiguous()
    .view(batch, channels, height, width);
}

const depthwise = (channels: number, stride: number) =>
  new nn.Conv2d(channels, channels, 3, { stride, padding: 1, groups: channels, bias: false });
const pointwise = (channels: number, out: number) => new nn.Conv2d(channels, out, 1, { bias: false });
const relu = () => new nn.ReLU({ inplace: true });

/** Two branches; at stride 1 the first is half of the input as it is. */
class InvertedResidual extends nn.Module {
  static override readonly type: string = 'torchvision.models.shufflenetv2.InvertedResidual';
  readonly stride: number;
  branch1: nn.Sequential;
  branch2: nn.Sequential;

  constructor(channels: number, out: number, stride: number) {
    super();
    const half = Math.floor(out / 2);
    this.stride = stride;
    this.branch1 =
      stride > 1
        ? new nn.Sequential(
            depthwise(channels, stride),
            new nn.BatchNorm2d(channels),
            pointwise(channels, half),
            new nn.BatchNorm2d(half),
            relu(),
          )
        : new nn.Sequential();
    this.branch2 = new nn.Sequential(
      pointwise(stride > 1 ? channels : half, half),
      new nn.BatchNorm2d(half),
      relu(),
      depthwise(half, stride),
      new nn.BatchNorm2d(half),
      pointwise(half, half),
      new nn.BatchNorm2d(half),
      relu(),
    );
  }

  forward(x: nn.Tensor): nn.Tensor {
    if (this.stride > 1) return channelShuffle(F.cat([this.branch1(x), this.branch2(x)], 1), 2);
    const [kept, changed] = x.chunk(2, 1) as [nn.Tensor, nn.Tensor];
    return channelShuffle(F.cat([kept, this.branch2(changed)], 1), 2);
  }
}

/** Channel splits and shuffles (Ma 2018); (N, 3, H, W) → (N, num_classes). */
export class ShuffleNetV2 extends nn.Module {
  static override readonly type: string = 'torchvision.models.shufflenetv2.ShuffleNetV2';
  conv1: nn.Sequential;
  maxpool: nn.MaxPool2d;
  stage2: nn.Sequential;
  stage3: nn.Sequential;
  stage4: nn.Sequential;
  conv5: nn.Sequential;
  fc: nn.Linear;

  /** `widths`: channels of the three stages and of the last convolution. */
  constructor(widths: readonly [number, number, number, number], options: ShuffleNetV2Options = {}) {
    super();
    const { num_classes } = withDefaults('ShuffleNetV2', options, { num_classes: 1000 });
    const stem = 24;
    const stage = (channels: number, out: number, repeats: number) =>
      new nn.Sequential(
        ...Array.from({ length: repeats }, (_, i) =>
          i === 0 ? new InvertedResidual(channels, out, 2) : new InvertedResidual(out, out, 1),
        ),
      );
    this.conv1 = new nn.Sequential(
      new nn.Conv2d(3, stem, 3, { stride: 2, padding: 1, bias: false }),
      new nn.BatchNorm2d(stem),
      relu(),
    );
    this.maxpool = new nn.MaxPool2d(3, { stride: 2, padding: 1 });
    this.stage2 = stage(stem, widths[0], 4);
    this.stage3 = stage(widths[0], widths[1], 8);
    this.stage4 = stage(widths[1], widths[2], 4);
    this.conv5 = new nn.Sequential(pointwise(widths[2], widths[3]), new nn.BatchNorm2d(widths[3]), relu());
    this.fc = new nn.Linear(widths[3], num_classes);
  }

  forward(x: nn.Tensor): nn.Tensor {
    const out = this.stage4(this.stage3(this.stage2(this.maxpool(this.conv1(x)))));
    return this.fc(this.conv5(out).mean([2, 3]));
  }
}

export function shufflenet_v2_x0_5(options: ShuffleNetV2Options = {}): ShuffleNetV2 {
  return new ShuffleNetV2([48, 96, 192, 1024], options);
}
export function shufflenet_v2_x1_0(options: ShuffleNetV2Options = {}): ShuffleNetV2 {
  return new ShuffleNetV2([116, 232, 464, 1024], options);
}
export function shufflenet_v2_x1_5(options: ShuffleNetV2Options = {}): ShuffleNetV2 {
  return new ShuffleNetV2([176, 352, 704, 1024], options);
}
export function shufflenet_v2_x2_0(options: ShuffleNetV2Options = {}): ShuffleNetV2 {
  return new ShuffleNetV2([244, 488, 976, 2048], options);
}
