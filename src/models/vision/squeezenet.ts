import * as nn from '../../torch/nn/index.js';
import { functional as F } from '../../torch/nn/index.js';
import { type ClassifierOptions, withDefaults } from './blocks.js';

export interface SqueezeNetOptions extends ClassifierOptions {
  readonly dropout?: number;
}

/** A 1×1 squeeze, then 1×1 and 3×3 expansions side by side. */
class Fire extends nn.Module {
  static override readonly type: string = 'torchvision.models.squeezenet.Fire';
  squeeze: nn.Conv2d;
  squeeze_activation: nn.ReLU;
  expand1x1: nn.Conv2d;
  expand1x1_activation: nn.ReLU;
  expand3x3: nn.Conv2d;
  expand3x3_activation: nn.ReLU;

  constructor(channels: number, squeezed: number, expanded: number) {
    super();
    this.squeeze = new nn.Conv2d(channels, squeezed, 1);
    this.squeeze_activation = new nn.ReLU({ inplace: true });
    this.expand1x1 = new nn.Conv2d(squeezed, expanded, 1);
    this.expand1x1_activation = new nn.ReLU({ inplace: true });
    this.expand3x3 = new nn.Conv2d(squeezed, expanded, 3, { padding: 1 });
    this.expand3x3_activation = new nn.ReLU({ inplace: true });
  }

  forward(x: nn.Tensor): nn.Tensor {
    const squeezed = this.squeeze_activation(this.squeeze(x));
    return F.cat(
      [this.expand1x1_activation(this.expand1x1(squeezed)), this.expand3x3_activation(this.expand3x3(squeezed))],
      1,
    );
  }
}

/** The eight fire modules; after which of them a pool stands is all that the two versions differ in, except for the stem. */
const FIRES = [
  [64, 16, 64],
  [128, 16, 64],
  [128, 32, 128],
  [256, 32, 128],
  [256, 48, 192],
  [384, 48, 192],
  [384, 64, 256],
  [512, 64, 256],
] as const;

const VERSIONS = {
  '1_0': { width: 96, kernel: 7, poolBefore: [0, 3, 7] },
  '1_1': { width: 64, kernel: 3, poolBefore: [0, 2, 4] },
} as const;

/** Small networks of fire modules (Iandola 2016); (N, 3, H, W) → (N, num_classes). */
export class SqueezeNet extends nn.Module {
  static override readonly type: string = 'torchvision.models.squeezenet.SqueezeNet';
  features: nn.Sequential;
  classifier: nn.Sequential;

  constructor(version: keyof typeof VERSIONS, options: SqueezeNetOptions = {}) {
    super();
    const { num_classes, dropout } = withDefaults('SqueezeNet', options, { num_classes: 1000, dropout: 0.5 });
    const { width, kernel, poolBefore } = VERSIONS[version];
    this.features = new nn.Sequential(new nn.Conv2d(3, width, kernel, { stride: 2 }), new nn.ReLU({ inplace: true }));
    for (const [i, [channels, squeezed, expanded]] of FIRES.entries()) {
      if (poolBefore.some((at) => at === i)) this.features.append(new nn.MaxPool2d(3, { stride: 2, ceil_mode: true }));
      this.features.append(new Fire(i === 0 ? width : channels, squeezed, expanded));
    }
    this.classifier = new nn.Sequential(
      new nn.Dropout(dropout),
      new nn.Conv2d(512, num_classes, 1),
      new nn.ReLU({ inplace: true }),
      new nn.AdaptiveAvgPool2d([1, 1]),
    );
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.classifier(this.features(x)).flatten(1);
  }
}

export function squeezenet1_0(options: SqueezeNetOptions = {}): SqueezeNet {
  return new SqueezeNet('1_0', options);
}
export function squeezenet1_1(options: SqueezeNetOptions = {}): SqueezeNet {
  return new SqueezeNet('1_1', options);
}
