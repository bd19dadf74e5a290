import * as nn from '../../torch/nn/index.js';
import {
  type ClassifierOptions,
  Conv2dNormActivation,
  makeDivisible,
  relu,
  SqueezeExcitation,
  withDefaults,
} from './blocks.js';

export type RegNetOptions = ClassifierOptions;

/** The line that a network's widths follow (Radosavovic 2020): block j is `w_0 + w_a·j` wide before quantisation. */
interface Line {
  readonly depth: number;
  readonly w_0: number;
  readonly w_a: number;
  /** Ratio of the widths of one stage and the next. */
  readonly w_m: number;
  readonly group_width: number;
  /** Gate width as a part of the block's input; none in the X networks. */
  readonly se_ratio?: number;
}

interface Stage {
  readonly width: number;
  readonly depth: number;
  readonly group_width: number;
}

/** Python's and PyTorch's rounding: halves go to the even neighbour. */
function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

/** Widths on the line, quantised to `w_0·w_m^k` and to multiples of 8; equal neighbours make a stage. */
function stagesOf({ depth, w_0, w_a, w_m, group_width }: Line): Stage[] {
  const stages: { width: number; depth: number }[] = [];
  for (let j = 0; j < depth; j++) {
    const power = roundHalfEven(Math.log((w_0 + w_a * j) / w_0) / Math.log(w_m));
    const width = roundHalfEven((w_0 * w_m ** power) / 8) * 8;
    const last = stages.at(-1);
    if (last?.width === width) last.depth++;
    else stages.push({ width, depth: 1 });
  }
  return stages.map(({ width, depth }) => {
    const group = Math.min(group_width, width);
    return { width: makeDivisible(width, group), depth, group_width: group };
  });
}

class SimpleStemIN extends Conv2dNormActivation {
  static override readonly type: string = 'torchvision.models.regnet.SimpleStemIN';
}

/** 1×1, grouped 3×3, gate, 1×1. */
class BottleneckTransform extends nn.Sequential {
  static override readonly type: string = 'torchvision.models.regnet.BottleneckTransform';

  constructor(channels: number, out: number, stride: number, group_width: number, se_ratio: number | undefined) {
    const groups = Math.floor(out / group_width);
    super({
      a: new Conv2dNormActivation(channels, out, 1),
      b: new Conv2dNormActivation(out, out, 3, { stride, groups }),
      // The gate is as wide as a part of the block's input, not of the layer that it weighs.
      ...(se_ratio ? { se: new SqueezeExcitation(out, roundHalfEven(se_ratio * channels), relu) } : {}),
      c: new Conv2dNormActivation(out, out, 1, { activation: null }),
    });
  }
}

class ResBottleneckBlock extends nn.Module {
  static override readonly type: string = 'torchvision.models.regnet.ResBottleneckBlock';
  proj: Conv2dNormActivation | null;
  f: BottleneckTransform;
  activation: nn.Module;

  constructor(channels: number, out: number, stride: number, group_width: number, se_ratio: number | undefined) {
    super();
    this.proj =
      channels !== out || stride !== 1
        ? new Conv2dNormActivation(channels, out, 1, { stride, activation: null })
        : null;
    this.f = new BottleneckTransform(channels, out, stride, group_width, se_ratio);
    this.activation = relu();
  }

  forward(x: nn.Tensor): nn.Tensor {
    const shortcut = this.proj?.(x) ?? x;
    return this.activation(shortcut.add(this.f(x)));
  }
}

class AnyStage extends nn.Sequential {
  static override readonly type: string = 'torchvision.models.regnet.AnyStage';
}

/** Networks from a design space of two lines (Radosavovic 2020); (N, 3, H, W) → (N, num_classes). */
export class RegNet extends nn.Module {
  static override readonly type: string = 'torchvision.models.regnet.RegNet';
  stem: Conv2dNormActivation;
  trunk_output: nn.Sequential;
  avgpool: nn.AdaptiveAvgPool2d;
  fc: nn.Linear;

  constructor(line: Line, options: RegNetOptions = {}) {
    super();
    const { num_classes } = withDefaults('RegNet', options, { num_classes: 1000 });
    let channels = 32;
    this.stem = new SimpleStemIN(3, channels, 3, { stride: 2 });
    this.trunk_output = new nn.Sequential();
    for (const [s, { width, depth, group_width }] of stagesOf(line).entries()) {
      const stage = new AnyStage();
      for (let i = 0; i < depth; i++) {
        const block = new ResBottleneckBlock(channels, width, i === 0 ? 2 : 1, group_width, line.se_ratio);
        stage.add_module(`block${s + 1}-${i}`, block);
        channels = width;
      }
      this.trunk_output.add_module(`block${s + 1}`, stage);
    }
    this.avgpool = new nn.AdaptiveAvgPool2d([1, 1]);
    this.fc = new nn.Linear(channels, num_classes);
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.fc(this.avgpool(this.trunk_output(this.stem(x))).flatten(1));
  }
}

const y = (depth: number, w_0: number, w_a: number, w_m: number, group_width: number): Line => ({
  ...x(depth, w_0, w_a, w_m, group_width),
  se_ratio: 0.25,
});
function x(depth: number, w_0: number, w_a: number, w_m: number, group_width: number): Line {
  return { depth, w_0, w_a, w_m, group_width };
}

export function regnet_y_400mf(options: RegNetOptions = {}): RegNet {
  return new RegNet(y(16, 48, 27.89, 2.09, 8), options);
}
export function regnet_y_800mf(options: RegNetOptions = {}): RegNet {
  return new RegNet(y(14, 56, 38.84, 2.4, 16), options);
}
export function regnet_y_1_6gf(options: RegNetOptions = {}): RegNet {
  return new RegNet(y(27, 48, 20.71, 2.65, 24), options);
}
export function regnet_y_3_2gf(options: RegNetOptions = {}): RegNet {
  return new RegNet(y(21, 80, 42.63, 2.66, 24), options);
}
export function regnet_y_8gf(options: RegNetOptions = {}): RegNet {
  return new RegNet(y(17, 192, 76.82, 2.19, 56), options);
}
export function regnet_y_16gf(options: RegNetOptions = {}): RegNet {
  return new RegNet(y(18, 200, 106.23, 2.48, 112), options);
}
export function regnet_y_32gf(options: RegNetOptions = {}): RegNet {
  return new RegNet(y(20, 232, 115.89, 2.53, 232), options);
}
export function regnet_y_128gf(options: RegNetOptions = {}): RegNet {
  return new RegNet(y(27, 456, 160.83, 2.52, 264), options);
}
export function regnet_x_400mf(options: RegNetOptions = {}): RegNet {
  return new RegNet(x(22, 24, 24.48, 2.54, 16), options);
}
export function regnet_x_800mf(options: RegNetOptions = {}): RegNet {
  return new RegNet(x(16, 56, 35.73, 2.28, 16), options);
}
export function regnet_x_1_6gf(options: RegNetOptions = {}): RegNet {
  return new RegNet(x(18, 80, 34.01, 2.25, 24), options);
}
export function regnet_x_3_2gf(options: RegNetOptions = {}): RegNet {
  return new RegNet(x(25, 88, 26.31, 2.25, 48), options);
}
export function regnet_x_8gf(options: RegNetOptions = {}): RegNet {
  return new RegNet(x(23, 80, 49.56, 2.88, 120), options);
}
export function regnet_x_16gf(options: RegNetOptions = {}): RegNet {
  return new RegNet(x(22, 216, 55.59, 2.1, 128), options);
}
export function regnet_x_32gf(options: RegNetOptions = {}): RegNet {
  return new RegNet(x(23, 320, 69.86, 2, 168), options);
}
