import type { Dim } from '../../dim/index.js';
import type { Attr } from '../../ops/index.js';
import * as nn from '../../torch/nn/index.js';
import { Conv } from './modules.js';

type Tensor = nn.Tensor;
const { arange, cat, stack } = nn.functional;

/** The results of a head: predictions (batch × boxes × values), mask prototypes where there are any, the maps themselves. */
export type HeadOutput = readonly (Tensor | readonly Tensor[])[];

/**
 * Boxes from maps of several strides: each a batch × c × H × W → batch × anchors × H × W × (box 4, object 1, classes, masks),
 * decoded to pixels by a grid of positions and the anchors' sizes.
 */
export class Detect extends nn.Module<[readonly Tensor[]], HeadOutput> {
  static override readonly type: string = 'models.yolo.Detect';
  readonly nc: number;
  /** Values for each box. */
  readonly no: number;
  /** Maps, and anchors on each. */
  readonly nl: number;
  readonly na: number;
  readonly masks: number;
  /** How many times smaller than the image each map is; the model finds it out once it is built. */
  stride: readonly number[] = [];
  anchors: nn.Buffer;
  m: nn.ModuleList<nn.Conv2d>;

  constructor(nc: number, anchors: readonly (readonly number[])[], ch: readonly number[], masks = 0) {
    super();
    this.nc = nc;
    this.masks = masks;
    this.no = nc + 5 + masks;
    this.nl = anchors.length;
    this.na = Math.floor((anchors[0]?.length ?? 0) / 2);
    this.anchors = new nn.Buffer([this.nl, this.na, 2]);
    this.m = new nn.ModuleList(ch.map((c) => new nn.Conv2d(c, this.no * this.na, 1)));
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { nc: this.nc, anchors: this.na, stride: [...this.stride] };
  }

  forward(x: readonly Tensor[]): HeadOutput {
    const maps: Tensor[] = [];
    const boxes: Tensor[] = [];
    for (const [i, map] of x.entries()) {
      const y = this.m.at(i)(map);
      const [b = 1, , h = 1, w = 1] = y.shape;
      const raw = y.view(b, this.na, this.no, h, w).permute(0, 1, 3, 4, 2).contiguous();
      maps.push(raw);
      if (!this.training) boxes.push(this.decode(raw, i, h, w).flatten(1, 3));
    }
    return this.training ? maps : [cat(boxes, 1), maps];
  }

  /** Offsets and scales within a cell to a box in pixels; masks are left as they are. */
  private decode(raw: Tensor, i: number, h: Dim, w: Dim): Tensor {
    const parts = (t: Tensor, ...sizes: readonly number[]): Tensor[] => t.split(sizes, 4);
    const [xy, wh, conf, mask] = (
      this.masks === 0
        ? parts(raw.sigmoid(), 2, 2, this.nc + 1)
        : parts(raw, 2, 2, this.nc + 1, this.masks).map((t, at) => (at < 3 ? t.sigmoid() : t))
    ) as [Tensor, Tensor, Tensor, Tensor?];
    const { grid, sizes } = this.grid(i, h, w);
    const centre = xy
      .mul(2)
      .add(grid)
      .mul(this.stride[i] ?? 1);
    const size = wh.mul(2).pow(2).mul(sizes);
    return cat([centre, size, conf, ...(mask === undefined ? [] : [mask])], 4);
  }

  /** Positions of the cells (less a half) and the anchors in pixels, as wide as the map. */
  private grid(i: number, h: Dim, w: Dim): { grid: Tensor; sizes: Tensor } {
    const shape: readonly Dim[] = [1, this.na, h, w, 2];
    const [rows, columns] = [arange(h, 'float32').unsqueeze(1).expand(h, w), arange(w, 'float32').expand(h, w)];
    const grid = stack([columns, rows], 2).expand(shape).sub(0.5);
    const sizes = this.anchors
      .select(0, i)
      .mul(this.stride[i] ?? 1)
      .view(1, this.na, 1, 1, 2)
      .expand(shape);
    return { grid, sizes };
  }
}

/** Detection, and mask prototypes from the finest map; each box carries its weights of them. */
export class Segment extends Detect {
  static override readonly type: string = 'models.yolo.Segment';
  proto: Proto;
  readonly nm: number;
  readonly npr: number;
  constructor(nc: number, anchors: readonly (readonly number[])[], nm: number, npr: number, ch: readonly number[]) {
    super(nc, anchors, ch, nm);
    this.nm = nm;
    this.npr = npr;
    this.proto = new Proto(ch[0] ?? 0, npr, nm);
  }
  override forward(x: readonly Tensor[]): HeadOutput {
    const prototypes = this.proto(x[0] as Tensor);
    const out = super.forward(x);
    if (this.training) return [out as readonly Tensor[], prototypes];
    const [boxes, maps] = out as [Tensor, readonly Tensor[]];
    return [boxes, prototypes, maps];
  }
}

/** Mask prototypes at twice the size: c1×H×W → c2×2H×2W. */
export class Proto extends nn.Module {
  static override readonly type: string = 'models.common.Proto';
  cv1: Conv;
  upsample: nn.Upsample;
  cv2: Conv;
  cv3: Conv;
  constructor(c1: number, hidden: number, c2: number) {
    super();
    this.cv1 = new Conv(c1, hidden, 3);
    this.upsample = new nn.Upsample(null, 2, 'nearest');
    this.cv2 = new Conv(hidden, hidden, 3);
    this.cv3 = new Conv(hidden, c2);
  }
  forward(x: Tensor): Tensor {
    return this.cv3(this.cv2(this.upsample(this.cv1(x))));
  }
}
