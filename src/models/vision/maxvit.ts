import { floordiv, mul } from '../../dim/index.js';
import { ModelError } from '../../source/errors.js';
import * as nn from '../../torch/nn/index.js';
import { functional as F } from '../../torch/nn/index.js';
import {
  batchNormEps,
  type ClassifierOptions,
  Conv2dNormActivation,
  gelu,
  SqueezeExcitation,
  StochasticDepth,
  withDefaults,
} from './blocks.js';

export interface MaxVitOptions extends ClassifierOptions {
  /** Extent of the image, which fixes the number of windows. */
  readonly input_size?: number;
  readonly stochastic_depth_prob?: number;
  readonly attention_dropout?: number;
  readonly mlp_dropout?: number;
}

const HEAD_DIM = 32;
const norm = batchNormEps(1e-3, 0.01);
/** Extent after a 3×3 convolution of stride 2 with padding 1. */
const halved = (extent: number) => Math.floor((extent - 1) / 2) + 1;

class MBConv extends nn.Module {
  static override readonly type: string = 'torchvision.models.maxvit.MBConv';
  proj: nn.Module;
  stochastic_depth: nn.Module;
  layers: nn.Sequential;

  constructor(channels: number, out: number, stride: number, drop: number) {
    super();
    const mid = out * 4;
    const pool = stride === 2 ? [new nn.AvgPool2d(3, { stride, padding: 1 })] : [];
    this.proj =
      stride !== 1 || channels !== out
        ? new nn.Sequential(...pool, new nn.Conv2d(channels, out, 1))
        : new nn.Identity();
    this.stochastic_depth = drop > 0 ? new StochasticDepth(drop) : new nn.Identity();
    this.layers = new nn.Sequential({
      pre_norm: norm(channels),
      conv_a: new Conv2dNormActivation(channels, mid, 1, { norm, activation: gelu }),
      conv_b: new Conv2dNormActivation(mid, mid, 3, { stride, groups: mid, norm, activation: gelu }),
      squeeze_excitation: new SqueezeExcitation(mid, Math.floor(out * 0.25), () => new nn.SiLU()),
      conv_c: new nn.Conv2d(mid, out, 1),
    });
  }

  forward(x: nn.Tensor): nn.Tensor {
    const shortcut = this.proj(x);
    return shortcut.add(this.stochastic_depth(this.layers(x)));
  }
}

/** Attention among the positions of each window: (N, windows, positions, C) → the same. */
class RelativePositionalMultiHeadAttention extends nn.Module {
  static override readonly type: string = 'torchvision.models.maxvit.RelativePositionalMultiHeadAttention';
  to_qkv: nn.Linear;
  merge: nn.Linear;
  relative_position_bias_table: nn.Parameter;
  relative_position_index: nn.Buffer;
  readonly heads: number;

  constructor(channels: number, extent: number) {
    super();
    this.heads = channels / HEAD_DIM;
    this.to_qkv = new nn.Linear(channels, 3 * channels);
    this.merge = new nn.Linear(channels, channels);
    this.relative_position_bias_table = new nn.Parameter([(2 * extent - 1) ** 2, this.heads]);
    this.relative_position_index = new nn.Buffer([extent ** 2, extent ** 2], { dtype: 'int64' });
  }

  forward(x: nn.Tensor): nn.Tensor {
    const [batch = 1, windows = 1, positions = 1, channels = 1] = x.shape;
    const split = (part: nn.Tensor) =>
      part.reshape(batch, windows, positions, this.heads, HEAD_DIM).permute(0, 1, 3, 2, 4);
    const [q, k, v] = this.to_qkv(x).chunk(3, -1).map(split) as [nn.Tensor, nn.Tensor, nn.Tensor];
    const scores = F.einsum('bghid,bghjd->bghij', q, k.mul(nn.int(channels) ** -0.5));
    const attention = F.softmax(scores.add(this.positionBias()), -1);
    const out = F.einsum('bghij,bghjd->bghid', attention, v);
    return this.merge(out.permute(0, 1, 3, 2, 4).reshape(batch, windows, positions, channels));
  }

  private positionBias(): nn.Tensor {
    const index = this.relative_position_index;
    return this.relative_position_bias_table
      .index_select(0, index.view(-1))
      .view(index.size(0), index.size(1), -1)
      .permute(2, 0, 1)
      .contiguous()
      .unsqueeze(0);
  }
}

class SwapAxes extends nn.Module {
  static override readonly type: string = 'torchvision.models.maxvit.SwapAxes';
  readonly axes: readonly [number, number];

  constructor(a: number, b: number) {
    super();
    this.axes = [a, b];
  }

  forward(x: nn.Tensor): nn.Tensor {
    return x.transpose(...this.axes);
  }
}

/** (N, C, H, W) → (N, windows, p², C). */
class WindowPartition extends nn.Module<[nn.Tensor, number]> {
  static override readonly type: string = 'torchvision.models.maxvit.WindowPartition';

  forward(x: nn.Tensor, p: number): nn.Tensor {
    const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
    const [rows, columns] = [floordiv(height, p), floordiv(width, p)];
    return x
      .reshape(batch, channels, rows, p, columns, p)
      .permute(0, 2, 4, 3, 5, 1)
      .reshape(batch, mul(rows, columns), p * p, channels);
  }
}

/** (N, rows·columns, p², C) → (N, C, rows·p, columns·p). */
class WindowDepartition extends nn.Module<[nn.Tensor, number, number, number]> {
  static override readonly type: string = 'torchvision.models.maxvit.WindowDepartition';

  forward(x: nn.Tensor, p: number, rows: number, columns: number): nn.Tensor {
    const [batch, channels] = [x.size(0), x.size(3)];
    return x
      .reshape(batch, rows, columns, p, p, channels)
      .permute(0, 5, 1, 3, 2, 4)
      .reshape(batch, channels, rows * p, columns * p);
  }
}

interface Attention {
  readonly channels: number;
  /** Extent of the feature map, and of the windows (or of the grid) that it is divided into. */
  readonly grid: number;
  readonly partition: number;
  readonly drop: number;
  readonly attention_dropout: number;
  readonly mlp_dropout: number;
}

/** Attention within windows, or among the positions that are at the same place in each window (`grid`). */
class PartitionAttentionLayer extends nn.Module {
  static override readonly type: string = 'torchvision.models.maxvit.PartitionAttentionLayer';
  partition_op: WindowPartition;
  departition_op: WindowDepartition;
  partition_swap: nn.Module;
  departition_swap: nn.Module;
  attn_layer: nn.Sequential;
  mlp_layer: nn.Sequential;
  stochastic_dropout: StochasticDepth;
  readonly grid: number;
  readonly p: number;

  constructor(kind: 'window' | 'grid', a: Attention) {
    super();
    const swap = () => (kind === 'grid' ? new SwapAxes(-2, -3) : new nn.Identity());
    this.grid = a.grid;
    this.p = kind === 'window' ? a.partition : Math.floor(a.grid / a.partition);
    this.partition_op = new WindowPartition();
    this.departition_op = new WindowDepartition();
    this.partition_swap = swap();
    this.departition_swap = swap();
    this.attn_layer = new nn.Sequential(
      new nn.LayerNorm(a.channels),
      new RelativePositionalMultiHeadAttention(a.channels, a.partition),
      new nn.Dropout(a.attention_dropout),
    );
    this.mlp_layer = new nn.Sequential(
      new nn.LayerNorm(a.channels),
      new nn.Linear(a.channels, 4 * a.channels),
      new nn.GELU(),
      new nn.Linear(4 * a.channels, a.channels),
      new nn.Dropout(a.mlp_dropout),
    );
    this.stochastic_dropout = new StochasticDepth(a.drop);
  }

  forward(input: nn.Tensor): nn.Tensor {
    const count = Math.floor(this.grid / this.p);
    let x = this.partition_swap(this.partition_op(input, this.p));
    x = x.add(this.stochastic_dropout(this.attn_layer(x)));
    x = x.add(this.stochastic_dropout(this.mlp_layer(x)));
    return this.departition_op(this.departition_swap(x), this.p, count, count);
  }
}

class MaxVitLayer extends nn.Module {
  static override readonly type: string = 'torchvision.models.maxvit.MaxVitLayer';
  layers: nn.Sequential;

  constructor(channels: number, stride: number, attention: Attention) {
    super();
    this.layers = new nn.Sequential({
      MBconv: new MBConv(channels, attention.channels, stride, attention.drop),
      window_attention: new PartitionAttentionLayer('window', attention),
      grid_attention: new PartitionAttentionLayer('grid', attention),
    });
  }

  forward(x: nn.Tensor): nn.Tensor {
    return this.layers(x);
  }
}

class MaxVitBlock extends nn.Module {
  static override readonly type: string = 'torchvision.models.maxvit.MaxVitBlock';
  layers: nn.ModuleList;

  constructor(channels: number, drops: readonly number[], attention: Omit<Attention, 'drop'>) {
    super();
    this.layers = new nn.ModuleList(
      drops.map((drop, i) =>
        i === 0
          ? new MaxVitLayer(channels, 2, { ...attention, drop })
          : new MaxVitLayer(attention.channels, 1, { ...attention, drop }),
      ),
    );
  }

  forward(x: nn.Tensor): nn.Tensor {
    let out = x;
    for (const layer of this.layers) out = layer(out);
    return out;
  }
}

interface Recipe {
  readonly stem: number;
  readonly widths: readonly number[];
  readonly depths: readonly number[];
  /** Windows and grids are `partition`². */
  readonly partition: number;
  readonly drop: number;
}

/** Mobile convolutions, then attention in windows and across them (Tu 2022); (N, 3, input_size, input_size) → (N, num_classes). */
export class MaxVit extends nn.Module {
  static override readonly type: string = 'torchvision.models.maxvit.MaxVit';
  stem: nn.Sequential;
  blocks: nn.ModuleList;
  classifier: nn.Sequential;

  constructor({ stem, widths, depths, partition, drop }: Recipe, options: MaxVitOptions = {}) {
    super();
    const settings = withDefaults('MaxVit', options, {
      num_classes: 1000,
      input_size: 224,
      stochastic_depth_prob: drop,
      attention_dropout: 0,
      mlp_dropout: 0,
    });
    const { num_classes, input_size, stochastic_depth_prob, attention_dropout, mlp_dropout } = settings;
    this.stem = new nn.Sequential(
      new Conv2dNormActivation(3, stem, 3, { stride: 2, norm, activation: gelu, bias: false }),
      new Conv2dNormActivation(stem, stem, 3, { norm: null, activation: null }),
    );
    const total = depths.reduce((sum, depth) => sum + depth, 0);
    this.blocks = new nn.ModuleList();
    let grid = halved(input_size);
    let channels = stem;
    let built = 0;
    for (const [i, width] of widths.entries()) {
      grid = halved(grid);
      if (grid % partition !== 0)
        throw new ModelError(
          'argument',
          `MaxViT: stage ${i + 1} of a ${input_size}² image is ${grid}², which does not divide into windows of ${partition}²`,
          {
            hint: `give an input_size that is a multiple of ${partition * 2 ** (widths.length + 1)}`,
          },
        );
      const drops = Array.from({ length: depths[i] ?? 0 }, () => (stochastic_depth_prob * built++) / (total - 1));
      this.blocks.append(
        new MaxVitBlock(channels, drops, { channels: width, grid, partition, attention_dropout, mlp_dropout }),
      );
      channels = width;
    }
    this.classifier = new nn.Sequential(
      new nn.AdaptiveAvgPool2d(1),
      new nn.Flatten(),
      new nn.LayerNorm(channels),
      new nn.Linear(channels, channels),
      new nn.Tanh(),
      new nn.Linear(channels, num_classes, { bias: false }),
    );
  }

  forward(x: nn.Tensor): nn.Tensor {
    let out = this.stem(x);
    for (const block of this.blocks) out = block(out);
    return this.classifier(out);
  }
}

export function maxvit_t(options: MaxVitOptions = {}): MaxVit {
  return new MaxVit({ stem: 64, widths: [64, 128, 256, 512], depths: [2, 2, 5, 2], partition: 7, drop: 0.2 }, options);
}
