import * as nn from '../../torch/nn/index.js';

type Tensor = nn.Tensor;
/** A kernel or a stride: one number, or one for each of height and width. */
export type Pair = number | readonly [number, number];
/** `true`: the model's activation. `false`: none. Or a module of one's own. */
export type Act = boolean | nn.AnyModule;

let ambient: nn.AnyModule | null = null;

/**
 * Runs `build` with one activation that all convolutions made in it share: YOLOv5 keeps it on the class, so that a model
 * has a single activation module under many parents, which counters and layer counts can tell.
 */
export function withActivation<T>(activation: nn.AnyModule, build: () => T): T {
  const before = ambient;
  ambient = activation;
  try {
    return build();
  } finally {
    ambient = before;
  }
}

function activation(act: Act): nn.AnyModule {
  if (act === true) return ambient ?? (new nn.SiLU() as nn.AnyModule);
  return act === false ? (new nn.Identity() as nn.AnyModule) : act;
}

export const apply = (module: nn.AnyModule, x: Tensor): Tensor => (module as unknown as nn.Module)(x);
const { cat } = nn.functional;

export function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Padding that keeps the size at stride 1: half of the kernel as dilated. */
function samePadding(k: Pair, p: Pair | null, d: number): Pair {
  if (p !== null) return p;
  const half = (extent: number): number => Math.floor((d > 1 ? d * (extent - 1) + 1 : extent) / 2);
  return typeof k === 'number' ? half(k) : [half(k[0]), half(k[1])];
}

/** Convolution, batch norm, activation: c1×H×W → c2×H/s×W/s. Merged, batch norm is part of the convolution. */
export class Conv extends nn.Module {
  static override readonly type: string = 'models.common.Conv';
  conv: nn.Conv2d;
  bn: nn.BatchNorm2d | null;
  act: nn.AnyModule;

  constructor(
    c1: number,
    c2: number,
    k: Pair = 1,
    s: Pair = 1,
    p: Pair | null = null,
    g: number | null = 1,
    d: number | null = 1,
    act: Act = true,
  ) {
    super();
    const dilation = d ?? 1;
    this.conv = new nn.Conv2d(c1, c2, k, s, samePadding(k, p, dilation), dilation, g ?? 1, false);
    this.bn = new nn.BatchNorm2d(c2);
    this.act = activation(act);
  }

  /** Batch norm's scale and shift become the convolution's weight and bias; what could be trained still can. */
  fuse(): void {
    if (this.bn === null) return;
    const { conv } = this;
    conv.weight.requires_grad ||= this.bn.weight?.requires_grad ?? false;
    conv.bias = new nn.Parameter([conv.out_channels], { requires_grad: conv.weight.requires_grad });
    this.bn = null;
  }

  forward(x: Tensor): Tensor {
    const y = this.conv(x);
    return apply(this.act, this.bn === null ? y : this.bn(y));
  }
}

/** As many groups as input and output channels share. */
export class DWConv extends Conv {
  static override readonly type: string = 'models.common.DWConv';
  constructor(c1: number, c2: number, k: Pair = 1, s: Pair = 1, d = 1, act: Act = true) {
    super(c1, c2, k, s, null, gcd(c1, c2), d, act);
  }
}

export class DWConvTranspose2d extends nn.ConvTranspose2d {
  static override readonly type: string = 'models.common.DWConvTranspose2d';
  constructor(c1: number, c2: number, k: Pair = 1, s: Pair = 1, p1: Pair = 0, p2: Pair = 0) {
    super(c1, c2, k, s, p1, p2, gcd(c1, c2));
  }
}

/** L×N×c → L×N×c without layer norms, and without biases beside attention's own. */
export class TransformerLayer extends nn.Module {
  static override readonly type: string = 'models.common.TransformerLayer';
  q: nn.Linear;
  k: nn.Linear;
  v: nn.Linear;
  ma: nn.MultiheadAttention;
  fc1: nn.Linear;
  fc2: nn.Linear;
  constructor(c: number, num_heads: number) {
    super();
    this.q = new nn.Linear(c, c, false);
    this.k = new nn.Linear(c, c, false);
    this.v = new nn.Linear(c, c, false);
    this.ma = new nn.MultiheadAttention(c, num_heads);
    this.fc1 = new nn.Linear(c, c, false);
    this.fc2 = new nn.Linear(c, c, false);
  }
  forward(x: Tensor): Tensor {
    const attended = this.ma(this.q(x), this.k(x), this.v(x))[0].add(x);
    return this.fc2(this.fc1(attended)).add(attended);
  }
}

/** Attention between all positions of a map: its work grows with the square of the area. */
export class TransformerBlock extends nn.Module {
  static override readonly type: string = 'models.common.TransformerBlock';
  conv: Conv | null;
  linear: nn.Linear;
  tr: nn.Sequential;
  readonly c2: number;
  constructor(c1: number, c2: number, num_heads: number, num_layers: number) {
    super();
    this.conv = c1 === c2 ? null : new Conv(c1, c2);
    this.linear = new nn.Linear(c2, c2);
    this.tr = stack(num_layers, () => new TransformerLayer(c2, num_heads));
    this.c2 = c2;
  }
  forward(input: Tensor): Tensor {
    const x = this.conv === null ? input : this.conv(input);
    const [b = 1, , h = 1, w = 1] = x.shape;
    const p = x.flatten(2).permute(2, 0, 1);
    return this.tr(p.add(this.linear(p)))
      .permute(1, 2, 0)
      .reshape(b, this.c2, h, w);
  }
}

export class Bottleneck extends nn.Module {
  static override readonly type: string = 'models.common.Bottleneck';
  cv1: Conv;
  cv2: Conv;
  readonly add: boolean;
  constructor(c1: number, c2: number, shortcut = true, g = 1, e = 0.5) {
    super();
    const hidden = Math.trunc(c2 * e);
    this.cv1 = new Conv(c1, hidden, 1, 1);
    this.cv2 = new Conv(hidden, c2, 3, 1, null, g);
    this.add = shortcut && c1 === c2;
  }
  forward(x: Tensor): Tensor {
    const y = this.cv2(this.cv1(x));
    return this.add ? x.add(y) : y;
  }
}

/** Cross stage partial: half of the channels pass by the bottlenecks, joined behind one batch norm. */
export class BottleneckCSP extends nn.Module {
  static override readonly type: string = 'models.common.BottleneckCSP';
  cv1: Conv;
  cv2: nn.Conv2d;
  cv3: nn.Conv2d;
  cv4: Conv;
  bn: nn.BatchNorm2d;
  act: nn.SiLU;
  m: nn.Sequential;
  constructor(c1: number, c2: number, n = 1, shortcut = true, g = 1, e = 0.5) {
    super();
    const hidden = Math.trunc(c2 * e);
    this.cv1 = new Conv(c1, hidden, 1, 1);
    this.cv2 = new nn.Conv2d(c1, hidden, 1, 1, { bias: false });
    this.cv3 = new nn.Conv2d(hidden, hidden, 1, 1, { bias: false });
    this.cv4 = new Conv(2 * hidden, c2, 1, 1);
    this.bn = new nn.BatchNorm2d(2 * hidden);
    this.act = new nn.SiLU();
    this.m = stack(n, () => new Bottleneck(hidden, hidden, shortcut, g, 1));
  }
  forward(x: Tensor): Tensor {
    const through = this.cv3(this.m(this.cv1(x)));
    return this.cv4(this.act(this.bn(cat([through, this.cv2(x)], 1))));
  }
}

/** 1×k, then k×1. */
export class CrossConv extends nn.Module {
  static override readonly type: string = 'models.common.CrossConv';
  cv1: Conv;
  cv2: Conv;
  readonly add: boolean;
  constructor(c1: number, c2: number, k = 3, s = 1, g = 1, e = 1, shortcut = false) {
    super();
    const hidden = Math.trunc(c2 * e);
    this.cv1 = new Conv(c1, hidden, [1, k], [1, s]);
    this.cv2 = new Conv(hidden, c2, [k, 1], [s, 1], null, g);
    this.add = shortcut && c1 === c2;
  }
  forward(x: Tensor): Tensor {
    const y = this.cv2(this.cv1(x));
    return this.add ? x.add(y) : y;
  }
}

/** `n` modules in a row. */
export function stack(n: number, make: () => nn.Module): nn.Sequential {
  return new nn.Sequential(...Array.from({ length: n }, () => make() as nn.AnyModule));
}
