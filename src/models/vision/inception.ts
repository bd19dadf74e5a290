import * as nn from '../../torch/nn/index.js';
import { functional as F } from '../../torch/nn/index.js';
import { type ClassifierOptions, withDefaults } from './blocks.js';

export interface InceptionOptions extends ClassifierOptions {
  /** Another classifier that only training runs; its parameters are the model's all the same. */
  readonly aux_logits?: boolean;
  /** Undoes ImageNet's normalisation in favour of the one of the original weights. */
  readonly transform_input?: boolean;
  readonly dropout?: number;
}

/** Each channel scaled and shifted from ImageNet's mean and deviation to ½ and ½. */
export function normalizeAgain(x: nn.Tensor): nn.Tensor {
  const [std, mean] = [
    [0.229, 0.224, 0.225],
    [0.485, 0.456, 0.406],
  ] as const;
  const channels = std.map((s, i) =>
    x
      .select(1, i)
      .unsqueeze(1)
      .mul(s / 0.5)
      .add(((mean[i] ?? 0) - 0.5) / 0.5),
  );
  return F.cat(channels, 1);
}

type Pair = readonly [number, number];
interface ConvOptions {
  readonly stride?: number;
  readonly padding?: number | Pair;
}

class BasicConv2d extends nn.Module {
  static override readonly type: string = 'torchvision.models.inception.BasicConv2d';
  conv: nn.Conv2d;
  bn: nn.BatchNorm2d;

  constructor(channels: number, out: number, kernel: number | Pair, { stride = 1, padding = 0 }: ConvOptions = {}) {
    super();
    this.conv = new nn.Conv2d(channels, out, kernel, { stride, padding, bias: false });
    this.bn = new nn.BatchNorm2d(out, { eps: 0.001 });
  }

  forward(x: nn.Tensor): nn.Tensor {
    return F.relu(this.bn(this.conv(x)), true);
  }
}

const point = (channels: number, out: number) => new BasicConv2d(channels, out, 1);
/** 1×n and n×1, keeping extents. */
const wide = (channels: number, out: number, n: number) =>
  new BasicConv2d(channels, out, [1, n], { padding: [0, (n - 1) / 2] });
const tall = (channels: number, out: number, n: number) =>
  new BasicConv2d(channels, out, [n, 1], { padding: [(n - 1) / 2, 0] });
const averaged = (x: nn.Tensor) => F.avg_pool2d(x, 3, { stride: 1, padding: 1 });

class InceptionA extends nn.Module {
  static override readonly type: string = 'torchvision.models.inception.InceptionA';
  branch1x1: BasicConv2d;
  branch5x5_1: BasicConv2d;
  branch5x5_2: BasicConv2d;
  branch3x3dbl_1: BasicConv2d;
  branch3x3dbl_2: BasicConv2d;
  branch3x3dbl_3: BasicConv2d;
  branch_pool: BasicConv2d;

  constructor(channels: number, pool_features: number) {
    super();
    this.branch1x1 = point(channels, 64);
    this.branch5x5_1 = point(channels, 48);
    this.branch5x5_2 = new BasicConv2d(48, 64, 5, { padding: 2 });
    this.branch3x3dbl_1 = point(channels, 64);
    this.branch3x3dbl_2 = new BasicConv2d(64, 96, 3, { padding: 1 });
    this.branch3x3dbl_3 = new BasicConv2d(96, 96, 3, { padding: 1 });
    this.branch_pool = point(channels, pool_features);
  }

  forward(x: nn.Tensor): nn.Tensor {
    const one = this.branch1x1(x);
    const five = this.branch5x5_2(this.branch5x5_1(x));
    const three = this.branch3x3dbl_3(this.branch3x3dbl_2(this.branch3x3dbl_1(x)));
    return F.cat([one, five, three, this.branch_pool(averaged(x))], 1);
  }
}

class InceptionB extends nn.Module {
  static override readonly type: string = 'torchvision.models.inception.InceptionB';
  branch3x3: BasicConv2d;
  branch3x3dbl_1: BasicConv2d;
  branch3x3dbl_2: BasicConv2d;
  branch3x3dbl_3: BasicConv2d;

  constructor(channels: number) {
    super();
    this.branch3x3 = new BasicConv2d(channels, 384, 3, { stride: 2 });
    this.branch3x3dbl_1 = point(channels, 64);
    this.branch3x3dbl_2 = new BasicConv2d(64, 96, 3, { padding: 1 });
    this.branch3x3dbl_3 = new BasicConv2d(96, 96, 3, { stride: 2 });
  }

  forward(x: nn.Tensor): nn.Tensor {
    const three = this.branch3x3(x);
    const twice = this.branch3x3dbl_3(this.branch3x3dbl_2(this.branch3x3dbl_1(x)));
    return F.cat([three, twice, F.max_pool2d(x, 3, { stride: 2 })], 1);
  }
}

class InceptionC extends nn.Module {
  static override readonly type: string = 'torchvision.models.inception.InceptionC';
  branch1x1: BasicConv2d;
  branch7x7_1: BasicConv2d;
  branch7x7_2: BasicConv2d;
  branch7x7_3: BasicConv2d;
  branch7x7dbl_1: BasicConv2d;
  branch7x7dbl_2: BasicConv2d;
  branch7x7dbl_3: BasicConv2d;
  branch7x7dbl_4: BasicConv2d;
  branch7x7dbl_5: BasicConv2d;
  branch_pool: BasicConv2d;

  constructor(channels: number, width: number) {
    super();
    this.branch1x1 = point(channels, 192);
    this.branch7x7_1 = point(channels, width);
    this.branch7x7_2 = wide(width, width, 7);
    this.branch7x7_3 = tall(width, 192, 7);
    this.branch7x7dbl_1 = point(channels, width);
    this.branch7x7dbl_2 = tall(width, width, 7);
    this.branch7x7dbl_3 = wide(width, width, 7);
    this.branch7x7dbl_4 = tall(width, width, 7);
    this.branch7x7dbl_5 = wide(width, 192, 7);
    this.branch_pool = point(channels, 192);
  }

  forward(x: nn.Tensor): nn.Tensor {
    const one = this.branch1x1(x);
    const seven = this.branch7x7_3(this.branch7x7_2(this.branch7x7_1(x)));
    let twice = this.branch7x7dbl_3(this.branch7x7dbl_2(this.branch7x7dbl_1(x)));
    twice = this.branch7x7dbl_5(this.branch7x7dbl_4(twice));
    return F.cat([one, seven, twice, this.branch_pool(averaged(x))], 1);
  }
}

class InceptionD extends nn.Module {
  static override readonly type: string = 'torchvision.models.inception.InceptionD';
  branch3x3_1: BasicConv2d;
  branch3x3_2: BasicConv2d;
  branch7x7x3_1: BasicConv2d;
  branch7x7x3_2: BasicConv2d;
  branch7x7x3_3: BasicConv2d;
  branch7x7x3_4: BasicConv2d;

  constructor(channels: number) {
    super();
    this.branch3x3_1 = point(channels, 192);
    this.branch3x3_2 = new BasicConv2d(192, 320, 3, { stride: 2 });
    this.branch7x7x3_1 = point(channels, 192);
    this.branch7x7x3_2 = wide(192, 192, 7);
    this.branch7x7x3_3 = tall(192, 192, 7);
    this.branch7x7x3_4 = new BasicConv2d(192, 192, 3, { stride: 2 });
  }

  forward(x: nn.Tensor): nn.Tensor {
    const three = this.branch3x3_2(this.branch3x3_1(x));
    const seven = this.branch7x7x3_3(this.branch7x7x3_2(this.branch7x7x3_1(x)));
    return F.cat([three, this.branch7x7x3_4(seven), F.max_pool2d(x, 3, { stride: 2 })], 1);
  }
}

class InceptionE extends nn.Module {
  static override readonly type: string = 'torchvision.models.inception.InceptionE';
  branch1x1: BasicConv2d;
  branch3x3_1: BasicConv2d;
  branch3x3_2a: BasicConv2d;
  branch3x3_2b: BasicConv2d;
  branch3x3dbl_1: BasicConv2d;
  branch3x3dbl_2: BasicConv2d;
  branch3x3dbl_3a: BasicConv2d;
  branch3x3dbl_3b: BasicConv2d;
  branch_pool: BasicConv2d;

  constructor(channels: number) {
    super();
    this.branch1x1 = point(channels, 320);
    this.branch3x3_1 = point(channels, 384);
    this.branch3x3_2a = wide(384, 384, 3);
    this.branch3x3_2b = tall(384, 384, 3);
    this.branch3x3dbl_1 = point(channels, 448);
    this.branch3x3dbl_2 = new BasicConv2d(448, 384, 3, { padding: 1 });
    this.branch3x3dbl_3a = wide(384, 384, 3);
    this.branch3x3dbl_3b = tall(384, 384, 3);
    this.branch_pool = point(channels, 192);
  }

  forward(x: nn.Tensor): nn.Tensor {
    const one = this.branch1x1(x);
    const reduced = this.branch3x3_1(x);
    const three = F.cat([this.branch3x3_2a(reduced), this.branch3x3_2b(reduced)], 1);
    const deep = this.branch3x3dbl_2(this.branch3x3dbl_1(x));
    const twice = F.cat([this.branch3x3dbl_3a(deep), this.branch3x3dbl_3b(deep)], 1);
    return F.cat([one, three, twice, this.branch_pool(averaged(x))], 1);
  }
}

class InceptionAux extends nn.Module {
  static override readonly type: string = 'torchvision.models.inception.InceptionAux';
  conv0: BasicConv2d;
  conv1: BasicConv2d;
  fc: nn.Linear;

  constructor(channels: number, num_classes: number) {
    super();
    this.conv0 = point(channels, 128);
    this.conv1 = new BasicConv2d(128, 768, 5);
    this.fc = new nn.Linear(768, num_classes);
  }

  forward(x: nn.Tensor): nn.Tensor {
    const features = this.conv1(this.conv0(F.avg_pool2d(x, 5, { stride: 3 })));
    return this.fc(F.adaptive_avg_pool2d(features, [1, 1]).flatten(1));
  }
}

/** Rethinking the Inception architecture (Szegedy 2015), made for 299²; (N, 3, H, W) → (N, num_classes). */
export class Inception3 extends nn.Module {
  static override readonly type: string = 'torchvision.models.inception.Inception3';
  readonly transform_input: boolean;
  Conv2d_1a_3x3: nn.Module;
  Conv2d_2a_3x3: nn.Module;
  Conv2d_2b_3x3: nn.Module;
  maxpool1: nn.MaxPool2d;
  Conv2d_3b_1x1: nn.Module;
  Conv2d_4a_3x3: nn.Module;
  maxpool2: nn.MaxPool2d;
  Mixed_5b: nn.Module;
  Mixed_5c: nn.Module;
  Mixed_5d: nn.Module;
  Mixed_6a: nn.Module;
  Mixed_6b: nn.Module;
  Mixed_6c: nn.Module;
  Mixed_6d: nn.Module;
  Mixed_6e: nn.Module;
  AuxLogits: nn.Module | null;
  Mixed_7a: nn.Module;
  Mixed_7b: nn.Module;
  Mixed_7c: nn.Module;
  avgpool: nn.AdaptiveAvgPool2d;
  dropout: nn.Dropout;
  fc: nn.Linear;

  constructor(options: InceptionOptions = {}) {
    super();
    const { num_classes, aux_logits, transform_input, dropout } = withDefaults('Inception3', options, {
      num_classes: 1000,
      aux_logits: true,
      transform_input: false,
      dropout: 0.5,
    });
    this.transform_input = transform_input;
    this.Conv2d_1a_3x3 = new BasicConv2d(3, 32, 3, { stride: 2 });
    this.Conv2d_2a_3x3 = new BasicConv2d(32, 32, 3);
    this.Conv2d_2b_3x3 = new BasicConv2d(32, 64, 3, { padding: 1 });
    this.maxpool1 = new nn.MaxPool2d(3, { stride: 2 });
    this.Conv2d_3b_1x1 = point(64, 80);
    this.Conv2d_4a_3x3 = new BasicConv2d(80, 192, 3);
    this.maxpool2 = new nn.MaxPool2d(3, { stride: 2 });
    this.Mixed_5b = new InceptionA(192, 32);
    this.Mixed_5c = new InceptionA(256, 64);
    this.Mixed_5d = new InceptionA(288, 64);
    this.Mixed_6a = new InceptionB(288);
    this.Mixed_6b = new InceptionC(768, 128);
    this.Mixed_6c = new InceptionC(768, 160);
    this.Mixed_6d = new InceptionC(768, 160);
    this.Mixed_6e = new InceptionC(768, 192);
    this.AuxLogits = aux_logits ? new InceptionAux(768, num_classes) : null;
    this.Mixed_7a = new InceptionD(768);
    this.Mixed_7b = new InceptionE(1280);
    this.Mixed_7c = new InceptionE(2048);
    this.avgpool = new nn.AdaptiveAvgPool2d([1, 1]);
    this.dropout = new nn.Dropout(dropout);
    this.fc = new nn.Linear(2048, num_classes);
  }

  forward(input: nn.Tensor): nn.Tensor {
    const x = this.transform_input ? normalizeAgain(input) : input;
    let out = this.maxpool1(this.Conv2d_2b_3x3(this.Conv2d_2a_3x3(this.Conv2d_1a_3x3(x))));
    out = this.maxpool2(this.Conv2d_4a_3x3(this.Conv2d_3b_1x1(out)));
    out = this.Mixed_5d(this.Mixed_5c(this.Mixed_5b(out)));
    out = this.Mixed_6c(this.Mixed_6b(this.Mixed_6a(out)));
    out = this.Mixed_6e(this.Mixed_6d(out));
    if (this.training) this.AuxLogits?.(out);
    out = this.Mixed_7c(this.Mixed_7b(this.Mixed_7a(out)));
    return this.fc(this.dropout(this.avgpool(out)).flatten(1));
  }
}

export function inception_v3(options: InceptionOptions = {}): Inception3 {
  return new Inception3(options);
}
