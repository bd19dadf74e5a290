import * as nn from '../../torch/nn/index.js';
import { type ClassifierOptions, withDefaults } from './blocks.js';

export interface AlexNetOptions extends ClassifierOptions {
  readonly dropout?: number;
}

/** Five convolutions and three linear layers (Krizhevsky 2014, "One weird trick"); (N, 3, H, W) → (N, num_classes). */
export class AlexNet extends nn.Module {
  static override readonly type: string = 'torchvision.models.alexnet.AlexNet';
  features: nn.Sequential;
  avgpool: nn.AdaptiveAvgPool2d;
  classifier: nn.Sequential;

  constructor(options: AlexNetOptions = {}) {
    super();
    const { num_classes, dropout } = withDefaults('AlexNet', options, { num_classes: 1000, dropout: 0.5 });
    const relu = () => new nn.ReLU({ inplace: true });
    this.features = new nn.Sequential(
      new nn.Conv2d(3, 64, 11, { stride: 4, padding: 2 }),
      relu(),
      new nn.MaxPool2d(3, 2),
      new nn.Conv2d(64, 192, 5, { padding: 2 }),
      relu(),
      new nn.MaxPool2d(3, 2),
      new nn.Conv2d(192, 384, 3, { padding: 1 }),
      relu(),
      new nn.Conv2d(384, 256, 3, { padding: 1 }),
      relu(),
      new nn.Conv2d(256, 256, 3, { padding: 1 }),
      relu(),
      new nn.MaxPool2d(3, 2),
    );
    this.avgpool = new nn.AdaptiveAvgPool2d([6, 6]);
    this.classifier = new nn.Sequential(
      new nn.Dropout(dropout),
      new nn.Linear(256 * 6 * 6, 4096),
      relu(),
      new nn.Dropout(dropout),
      new nn.Linear(4096, 4096),
      relu(),
      new nn.Linear(4096, num_classes),
    );
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.classifier(this.avgpool(this.features(x)).flatten(1));
  }
}

export function alexnet(options: AlexNetOptions = {}): AlexNet {
  return new AlexNet(options);
}
