import { ceildiv, type Dim, floordiv, mod, mul, sub } from '../../dim/index.js';
import * as nn from '../../torch/nn/index.js';
import { functional as F } from '../../torch/nn/index.js';
import { type ClassifierOptions, gelu, MLP, Permute, StochasticDepth, withDefaults } from './blocks.js';

export interface SwinTransformerOptions extends ClassifierOptions {
  readonly dropout?: number;
  readonly attention_dropout?: number;
  readonly stochastic_depth_prob?: number;
}

const norm = (channels: number) => new nn.LayerNorm(channels, { eps: 1e-5 });

/** Four neighbouring positions as one, of four times the channels: (…, H, W, C) → (…, ⌈H/2⌉, ⌈W/2⌉, 4C). */
function mergePatches(x: nn.Tensor): nn.Tensor {
  const padded = F.pad(x, [0, 0, 0, mod(x.size(-2), 2), 0, mod(x.size(-3), 2)]);
  const every = (row: number, column: number) => padded.slice(-3, row, null, 2).slice(-2, column, null, 2);
  return F.cat([every(0, 0), every(1, 0), every(0, 1), every(1, 1)], -1);
}

class PatchMerging extends nn.Module {
  static override readonly type: string = 'torchvision.models.swin_transformer.PatchMerging';
  reduction: nn.Linear;
  norm: nn.LayerNorm;

  constructor(dim: number) {
    super();
    this.reduction = new nn.Linear(4 * dim, 2 * dim, { bias: false });
    this.norm = norm(4 * dim);
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.reduction(this.norm(mergePatches(x)));
  }
}

/** The second version normalises after the reduction. */
class PatchMergingV2 extends nn.Module {
  static override readonly type: string = 'torchvision.models.swin_transformer.PatchMergingV2';
  reduction: nn.Linear;
  norm: nn.LayerNorm;

  constructor(dim: number) {
    super();
    this.reduction = new nn.Linear(4 * dim, 2 * dim, { bias: false });
    this.norm = norm(2 * dim);
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.norm(this.reduction(mergePatches(x)));
  }
}

interface Windows {
  readonly dim: number;
  readonly heads: number;
  /** Extent of a window; windows are square. */
  readonly window: number;
  /** By how much the windows are moved against the image: 0, or half a window. */
  readonly shift: number;
  readonly dropout: number;
  readonly attention_dropout: number;
}

/** Attention within windows of (N, H, W, C), by functions on the weights of two linear layers that are never called. */
class ShiftedWindowAttention extends nn.Module {
  static override readonly type: string = 'torchvision.models.swin_transformer.ShiftedWindowAttention';
  qkv: nn.Linear;
  proj: nn.Linear;
  /** A bias for each offset of two positions and each head; the second version computes it from the offsets instead. */
  relative_position_bias_table: nn.Parameter | null;
  relative_coords_table: nn.Buffer | null;
  relative_position_index: nn.Buffer;
  readonly windows: Windows;

  constructor(windows: Windows, offsets: nn.Buffer | null = null) {
    super();
    const { dim, heads, window } = windows;
    this.windows = windows;
    this.qkv = new nn.Linear(dim, 3 * dim);
    this.proj = new nn.Linear(dim, dim);
    this.relative_position_bias_table = offsets === null ? new nn.Parameter([(2 * window - 1) ** 2, heads]) : null;
    this.relative_coords_table = offsets;
    this.relative_position_index = new nn.Buffer([window ** 4], { dtype: 'int64' });
  }

  /** 1 × heads × window² × window². */
  protected positionBias(table: nn.Tensor): nn.Tensor {
    const area = this.windows.window ** 2;
    return table
      .index_select(0, this.relative_position_index)
      .view(area, area, -1)
      .permute(2, 0, 1)
      .contiguous()
      .unsqueeze(0);
  }

  forward(x: nn.Tensor): nn.Tensor {
    const bias = this.positionBias(this.relative_position_bias_table as nn.Parameter);
    return this.attend(x, bias, this.qkv.bias, (q, k) =>
      F.matmul(q.mul((this.windows.dim / this.windows.heads) ** -0.5), k.transpose(-2, -1)),
    );
  }

  protected attend(
    input: nn.Tensor,
    bias: nn.Tensor,
    qkvBias: nn.Tensor | null,
    score: (q: nn.Tensor, k: nn.Tensor) => nn.Tensor,
  ): nn.Tensor {
    const { dim, heads, window, shift, dropout, attention_dropout } = this.windows;
    const area = window ** 2;
    const [batch = 1, height = 1, width = 1] = input.shape;
    const [down, right] = [ceildiv(height, window), ceildiv(width, window)];
    const [paddedH, paddedW] = [mul(down, window), mul(right, window)];
    let x = F.pad(input, [0, 0, 0, sub(paddedW, width), 0, sub(paddedH, height)]);
    // One window an axis has no neighbour to be shifted against.
    const shifts = [paddedH, paddedW].map((d) => (nn.int(d, 'the extent of a Swin feature map') <= window ? 0 : shift));
    const shifted = shifts.some((s) => s > 0);
    if (shifted)
      x = x.roll(
        shifts.map((s) => -s),
        [1, 2],
      );

    const count = mul(down, right);
    x = x.view(batch, down, window, right, window, dim).permute(0, 1, 3, 2, 4, 5).reshape(mul(batch, count), area, dim);
    const qkv = F.linear(x, this.qkv.weight, qkvBias)
      .reshape(x.size(0), area, 3, heads, dim / heads)
      .permute(2, 0, 3, 1, 4);
    const [q, k, v] = [qkv.select(0, 0), qkv.select(0, 1), qkv.select(0, 2)];
    let attention = score(q, k).add(bias);
    if (shifted) {
      const mask = regionMask(down, right, window);
      attention = attention
        .view(floordiv(x.size(0), count), count, heads, area, area)
        .add(mask.unsqueeze(1).unsqueeze(0))
        .view(-1, heads, area, area);
    }
    attention = F.dropout(F.softmax(attention, -1), attention_dropout, this.training);

    x = F.matmul(attention, v).transpose(1, 2).reshape(x.size(0), area, dim);
    x = F.dropout(F.linear(x, this.proj.weight, this.proj.bias), dropout, this.training);
    x = x.view(batch, down, right, window, window, dim).permute(0, 1, 3, 2, 4, 5).reshape(batch, paddedH, paddedW, dim);
    if (shifted) x = x.roll(shifts, [1, 2]);
    return x.slice(1, null, height).slice(2, null, width).contiguous();
  }
}

/**
 * −100 between positions that only the shift brought into one window, 0 elsewhere: windows × window² × window².
 * The labels of the nine regions, which PyTorch writes into the zeros slice by slice, are not arithmetic and are left out.
 */
function regionMask(down: Dim, right: Dim, window: number): nn.Tensor {
  const labels = F.zeros([mul(down, window), mul(right, window)])
    .view(down, window, right, window)
    .permute(0, 2, 1, 3)
    .reshape(mul(down, right), window ** 2);
  const differ = labels.unsqueeze(1).sub(labels.unsqueeze(2));
  return differ.masked_fill(differ.ne(0), -100).masked_fill(differ.eq(0), 0);
}

/** Cosine attention, its position bias computed by a small network from the offsets. */
class ShiftedWindowAttentionV2 extends ShiftedWindowAttention {
  static override readonly type: string = 'torchvision.models.swin_transformer.ShiftedWindowAttentionV2';
  logit_scale: nn.Parameter;
  cpb_mlp: nn.Sequential;

  constructor(windows: Windows) {
    const { heads, window } = windows;
    super(windows, new nn.Buffer([1, 2 * window - 1, 2 * window - 1, 2]));
    this.logit_scale = new nn.Parameter([heads, 1, 1]);
    this.cpb_mlp = new nn.Sequential(
      new nn.Linear(2, 512),
      new nn.ReLU({ inplace: true }),
      new nn.Linear(512, heads, { bias: false }),
    );
  }

  override forward(x: nn.Tensor): nn.Tensor {
    const table = this.cpb_mlp(this.relative_coords_table as nn.Buffer).view(-1, this.windows.heads);
    const bias = this.positionBias(table).sigmoid().mul(16);
    // Keys have no bias: a copy of the packed one has zeros there.
    return this.attend(x, bias, this.qkv.bias?.clone() ?? null, (q, k) =>
      F.normalize(q, 2, -1)
        .matmul(F.normalize(k, 2, -1).transpose(-2, -1))
        .mul(this.logit_scale.clamp(null, Math.log(100)).exp()),
    );
  }
}

class SwinTransformerBlock extends nn.Module {
  static override readonly type: string = 'torchvision.models.swin_transformer.SwinTransformerBlock';
  norm1: nn.LayerNorm;
  attn: ShiftedWindowAttention;
  stochastic_depth: StochasticDepth;
  norm2: nn.LayerNorm;
  mlp: MLP;

  constructor(windows: Windows, drop: number, attn: ShiftedWindowAttention = new ShiftedWindowAttention(windows)) {
    super();
    const { dim, dropout } = windows;
    this.norm1 = norm(dim);
    this.attn = attn;
    this.stochastic_depth = new StochasticDepth(drop);
    this.norm2 = norm(dim);
    this.mlp = new MLP(dim, [4 * dim, dim], gelu, dropout);
  }

  forward(input: nn.Tensor): nn.Tensor {
    const x = input.add(this.stochastic_depth(this.attn(this.norm1(input))));
    return x.add(this.stochastic_depth(this.mlp(this.norm2(x))));
  }
}

/** The second version normalises what a branch gives, not what it takes. */
class SwinTransformerBlockV2 extends SwinTransformerBlock {
  static override readonly type: string = 'torchvision.models.swin_transformer.SwinTransformerBlockV2';

  constructor(windows: Windows, drop: number) {
    super(windows, drop, new ShiftedWindowAttentionV2(windows));
  }

  override forward(input: nn.Tensor): nn.Tensor {
    const x = input.add(this.stochastic_depth(this.norm1(this.attn(input))));
    return x.add(this.stochastic_depth(this.norm2(this.mlp(x))));
  }
}

interface Recipe {
  readonly version: 1 | 2;
  readonly embed_dim: number;
  readonly depths: readonly number[];
  readonly num_heads: readonly number[];
  readonly window: number;
  readonly drop: number;
}

/** Attention in windows that shift from block to block (Liu 2021, 2022); (N, 3, H, W) → (N, num_classes). */
export class SwinTransformer extends nn.Module {
  static override readonly type: string = 'torchvision.models.swin_transformer.SwinTransformer';
  features: nn.Sequential;
  norm: nn.LayerNorm;
  permute: Permute;
  avgpool: nn.AdaptiveAvgPool2d;
  flatten: nn.Flatten;
  head: nn.Linear;

  constructor({ version, embed_dim, depths, num_heads, window, drop }: Recipe, options: SwinTransformerOptions = {}) {
    super();
    const settings = withDefaults('SwinTransformer', options, {
      num_classes: 1000,
      dropout: 0,
      attention_dropout: 0,
      stochastic_depth_prob: drop,
    });
    const { num_classes, dropout, attention_dropout, stochastic_depth_prob } = settings;
    const Block = version === 1 ? SwinTransformerBlock : SwinTransformerBlockV2;
    const Merging = version === 1 ? PatchMerging : PatchMergingV2;
    const total = depths.reduce((sum, depth) => sum + depth, 0);
    this.features = new nn.Sequential(
      new nn.Sequential(new nn.Conv2d(3, embed_dim, 4, { stride: 4 }), new Permute([0, 2, 3, 1]), norm(embed_dim)),
    );
    let built = 0;
    for (const [stage, depth] of depths.entries()) {
      const dim = embed_dim * 2 ** stage;
      const heads = num_heads[stage] ?? 1;
      const blocks = Array.from({ length: depth }, (_, i) => {
        const shift = i % 2 === 0 ? 0 : Math.floor(window / 2);
        const drops = (stochastic_depth_prob * built++) / (total - 1);
        return new Block({ dim, heads, window, shift, dropout, attention_dropout }, drops);
      });
      this.features.append(new nn.Sequential(...blocks));
      if (stage < depths.length - 1) this.features.append(new Merging(dim));
    }
    const last = embed_dim * 2 ** (depths.length - 1);
    this.norm = norm(last);
    this.permute = new Permute([0, 3, 1, 2]);
    this.avgpool = new nn.AdaptiveAvgPool2d(1);
    this.flatten = new nn.Flatten(1);
    this.head = new nn.Linear(last, num_classes);
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.head(this.flatten(this.avgpool(this.permute(this.norm(this.features(x))))));
  }
}

const TINY = { embed_dim: 96, depths: [2, 2, 6, 2], num_heads: [3, 6, 12, 24], drop: 0.2 };
const SMALL = { embed_dim: 96, depths: [2, 2, 18, 2], num_heads: [3, 6, 12, 24], drop: 0.3 };
const BASE = { embed_dim: 128, depths: [2, 2, 18, 2], num_heads: [4, 8, 16, 32], drop: 0.5 };

export function swin_t(options: SwinTransformerOptions = {}): SwinTransformer {
  return new SwinTransformer({ version: 1, window: 7, ...TINY }, options);
}
export function swin_s(options: SwinTransformerOptions = {}): SwinTransformer {
  return new SwinTransformer({ version: 1, window: 7, ...SMALL }, options);
}
export function swin_b(options: SwinTransformerOptions = {}): SwinTransformer {
  return new SwinTransformer({ version: 1, window: 7, ...BASE }, options);
}
export function swin_v2_t(options: SwinTransformerOptions = {}): SwinTransformer {
  return new SwinTransformer({ version: 2, window: 8, ...TINY }, options);
}
export function swin_v2_s(options: SwinTransformerOptions = {}): SwinTransformer {
  return new SwinTransformer({ version: 2, window: 8, ...SMALL }, options);
}
export function swin_v2_b(options: SwinTransformerOptions = {}): SwinTransformer {
  return new SwinTransformer({ version: 2, window: 8, ...BASE }, options);
}
