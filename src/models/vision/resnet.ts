import * as nn from '../../torch/nn/index.js';
import { type ClassifierOptions, withDefaults } from './blocks.js';

export interface ResNetOptions extends ClassifierOptions {
  /** Groups of the 3×3 convolutions (ResNeXt). */
  readonly groups?: number;
  /** Channels a group has where the stage is 64 wide (ResNeXt, Wide ResNet). */
  readonly width_per_group?: number;
}

interface BlockOptions {
  readonly stride: number;
  readonly downsample: nn.Sequential | null;
  readonly groups: number;
  readonly width_per_group: number;
}
interface Block {
  readonly expansion: number;
  new (channels: number, planes: number, options: BlockOptions): nn.Module;
}

const conv3x3 = (channels: number, out: number, stride = 1, groups = 1) =>
  new nn.Conv2d(channels, out, 3, { stride, padding: 1, groups, bias: false });
const conv1x1 = (channels: number, out: number, stride = 1) => new nn.Conv2d(channels, out, 1, { stride, bias: false });

class BasicBlock extends nn.Module {
  static override readonly type: string = 'torchvision.models.resnet.BasicBlock';
  static readonly expansion = 1;
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  relu: nn.ReLU;
  conv2: nn.Conv2d;
  bn2: nn.BatchNorm2d;
  downsample: nn.Sequential | null;

  constructor(channels: number, planes: number, { stride, downsample }: BlockOptions) {
    super();
    this.conv1 = conv3x3(channels, planes, stride);
    this.bn1 = new nn.BatchNorm2d(planes);
    this.relu = new nn.ReLU({ inplace: true });
    this.conv2 = conv3x3(planes, planes);
    this.bn2 = new nn.BatchNorm2d(planes);
    this.downsample = downsample;
  }

  forward(x: nn.Tensor): nn.Tensor {
    let out = this.relu(this.bn1(this.conv1(x)));
    out = this.bn2(this.conv2(out));
    return this.relu(out.add_(this.downsample?.(x) ?? x));
  }
}

/** 1×1, 3×3, 1×1; the stride is on the 3×3 (ResNet v1.5). */
class Bottleneck extends nn.Module {
  static override readonly type: string = 'torchvision.models.resnet.Bottleneck';
  static readonly expansion = 4;
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  conv2: nn.Conv2d;
  bn2: nn.BatchNorm2d;
  conv3: nn.Conv2d;
  bn3: nn.BatchNorm2d;
  relu: nn.ReLU;
  downsample: nn.Sequential | null;

  constructor(channels: number, planes: number, options: BlockOptions) {
    super();
    const width = Math.floor(planes * (options.width_per_group / 64)) * options.groups;
    const out = planes * Bottleneck.expansion;
    this.conv1 = conv1x1(channels, width);
    this.bn1 = new nn.BatchNorm2d(width);
    this.conv2 = conv3x3(width, width, options.stride, options.groups);
    this.bn2 = new nn.BatchNorm2d(width);
    this.conv3 = conv1x1(width, out);
    this.bn3 = new nn.BatchNorm2d(out);
    this.relu = new nn.ReLU({ inplace: true });
    this.downsample = options.downsample;
  }

  forward(x: nn.Tensor): nn.Tensor {
    let out = this.relu(this.bn1(this.conv1(x)));
    out = this.relu(this.bn2(this.conv2(out)));
    out = this.bn3(this.conv3(out));
    return this.relu(out.add_(this.downsample?.(x) ?? x));
  }
}

/** Residual networks (He 2015; Xie 2016; Zagoruyko 2016); (N, 3, H, W) → (N, num_classes). */
export class ResNet extends nn.Module {
  static override readonly type: string = 'torchvision.models.resnet.ResNet';
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  relu: nn.ReLU;
  maxpool: nn.MaxPool2d;
  layer1: nn.Sequential;
  layer2: nn.Sequential;
  layer3: nn.Sequential;
  layer4: nn.Sequential;
  avgpool: nn.AdaptiveAvgPool2d;
  fc: nn.Linear;

  constructor(
    block: 'basic' | 'bottleneck',
    layers: readonly [number, number, number, number],
    options: ResNetOptions = {},
  ) {
    super();
    const defaults = { num_classes: 1000, groups: 1, width_per_group: 64 };
    const { num_classes, groups, width_per_group } = withDefaults('ResNet', options, defaults);
    const kind: Block = block === 'basic' ? BasicBlock : Bottleneck;
    let channels = 64;
    const stage = (planes: number, depth: number, stride: number) => {
      const blocks = new nn.Sequential();
      for (let i = 0; i < depth; i++) {
        const pace = i === 0 ? stride : 1;
        const out = planes * kind.expansion;
        const downsample =
          pace === 1 && channels === out
            ? null
            : new nn.Sequential(conv1x1(channels, out, pace), new nn.BatchNorm2d(out));
        blocks.append(new kind(channels, planes, { stride: pace, downsample, groups, width_per_group }));
        channels = out;
      }
      return blocks;
    };
    this.conv1 = new nn.Conv2d(3, 64, 7, { stride: 2, padding: 3, bias: false });
    this.bn1 = new nn.BatchNorm2d(64);
    this.relu = new nn.ReLU({ inplace: true });
    this.maxpool = new nn.MaxPool2d(3, { stride: 2, padding: 1 });
    this.layer1 = stage(64, layers[0], 1);
    this.layer2 = stage(128, layers[1], 2);
    this.layer3 = stage(256, layers[2], 2);
    this.layer4 = stage(512, layers[3], 2);
    this.avgpool = new nn.AdaptiveAvgPool2d([1, 1]);
    this.fc = new nn.Linear(512 * kind.expansion, num_classes);
  }

  forward(x: nn.Tensor): nn.Tensor {
    let out = this.maxpool(this.relu(this.bn1(this.conv1(x))));
    out = this.layer4(this.layer3(this.layer2(this.layer1(out))));
    return this.fc(this.avgpool(out).flatten(1));
  }
}

export function resnet18(options: ResNetOptions = {}): ResNet {
  return new ResNet('basic', [2, 2, 2, 2], options);
}
export function resnet34(options: ResNetOptions = {}): ResNet {
  return new ResNet('basic', [3, 4, 6, 3], options);
}
export function resnet50(options: ResNetOptions = {}): ResNet {
  return new ResNet('bottleneck', [3, 4, 6, 3], options);
}
export function resnet101(options: ResNetOptions = {}): ResNet {
  return new ResNet('bottleneck', [3, 4, 23, 3], options);
}
export function resnet152(options: ResNetOptions = {}): ResNet {
  return new ResNet('bottleneck', [3, 8, 36, 3], options);
}
export function resnext50_32x4d(options: ResNetOptions = {}): ResNet {
  return resnet50({ groups: 32, width_per_group: 4, ...options });
}
export function resnext101_32x8d(options: ResNetOptions = {}): ResNet {
  return resnet101({ groups: 32, width_per_group: 8, ...options });
}
export function resnext101_64x4d(options: ResNetOptions = {}): ResNet {
  return resnet101({ groups: 64, width_per_group: 4, ...options });
}
export function wide_resnet50_2(options: ResNetOptions = {}): ResNet {
  return resnet50({ width_per_group: 128, ...options });
}
export function wide_resnet101_2(options: ResNetOptions = {}): ResNet {
  return resnet101({ width_per_group: 128, ...options });
}
