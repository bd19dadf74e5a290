import * as nn from '../../torch/nn/index.js';
import { functional as F } from '../../torch/nn/index.js';
import { type ClassifierOptions, withDefaults } from './blocks.js';

export interface DenseNetOptions extends ClassifierOptions {
  /** Features that each layer adds. */
  readonly growth_rate?: number;
  /** Width of the 1×1 bottleneck, in growth rates. */
  readonly bn_size?: number;
  readonly drop_rate?: number;
}

interface Growth {
  readonly growth_rate: number;
  readonly bn_size: number;
  readonly drop_rate: number;
}

/** Takes everything made so far in the block and adds `growth_rate` features to it. */
class _DenseLayer extends nn.Module<[readonly nn.Tensor[]]> {
  static override readonly type: string = 'torchvision.models.densenet._DenseLayer';
  norm1: nn.BatchNorm2d;
  relu1: nn.ReLU;
  conv1: nn.Conv2d;
  norm2: nn.BatchNorm2d;
  relu2: nn.ReLU;
  conv2: nn.Conv2d;
  readonly drop_rate: number;

  constructor(channels: number, { growth_rate, bn_size, drop_rate }: Growth) {
    super();
    const width = bn_size * growth_rate;
    this.norm1 = new nn.BatchNorm2d(channels);
    this.relu1 = new nn.ReLU({ inplace: true });
    this.conv1 = new nn.Conv2d(channels, width, 1, { bias: false });
    this.norm2 = new nn.BatchNorm2d(width);
    this.relu2 = new nn.ReLU({ inplace: true });
    this.conv2 = new nn.Conv2d(width, growth_rate, 3, { padding: 1, bias: false });
    this.drop_rate = drop_rate;
  }

  forward(features: readonly nn.Tensor[]): nn.Tensor {
    const bottleneck = this.conv1(this.relu1(this.norm1(F.cat(features, 1))));
    const added = this.conv2(this.relu2(this.norm2(bottleneck)));
    return this.drop_rate > 0 ? F.dropout(added, this.drop_rate, this.training) : added;
  }
}

class _DenseBlock extends nn.Module {
  static override readonly type: string = 'torchvision.models.densenet._DenseBlock';
  readonly #layers: _DenseLayer[] = [];

  constructor(layers: number, channels: number, growth: Growth) {
    super();
    for (let i = 0; i < layers; i++) {
      const layer = new _DenseLayer(channels + i * growth.growth_rate, growth);
      this.add_module(`denselayer${i + 1}`, layer);
      this.#layers.push(layer);
    }
  }

  forward(x: nn.Tensor): nn.Tensor {
    const features = [x];
    for (const layer of this.#layers) features.push(layer(features));
    return F.cat(features, 1);
  }
}

/** Halves channels and extents between blocks. */
class _Transition extends nn.Sequential {
  static override readonly type: string = 'torchvision.models.densenet._Transition';

  constructor(channels: number, out: number) {
    super({
      norm: new nn.BatchNorm2d(channels),
      relu: new nn.ReLU({ inplace: true }),
      conv: new nn.Conv2d(channels, out, 1, { bias: false }),
      pool: new nn.AvgPool2d(2, 2),
    });
  }
}

/** Densely connected networks (Huang 2016); (N, 3, H, W) → (N, num_classes). */
export class DenseNet extends nn.Module {
  static override readonly type: string = 'torchvision.models.densenet.DenseNet';
  features: nn.Sequential;
  classifier: nn.Linear;

  constructor(blocks: readonly number[], stem: number, options: DenseNetOptions = {}) {
    super();
    const defaults = { num_classes: 1000, growth_rate: 32, bn_size: 4, drop_rate: 0 };
    const { growth_rate, bn_size, drop_rate, num_classes } = withDefaults('DenseNet', options, defaults);
    this.features = new nn.Sequential({
      conv0: new nn.Conv2d(3, stem, 7, { stride: 2, padding: 3, bias: false }),
      norm0: new nn.BatchNorm2d(stem),
      relu0: new nn.ReLU({ inplace: true }),
      pool0: new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
    });
    let channels = stem;
    for (const [i, layers] of blocks.entries()) {
      this.features.add_module(
        `denseblock${i + 1}`,
        new _DenseBlock(layers, channels, { growth_rate, bn_size, drop_rate }),
      );
      channels += layers * growth_rate;
      if (i === blocks.length - 1) break;
      const halved = Math.floor(channels / 2);
      this.features.add_module(`transition${i + 1}`, new _Transition(channels, halved));
      channels = halved;
    }
    this.features.add_module('norm5', new nn.BatchNorm2d(channels));
    this.classifier = new nn.Linear(channels, num_classes);
  }

  forward(x: nn.Tensor): nn.Tensor {
    const features = F.relu(this.features(x), true);
    return this.classifier(F.adaptive_avg_pool2d(features, [1, 1]).flatten(1));
  }
}

export function densenet121(options: DenseNetOptions = {}): DenseNet {
  return new DenseNet([6, 12, 24, 16], 64, options);
}
export function densenet161(options: DenseNetOptions = {}): DenseNet {
  return new DenseNet([6, 12, 36, 24], 96, { growth_rate: 48, ...options });
}
export function densenet169(options: DenseNetOptions = {}): DenseNet {
  return new DenseNet([6, 12, 32, 32], 64, options);
}
export function densenet201(options: DenseNetOptions = {}): DenseNet {
  return new DenseNet([6, 12, 48, 32], 64, options);
}
