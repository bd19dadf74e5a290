import * as nn from '../../torch/nn/index.js';
import { functional as F } from '../../torch/nn/index.js';
import { type ClassifierOptions, withDefaults } from './blocks.js';
import { normalizeAgain } from './inception.js';

export interface GoogLeNetOptions extends ClassifierOptions {
  /** Two further classifiers that only training runs; their parameters are the model's all the same. */
  readonly aux_logits?: boolean;
  /** Undoes ImageNet's normalisation in favour of the one of the original weights. */
  readonly transform_input?: boolean;
  readonly dropout?: number;
  readonly dropout_aux?: number;
}

class BasicConv2d extends nn.Module {
  static override readonly type: string = 'torchvision.models.googlenet.BasicConv2d';
  conv: nn.Conv2d;
  bn: nn.BatchNorm2d;

  constructor(channels: number, out: number, kernel: number, { stride = 1, padding = 0 } = {}) {
    super();
    this.conv = new nn.Conv2d(channels, out, kernel, { stride, padding, bias: false });
    this.bn = new nn.BatchNorm2d(out, { eps: 0.001 });
  }

  forward(x: nn.Tensor): nn.Tensor {
    return F.relu(this.bn(this.conv(x)), true);
  }
}

/** Widths of a module: 1×1; 3×3 and its reduction; the second 3×3 (5×5 in the paper) and its reduction; pool's projection. */
type Widths = readonly [number, number, number, number, number, number];

class Inception extends nn.Module {
  static override readonly type: string = 'torchvision.models.googlenet.Inception';
  branch1: BasicConv2d;
  branch2: nn.Sequential;
  branch3: nn.Sequential;
  branch4: nn.Sequential;

  constructor(channels: number, [ch1, red3, ch3, red5, ch5, pool]: Widths) {
    super();
    this.branch1 = new BasicConv2d(channels, ch1, 1);
    this.branch2 = new nn.Sequential(new BasicConv2d(channels, red3, 1), new BasicConv2d(red3, ch3, 3, { padding: 1 }));
    // The paper has a 5×5 here; the published weights were trained with 3×3, and torchvision keeps to them.
    this.branch3 = new nn.Sequential(new BasicConv2d(channels, red5, 1), new BasicConv2d(red5, ch5, 3, { padding: 1 }));
    this.branch4 = new nn.Sequential(
      new nn.MaxPool2d(3, { stride: 1, padding: 1, ceil_mode: true }),
      new BasicConv2d(channels, pool, 1),
    );
  }

  forward(x: nn.Tensor): nn.Tensor {
    return F.cat([this.branch1(x), this.branch2(x), this.branch3(x), this.branch4(x)], 1);
  }
}

class InceptionAux extends nn.Module {
  static override readonly type: string = 'torchvision.models.googlenet.InceptionAux';
  conv: BasicConv2d;
  fc1: nn.Linear;
  fc2: nn.Linear;
  dropout: nn.Dropout;

  constructor(channels: number, num_classes: number, dropout: number) {
    super();
    this.conv = new BasicConv2d(channels, 128, 1);
    this.fc1 = new nn.Linear(2048, 1024);
    this.fc2 = new nn.Linear(1024, num_classes);
    this.dropout = new nn.Dropout(dropout);
  }

  forward(x: nn.Tensor): nn.Tensor {
    const features = this.conv(F.adaptive_avg_pool2d(x, [4, 4])).flatten(1);
    return this.fc2(this.dropout(F.relu(this.fc1(features), true)));
  }
}

/** Going deeper with convolutions (Szegedy 2014), with batch norm; (N, 3, H, W) → (N, num_classes). */
export class GoogLeNet extends nn.Module {
  static override readonly type: string = 'torchvision.models.googlenet.GoogLeNet';
  readonly transform_input: boolean;
  conv1: nn.Module;
  maxpool1: nn.MaxPool2d;
  conv2: nn.Module;
  conv3: nn.Module;
  maxpool2: nn.MaxPool2d;
  inception3a: nn.Module;
  inception3b: nn.Module;
  maxpool3: nn.MaxPool2d;
  inception4a: nn.Module;
  inception4b: nn.Module;
  inception4c: nn.Module;
  inception4d: nn.Module;
  inception4e: nn.Module;
  maxpool4: nn.MaxPool2d;
  inception5a: nn.Module;
  inception5b: nn.Module;
  aux1: nn.Module | null;
  aux2: nn.Module | null;
  avgpool: nn.AdaptiveAvgPool2d;
  dropout: nn.Dropout;
  fc: nn.Linear;

  constructor(options: GoogLeNetOptions = {}) {
    super();
    const { num_classes, aux_logits, transform_input, dropout, dropout_aux } = withDefaults('GoogLeNet', options, {
      num_classes: 1000,
      aux_logits: true,
      transform_input: false,
      dropout: 0.2,
      dropout_aux: 0.7,
    });
    this.transform_input = transform_input;
    this.conv1 = new BasicConv2d(3, 64, 7, { stride: 2, padding: 3 });
    this.maxpool1 = new nn.MaxPool2d(3, { stride: 2, ceil_mode: true });
    this.conv2 = new BasicConv2d(64, 64, 1);
    this.conv3 = new BasicConv2d(64, 192, 3, { padding: 1 });
    this.maxpool2 = new nn.MaxPool2d(3, { stride: 2, ceil_mode: true });
    this.inception3a = new Inception(192, [64, 96, 128, 16, 32, 32]);
    this.inception3b = new Inception(256, [128, 128, 192, 32, 96, 64]);
    this.maxpool3 = new nn.MaxPool2d(3, { stride: 2, ceil_mode: true });
    this.inception4a = new Inception(480, [192, 96, 208, 16, 48, 64]);
    this.inception4b = new Inception(512, [160, 112, 224, 24, 64, 64]);
    this.inception4c = new Inception(512, [128, 128, 256, 24, 64, 64]);
    this.inception4d = new Inception(512, [112, 144, 288, 32, 64, 64]);
    this.inception4e = new Inception(528, [256, 160, 320, 32, 128, 128]);
    this.maxpool4 = new nn.MaxPool2d(2, { stride: 2, ceil_mode: true });
    this.inception5a = new Inception(832, [256, 160, 320, 32, 128, 128]);
    this.inception5b = new Inception(832, [384, 192, 384, 48, 128, 128]);
    this.aux1 = aux_logits ? new InceptionAux(512, num_classes, dropout_aux) : null;
    this.aux2 = aux_logits ? new InceptionAux(528, num_classes, dropout_aux) : null;
    this.avgpool = new nn.AdaptiveAvgPool2d([1, 1]);
    this.dropout = new nn.Dropout(dropout);
    this.fc = new nn.Linear(1024, num_classes);
  }

  forward(input: nn.Tensor): nn.Tensor {
    const x = this.transform_input ? normalizeAgain(input) : input;
    let out = this.maxpool1(this.conv1(x));
    out = this.maxpool2(this.conv3(this.conv2(out)));
    out = this.maxpool3(this.inception3b(this.inception3a(out)));
    out = this.inception4a(out);
    if (this.training) this.aux1?.(out);
    out = this.inception4d(this.inception4c(this.inception4b(out)));
    if (this.training) this.aux2?.(out);
    out = this.maxpool4(this.inception4e(out));
    out = this.inception5b(this.inception5a(out));
    return this.fc(this.dropout(this.avgpool(out).flatten(1)));
  }
}

export function googlenet(options: GoogLeNetOptions = {}): GoogLeNet {
  return new GoogLeNet(options);
}
