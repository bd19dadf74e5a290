import { type Dim, exactdiv, floordiv, mul } from '../../dim/index.js';
import { ModelError } from '../../source/errors.js';
import * as nn from '../../torch/nn/index.js';
import { type Act, Bottleneck, Conv, CrossConv, DWConv, gcd, type Pair, stack, TransformerBlock } from './modules.js';
import { roundHalfEven } from './numbers.js';

type Tensor = nn.Tensor;
const { cat } = nn.functional;

/** Cross stage partial with three convolutions; the kinds differ in what half of the channels go through. */
export class C3 extends nn.Module {
  static override readonly type: string = 'models.common.C3';
  cv1: Conv;
  cv2: Conv;
  cv3: Conv;
  m: nn.Module;
  constructor(c1: number, c2: number, n = 1, shortcut = true, g = 1, e = 0.5) {
    super();
    const hidden = Math.trunc(c2 * e);
    this.cv1 = new Conv(c1, hidden, 1, 1);
    this.cv2 = new Conv(c1, hidden, 1, 1);
    this.cv3 = new Conv(2 * hidden, c2, 1);
    this.m = this.inner(hidden, n, shortcut, g);
  }
  protected inner(hidden: number, n: number, shortcut: boolean, g: number): nn.Module {
    return stack(n, () => new Bottleneck(hidden, hidden, shortcut, g, 1));
  }
  forward(x: Tensor): Tensor {
    return this.cv3(cat([this.m(this.cv1(x)), this.cv2(x)], 1));
  }
}

export class C3x extends C3 {
  static override readonly type: string = 'models.common.C3x';
  protected override inner(hidden: number, n: number, shortcut: boolean, g: number): nn.Module {
    return stack(n, () => new CrossConv(hidden, hidden, 3, 1, g, 1, shortcut));
  }
}

export class C3TR extends C3 {
  static override readonly type: string = 'models.common.C3TR';
  protected override inner(hidden: number, n: number): nn.Module {
    return new TransformerBlock(hidden, hidden, 4, n);
  }
}

export class C3SPP extends C3 {
  static override readonly type: string = 'models.common.C3SPP';
  constructor(c1: number, c2: number, k: readonly number[] = [5, 9, 13], n = 1, shortcut = true, g = 1, e = 0.5) {
    super(c1, c2, n, shortcut, g, e);
    const hidden = Math.trunc(c2 * e);
    this.m = new SPP(hidden, hidden, k);
  }
}

export class C3Ghost extends C3 {
  static override readonly type: string = 'models.common.C3Ghost';
  protected override inner(hidden: number, n: number): nn.Module {
    return stack(n, () => new GhostBottleneck(hidden, hidden));
  }
}

/** Spatial pyramid pooling: windows of several sizes beside each other. */
export class SPP extends nn.Module {
  static override readonly type: string = 'models.common.SPP';
  cv1: Conv;
  cv2: Conv;
  m: nn.ModuleList<nn.MaxPool2d>;
  constructor(c1: number, c2: number, k: readonly number[] = [5, 9, 13]) {
    super();
    const hidden = Math.floor(c1 / 2);
    this.cv1 = new Conv(c1, hidden, 1, 1);
    this.cv2 = new Conv(hidden * (k.length + 1), c2, 1, 1);
    this.m = new nn.ModuleList(k.map((size) => new nn.MaxPool2d(size, 1, Math.floor(size / 2))));
  }
  forward(input: Tensor): Tensor {
    const x = this.cv1(input);
    return this.cv2(cat([x, ...[...this.m].map((pool) => pool(x))], 1));
  }
}

/** The same as SPP of k, 2k − 1, 3k − 2, by one window applied again and again. */
export class SPPF extends nn.Module {
  static override readonly type: string = 'models.common.SPPF';
  cv1: Conv;
  cv2: Conv;
  m: nn.MaxPool2d;
  constructor(c1: number, c2: number, k = 5) {
    super();
    const hidden = Math.floor(c1 / 2);
    this.cv1 = new Conv(c1, hidden, 1, 1);
    this.cv2 = new Conv(hidden * 4, c2, 1, 1);
    this.m = new nn.MaxPool2d(k, 1, Math.floor(k / 2));
  }
  forward(input: Tensor): Tensor {
    const x = this.cv1(input);
    const once = this.m(x);
    const twice = this.m(once);
    return this.cv2(cat([x, once, twice, this.m(twice)], 1));
  }
}

/** Every second pixel to a channel of its own: c×H×W → 4c×H/2×W/2, then a convolution. */
export class Focus extends nn.Module {
  static override readonly type: string = 'models.common.Focus';
  conv: Conv;
  constructor(c1: number, c2: number, k: Pair = 1, s: Pair = 1, p: Pair | null = null, g = 1, act: Act = true) {
    super();
    this.conv = new Conv(c1 * 4, c2, k, s, p, g, 1, act);
  }
  forward(x: Tensor): Tensor {
    const from = (row: number, column: number): Tensor => x.slice(-2, row, null, 2).slice(-1, column, null, 2);
    return this.conv(cat([from(0, 0), from(1, 0), from(0, 1), from(1, 1)], 1));
  }
}

/** Half of the outputs from a convolution, the other half from a cheap one on each of those. */
export class GhostConv extends nn.Module {
  static override readonly type: string = 'models.common.GhostConv';
  cv1: Conv;
  cv2: Conv;
  constructor(c1: number, c2: number, k: Pair = 1, s: Pair = 1, g = 1, act: Act = true) {
    super();
    const hidden = Math.floor(c2 / 2);
    this.cv1 = new Conv(c1, hidden, k, s, null, g, 1, act);
    this.cv2 = new Conv(hidden, hidden, 5, 1, null, hidden, 1, act);
  }
  forward(x: Tensor): Tensor {
    const y = this.cv1(x);
    return cat([y, this.cv2(y)], 1);
  }
}

export class GhostBottleneck extends nn.Module {
  static override readonly type: string = 'models.common.GhostBottleneck';
  conv: nn.Sequential;
  shortcut: nn.Module;
  constructor(c1: number, c2: number, k = 3, s = 1) {
    super();
    const hidden = Math.floor(c2 / 2);
    this.conv = new nn.Sequential(
      new GhostConv(c1, hidden, 1, 1),
      s === 2 ? new DWConv(hidden, hidden, k, s, 1, false) : new nn.Identity(),
      new GhostConv(hidden, c2, 1, 1, 1, false),
    );
    this.shortcut =
      s === 2
        ? new nn.Sequential(new DWConv(c1, c1, k, s, 1, false), new Conv(c1, c2, 1, 1, null, 1, 1, false))
        : new nn.Identity();
  }
  forward(x: Tensor): Tensor {
    return this.conv(x).add(this.shortcut(x));
  }
}

/** c×H×W → c·gain²×H/gain×W/gain, nothing lost. */
export class Contract extends nn.Module {
  static override readonly type: string = 'models.common.Contract';
  readonly gain: number;
  constructor(gain = 2) {
    super();
    this.gain = gain;
  }
  forward(x: Tensor): Tensor {
    const { gain: s } = this;
    const [b, c, h, w] = map4(x, 'Contract');
    const [rows, columns] = [floordiv(h, s), floordiv(w, s)];
    return x
      .view(b, c, rows, s, columns, s)
      .permute(0, 3, 5, 1, 2, 4)
      .contiguous()
      .view(b, mul(c, s * s), rows, columns);
  }
}

/** c×H×W → c/gain²×H·gain×W·gain. */
export class Expand extends nn.Module {
  static override readonly type: string = 'models.common.Expand';
  readonly gain: number;
  constructor(gain = 2) {
    super();
    this.gain = gain;
  }
  forward(x: Tensor): Tensor {
    const { gain: s } = this;
    const [b, c, h, w] = map4(x, 'Expand');
    const channels = exactdiv(c, s * s);
    if (channels === undefined)
      throw new ModelError('shape', `Expand(${s}): ${String(c)} channels do not divide by ${s * s}`, {
        format: 'yolo',
      });
    return x
      .view(b, s, s, channels, h, w)
      .permute(0, 3, 4, 1, 5, 2)
      .contiguous()
      .view(b, channels, mul(h, s), mul(w, s));
  }
}

/** Joins the maps that it is given. */
export class Concat extends nn.Module<[readonly Tensor[]]> {
  static override readonly type: string = 'models.common.Concat';
  readonly d: number;
  constructor(dimension = 1) {
    super();
    this.d = dimension;
  }
  forward(x: readonly Tensor[]): Tensor {
    return cat(x, this.d);
  }
}

/** Kernels of several sizes beside each other; the channels shared out evenly, or so that each has as many weights. */
export class MixConv2d extends nn.Module {
  static override readonly type: string = 'models.experimental.MixConv2d';
  m: nn.ModuleList<nn.Conv2d>;
  bn: nn.BatchNorm2d;
  act: nn.SiLU;
  constructor(c1: number, c2: number, k: readonly number[] = [1, 3], s = 1, equal_ch = true) {
    super();
    const shares = equal_ch ? evenShares(c2, k.length) : weightShares(c2, k);
    this.m = new nn.ModuleList(
      k.map((size, i) => {
        const out = shares[i] as number;
        return new nn.Conv2d(c1, out, size, s, Math.floor(size / 2), { groups: gcd(c1, out), bias: false });
      }),
    );
    this.bn = new nn.BatchNorm2d(c2);
    this.act = new nn.SiLU();
  }
  forward(x: Tensor): Tensor {
    return this.act(
      this.bn(
        cat(
          [...this.m].map((conv) => conv(x)),
          1,
        ),
      ),
    );
  }
}

/** Pools the maps to one value a channel and classifies. */
export class Classify extends nn.Module<[Tensor | readonly Tensor[]]> {
  static override readonly type: string = 'models.common.Classify';
  conv: Conv;
  pool: nn.AdaptiveAvgPool2d;
  drop: nn.Dropout;
  linear: nn.Linear;
  constructor(c1: number, c2: number, k: Pair = 1, s: Pair = 1, p: Pair | null = null, g = 1, dropout_p = 0) {
    super();
    const hidden = 1280; // the width that EfficientNet-B0 ends with
    this.conv = new Conv(c1, hidden, k, s, p, g);
    this.pool = new nn.AdaptiveAvgPool2d(1);
    this.drop = new nn.Dropout(dropout_p, true);
    this.linear = new nn.Linear(hidden, c2);
  }
  forward(input: Tensor | readonly Tensor[]): Tensor {
    const x = input instanceof nn.Tensor ? input : cat(input, 1);
    return this.linear(this.drop(this.pool(this.conv(x)).flatten(1)));
  }
}

function map4(x: Tensor, what: string): [Dim, Dim, Dim, Dim] {
  if (x.ndim !== 4)
    throw new ModelError('shape', `${what}: expected batch × channels × height × width, found ${x.ndim} axes`, {
      format: 'yolo',
    });
  return x.shape as unknown as [Dim, Dim, Dim, Dim];
}

/** `total` channels over `parts`, the first ones wider where it does not come out even. */
function evenShares(total: number, parts: number): number[] {
  // Each channel falls on the part that a line from 0 to just under `parts` − ε passes at its place.
  const slope = parts - 1e-6;
  const partOf = (i: number): number => (total === 1 ? 0 : Math.min(Math.floor((slope * i) / (total - 1)), parts - 1));
  const shares: number[] = [];
  let begin = 0;
  for (let part = 0; part < parts; part++) {
    let end = Math.min(total, Math.max(begin, Math.ceil(((part + 1) * (total - 1)) / slope)));
    while (end > begin && partOf(end - 1) > part) end--;
    while (end < total && partOf(end) === part) end++;
    shares.push(end - begin);
    begin = end;
  }
  return shares;
}

/** Channels in inverse proportion to the area of their kernel. */
function weightShares(total: number, k: readonly number[]): number[] {
  const inverse = k.map((size) => 1 / (size * size));
  const sum = inverse.reduce((a, b) => a + b, 0);
  return inverse.map((part) => roundHalfEven((total * part) / sum));
}
