import * as nn from '../../torch/nn/index.js';
import { type ClassifierOptions, withDefaults } from './blocks.js';

export interface MNASNetOptions extends ClassifierOptions {
  readonly dropout?: number;
}

/** TensorFlow's momentum of 0.9997 for the running statistics, in PyTorch's words. */
const MOMENTUM = 1 - 0.9997;
const norm = (channels: number) => new nn.BatchNorm2d(channels, { momentum: MOMENTUM });
const relu = () => new nn.ReLU({ inplace: true });

class _InvertedResidual extends nn.Module {
  static override readonly type: string = 'torchvision.models.mnasnet._InvertedResidual';
  readonly apply_residual: boolean;
  layers: nn.Sequential;

  constructor(channels: number, out: number, kernel: number, stride: number, expansion: number) {
    super();
    const mid = channels * expansion;
    const padding = Math.floor(kernel / 2);
    this.apply_residual = channels === out && stride === 1;
    this.layers = new nn.Sequential(
      new nn.Conv2d(channels, mid, 1, { bias: false }),
      norm(mid),
      relu(),
      new nn.Conv2d(mid, mid, kernel, { padding, stride, groups: mid, bias: false }),
      norm(mid),
      relu(),
      new nn.Conv2d(mid, out, 1, { bias: false }),
      norm(out),
    );
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.apply_residual ? this.layers(x).add(x) : this.layers(x);
  }
}

function stack(
  channels: number,
  out: number,
  kernel: number,
  stride: number,
  expansion: number,
  repeats: number,
): nn.Sequential {
  return new nn.Sequential(
    ...Array.from({ length: repeats }, (_, i) =>
      i === 0
        ? new _InvertedResidual(channels, out, kernel, stride, expansion)
        : new _InvertedResidual(out, out, kernel, 1, expansion),
    ),
  );
}

/** The multiple of 8 nearest to `value`; up where that would lose more than a tenth. */
function nearestEight(value: number): number {
  const near = Math.max(8, Math.floor((value + 4) / 8) * 8);
  return near >= 0.9 * value ? near : near + 8;
}

/** Searched for speed on phones (Tan 2018); `alpha` scales the channels; (N, 3, H, W) → (N, num_classes). */
export class MNASNet extends nn.Module {
  static override readonly type: string = 'torchvision.models.mnasnet.MNASNet';
  layers: nn.Sequential;
  classifier: nn.Sequential;

  constructor(alpha: number, options: MNASNetOptions = {}) {
    super();
    const { num_classes, dropout } = withDefaults('MNASNet', options, { num_classes: 1000, dropout: 0.2 });
    const at = (width: number) => nearestEight(width * alpha);
    const stem = at(32);
    this.layers = new nn.Sequential(
      new nn.Conv2d(3, stem, 3, { padding: 1, stride: 2, bias: false }),
      norm(stem),
      relu(),
      new nn.Conv2d(stem, stem, 3, { padding: 1, groups: stem, bias: false }),
      norm(stem),
      relu(),
      new nn.Conv2d(stem, at(16), 1, { bias: false }),
      norm(at(16)),
      stack(at(16), at(24), 3, 2, 3, 3),
      stack(at(24), at(40), 5, 2, 3, 3),
      stack(at(40), at(80), 5, 2, 6, 3),
      stack(at(80), at(96), 3, 1, 6, 2),
      stack(at(96), at(192), 5, 2, 6, 4),
      stack(at(192), at(320), 3, 1, 6, 1),
      new nn.Conv2d(at(320), 1280, 1, { bias: false }),
      norm(1280),
      relu(),
    );
    this.classifier = new nn.Sequential(new nn.Dropout(dropout, { inplace: true }), new nn.Linear(1280, num_classes));
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.classifier(this.layers(x).mean([2, 3]));
  }
}

export function mnasnet0_5(options: MNASNetOptions = {}): MNASNet {
  return new MNASNet(0.5, options);
}
export function mnasnet0_75(options: MNASNetOptions = {}): MNASNet {
  return new MNASNet(0.75, options);
}
export function mnasnet1_0(options: MNASNetOptions = {}): MNASNet {
  return new MNASNet(1, options);
}
export function mnasnet1_3(options: MNASNetOptions = {}): MNASNet {
  return new MNASNet(1.3, options);
}
