import * as nn from '../../torch/nn/index.js';
import { functional as F } from '../../torch/nn/index.js';
import {
  type ClassifierOptions,
  Conv2dNormActivation,
  gelu,
  Permute,
  StochasticDepth,
  withDefaults,
} from './blocks.js';

export interface ConvNeXtOptions extends ClassifierOptions {
  readonly stochastic_depth_prob?: number;
}

/** Layer norm over the channels of (N, C, H, W). */
class LayerNorm2d extends nn.LayerNorm {
  static override readonly type: string = 'torchvision.models.convnext.LayerNorm2d';

  override forward(x: nn.Tensor): nn.Tensor {
    const { weight, bias } = this;
    return F.layer_norm(x.permute(0, 2, 3, 1), this.normalized_shape, { weight, bias }).permute(0, 3, 1, 2);
  }
}

const EPS = 1e-6;
const norm = (channels: number) => new LayerNorm2d(channels, { eps: EPS });

class CNBlock extends nn.Module {
  static override readonly type: string = 'torchvision.models.convnext.CNBlock';
  layer_scale: nn.Parameter;
  block: nn.Sequential;
  stochastic_depth: StochasticDepth;

  constructor(dim: number, drop: number) {
    super();
    this.block = new nn.Sequential(
      new nn.Conv2d(dim, dim, 7, { padding: 3, groups: dim }),
      new Permute([0, 2, 3, 1]),
      new nn.LayerNorm(dim, { eps: EPS }),
      new nn.Linear(dim, 4 * dim),
      gelu(),
      new nn.Linear(4 * dim, dim),
      new Permute([0, 3, 1, 2]),
    );
    this.layer_scale = new nn.Parameter([dim, 1, 1]);
    this.stochastic_depth = new StochasticDepth(drop);
  }

  forward(x: nn.Tensor): nn.Tensor {
    const out = this.layer_scale.mul(this.block(x));
    return this.stochastic_depth(out).add_(x);
  }
}

/** Blocks of each stage, and the stages' channels. */
interface Recipe {
  readonly depths: readonly number[];
  readonly widths: readonly number[];
  readonly drop: number;
}

/** A convolutional network with the habits of transformers (Liu 2022); (N, 3, H, W) → (N, num_classes). */
export class ConvNeXt extends nn.Module {
  static override readonly type: string = 'torchvision.models.convnext.ConvNeXt';
  features: nn.Sequential;
  avgpool: nn.AdaptiveAvgPool2d;
  classifier: nn.Sequential;

  constructor({ depths, widths, drop }: Recipe, options: ConvNeXtOptions = {}) {
    super();
    const { num_classes, stochastic_depth_prob } = withDefaults('ConvNeXt', options, {
      num_classes: 1000,
      stochastic_depth_prob: drop,
    });
    const [stem = 96] = widths;
    const total = depths.reduce((sum, depth) => sum + depth, 0);
    const patches = { stride: 4, padding: 0, norm, activation: null, bias: true };
    this.features = new nn.Sequential(new Conv2dNormActivation(3, stem, 4, patches));
    let built = 0;
    for (const [i, width] of widths.entries()) {
      const depth = depths[i] ?? 0;
      const blocks = Array.from(
        { length: depth },
        () => new CNBlock(width, (stochastic_depth_prob * built++) / (total - 1)),
      );
      this.features.append(new nn.Sequential(...blocks));
      const next = widths[i + 1];
      if (next !== undefined)
        this.features.append(new nn.Sequential(norm(width), new nn.Conv2d(width, next, 2, { stride: 2 })));
    }
    const last = widths.at(-1) ?? stem;
    this.avgpool = new nn.AdaptiveAvgPool2d(1);
    this.classifier = new nn.Sequential(norm(last), new nn.Flatten(1), new nn.Linear(last, num_classes));
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.classifier(this.avgpool(this.features(x)));
  }
}

export function convnext_tiny(options: ConvNeXtOptions = {}): ConvNeXt {
  return new ConvNeXt({ depths: [3, 3, 9, 3], widths: [96, 192, 384, 768], drop: 0.1 }, options);
}
export function convnext_small(options: ConvNeXtOptions = {}): ConvNeXt {
  return new ConvNeXt({ depths: [3, 3, 27, 3], widths: [96, 192, 384, 768], drop: 0.4 }, options);
}
export function convnext_base(options: ConvNeXtOptions = {}): ConvNeXt {
  return new ConvNeXt({ depths: [3, 3, 27, 3], widths: [128, 256, 512, 1024], drop: 0.5 }, options);
}
export function convnext_large(options: ConvNeXtOptions = {}): ConvNeXt {
  return new ConvNeXt({ depths: [3, 3, 27, 3], widths: [192, 384, 768, 1536], drop: 0.5 }, options);
}
