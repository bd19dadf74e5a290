import * as nn from '../../torch/nn/index.js';
import { type ClassifierOptions, withDefaults } from './blocks.js';

export interface VGGOptions extends ClassifierOptions {
  readonly dropout?: number;
}

/** Widths of the 3×3 convolutions, stage by stage; a max pool ends each stage. */
type Stages = readonly (readonly number[])[];

const STAGES = {
  11: [[64], [128], [256, 256], [512, 512], [512, 512]],
  13: [
    [64, 64],
    [128, 128],
    [256, 256],
    [512, 512],
    [512, 512],
  ],
  16: [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ],
  19: [
    [64, 64],
    [128, 128],
    [256, 256, 256, 256],
    [512, 512, 512, 512],
    [512, 512, 512, 512],
  ],
} as const satisfies Record<number, Stages>;

/** Stacks of 3×3 convolutions (Simonyan & Zisserman 2014); (N, 3, H, W) → (N, num_classes). */
export class VGG extends nn.Module {
  static override readonly type: string = 'torchvision.models.vgg.VGG';
  features: nn.Sequential;
  avgpool: nn.AdaptiveAvgPool2d;
  classifier: nn.Sequential;

  constructor(features: nn.Sequential, options: VGGOptions = {}) {
    super();
    const { num_classes, dropout } = withDefaults('VGG', options, { num_classes: 1000, dropout: 0.5 });
    this.features = features;
    this.avgpool = new nn.AdaptiveAvgPool2d([7, 7]);
    this.classifier = new nn.Sequential(
      new nn.Linear(512 * 7 * 7, 4096),
      new nn.ReLU({ inplace: true }),
      new nn.Dropout(dropout),
      new nn.Linear(4096, 4096),
      new nn.ReLU({ inplace: true }),
      new nn.Dropout(dropout),
      new nn.Linear(4096, num_classes),
    );
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.classifier(this.avgpool(this.features(x)).flatten(1));
  }
}

function convolutions(stages: Stages, norm: boolean): nn.Sequential {
  const layers: nn.Module[] = [];
  let channels = 3;
  for (const widths of stages) {
    for (const width of widths) {
      layers.push(new nn.Conv2d(channels, width, 3, { padding: 1 }));
      if (norm) layers.push(new nn.BatchNorm2d(width));
      layers.push(new nn.ReLU({ inplace: true }));
      channels = width;
    }
    layers.push(new nn.MaxPool2d(2, 2));
  }
  return new nn.Sequential(...layers);
}

export function vgg11(options: VGGOptions = {}): VGG {
  return new VGG(convolutions(STAGES[11], false), options);
}
export function vgg11_bn(options: VGGOptions = {}): VGG {
  return new VGG(convolutions(STAGES[11], true), options);
}
export function vgg13(options: VGGOptions = {}): VGG {
  return new VGG(convolutions(STAGES[13], false), options);
}
export function vgg13_bn(options: VGGOptions = {}): VGG {
  return new VGG(convolutions(STAGES[13], true), options);
}
export function vgg16(options: VGGOptions = {}): VGG {
  return new VGG(convolutions(STAGES[16], false), options);
}
export function vgg16_bn(options: VGGOptions = {}): VGG {
  return new VGG(convolutions(STAGES[16], true), options);
}
export function vgg19(options: VGGOptions = {}): VGG {
  return new VGG(convolutions(STAGES[19], false), options);
}
export function vgg19_bn(options: VGGOptions = {}): VGG {
  return new VGG(convolutions(STAGES[19], true), options);
}
