import * as nn from '../../src/torch/nn/index.js';

const F = nn.functional;
type Tensor = nn.Tensor;

/** A model that an oracle case names: one layer, one function or one structure. */
export interface Case {
  readonly model: () => nn.AnyModule;
  /** dtype of the inputs where it is not float32. */
  readonly dtype?: 'int64';
}

/** The layer under the name `m`, as the oracle's cases have it. */
class Wrap extends nn.Module<Tensor[], unknown> {
  m: nn.AnyModule;
  constructor(m: nn.AnyModule) {
    super();
    this.m = m;
  }
  forward(...x: Tensor[]): unknown {
    return (this.m as unknown as (...a: Tensor[]) => unknown)(...x);
  }
}
const layer = (m: () => nn.AnyModule, dtype?: 'int64'): Case => ({
  model: () => new Wrap(m()) as nn.AnyModule,
  ...(dtype ? { dtype } : {}),
});

/** A function beside a layer that is never called. */
class Functional extends nn.Module<Tensor[], Tensor> {
  dummy = new nn.Linear(1, 1);
  readonly fn: (...x: Tensor[]) => Tensor;
  constructor(fn: (...x: Tensor[]) => Tensor) {
    super();
    this.fn = fn;
  }
  forward(...x: Tensor[]): Tensor {
    return this.fn(...x);
  }
}
const fn = (f: (...x: never[]) => Tensor): Case => ({
  model: () => new Functional(f as (...x: Tensor[]) => Tensor) as nn.AnyModule,
});

class TwoNames extends nn.Module {
  a = new nn.Linear(64, 64);
  b = this.a;
  forward(x: Tensor): Tensor {
    return this.b(this.a(x));
  }
}
class Block extends nn.Module {
  fc: nn.Linear;
  constructor(fc: nn.Linear) {
    super();
    this.fc = fc;
  }
  forward(x: Tensor): Tensor {
    return this.fc(x);
  }
}
class TwoParents extends nn.Module {
  a: Block;
  b: Block;
  constructor() {
    super();
    const shared = new nn.Linear(64, 64);
    this.a = new Block(shared);
    this.b = new Block(shared);
  }
  forward(x: Tensor): Tensor {
    return this.b(this.a(x));
  }
}
class LinearWithChild extends nn.Linear {
  act = new nn.ReLU();
  override forward(x: Tensor): Tensor {
    return this.act(super.forward(x));
  }
}
class BareParam extends nn.Module {
  w = new nn.Parameter([64, 64]);
  a = new nn.Linear(64, 64);
  forward(x: Tensor): Tensor {
    return this.a(x).matmul(this.w);
  }
}
class MyConvFn extends nn.Module {
  w = new nn.Parameter([16, 8, 3, 3]);
  forward(x: Tensor): Tensor {
    return F.conv2d(x, this.w, null, { padding: 1 });
  }
}
class Tied extends nn.Module {
  emb = new nn.Embedding(100, 64);
  head = new nn.Linear(64, 100, { bias: false });
  constructor() {
    super();
    this.head.weight = this.emb.weight;
  }
  forward(x: Tensor): Tensor {
    return this.head(this.emb(x));
  }
}
class Unused extends nn.Module {
  a = new nn.Linear(64, 64);
  unused = new nn.Linear(64, 64);
  forward(x: Tensor): Tensor {
    return this.a(x);
  }
}
function halfFrozen(): nn.AnyModule {
  const frozen = new nn.Linear(64, 64);
  frozen.weight.requires_grad = false;
  return new nn.Sequential(frozen, new nn.Linear(64, 64));
}

/** Every `micro/` case that layers can express. `fn_fft` is not there: nn has no Fourier transform. */
export const MICRO: Readonly<Record<string, Case>> = {
  AdaptiveAvgPool1d_5: layer(() => new nn.AdaptiveAvgPool1d(5)),
  AdaptiveAvgPool2d_1: layer(() => new nn.AdaptiveAvgPool2d(1)),
  AdaptiveAvgPool2d_5: layer(() => new nn.AdaptiveAvgPool2d(5)),
  AdaptiveAvgPool2d_7: layer(() => new nn.AdaptiveAvgPool2d(7)),
  AdaptiveAvgPool3d_2: layer(() => new nn.AdaptiveAvgPool3d(2)),
  AdaptiveMaxPool2d_1: layer(() => new nn.AdaptiveMaxPool2d(1)),
  AdaptiveMaxPool2d_5: layer(() => new nn.AdaptiveMaxPool2d(5)),
  AvgPool1d_k2: layer(() => new nn.AvgPool1d(2)),
  AvgPool2d_k2: layer(() => new nn.AvgPool2d(2)),
  AvgPool2d_k3_s2_p1: layer(() => new nn.AvgPool2d(3, 2, 1)),
  AvgPool3d_k2: layer(() => new nn.AvgPool3d(2)),
  BatchNorm1d_8: layer(() => new nn.BatchNorm1d(8)),
  BatchNorm1d_8_noaffine: layer(() => new nn.BatchNorm1d(8, { affine: false })),
  BatchNorm2d_8: layer(() => new nn.BatchNorm2d(8)),
  BatchNorm2d_8_norunstats: layer(() => new nn.BatchNorm2d(8, { track_running_stats: false })),
  BatchNorm2d_8_norunstats_noaffine: layer(() => new nn.BatchNorm2d(8, { track_running_stats: false, affine: false })),
  BatchNorm3d_8: layer(() => new nn.BatchNorm3d(8)),
  BatchNorm3d_8_noaffine: layer(() => new nn.BatchNorm3d(8, { affine: false })),
  Bilinear_16_8_4: layer(() => new nn.Bilinear(16, 8, 4)),
  CELU: layer(() => new nn.CELU()),
  ChannelShuffle: layer(() => new nn.ChannelShuffle(2)),
  ConstantPad2d: layer(() => new nn.ConstantPad2d(1, 0)),
  Conv1d_8_16_k3_p1: layer(() => new nn.Conv1d(8, 16, 3, { padding: 1 })),
  Conv1d_8_16_k3_p1_nobias: layer(() => new nn.Conv1d(8, 16, 3, { padding: 1, bias: false })),
  Conv2d_8_16_k1x3_padmode_reflect: layer(
    () => new nn.Conv2d(8, 16, [1, 3], { padding: [0, 1], padding_mode: 'reflect' }),
  ),
  Conv2d_8_16_k3_dil2_p2: layer(() => new nn.Conv2d(8, 16, 3, { padding: 2, dilation: 2 })),
  Conv2d_8_16_k3_s1_p1: layer(() => new nn.Conv2d(8, 16, 3, 1, 1)),
  Conv2d_8_16_k3_s1_p1_nobias: layer(() => new nn.Conv2d(8, 16, 3, 1, 1, { bias: false })),
  Conv2d_8_16_k3_s2_p1_g4: layer(() => new nn.Conv2d(8, 16, 3, 2, 1, { groups: 4 })),
  Conv2d_8_16_k3_s2_p1_g4_nobias: layer(() => new nn.Conv2d(8, 16, 3, 2, 1, { groups: 4, bias: false })),
  Conv2d_8_16_k4_same: layer(() => new nn.Conv2d(8, 16, 4, { padding: 'same' })),
  Conv2d_unbatched: layer(() => new nn.Conv2d(8, 16, 3, { padding: 1 })),
  Conv3d_8_16_k3_p1: layer(() => new nn.Conv3d(8, 16, 3, { padding: 1 })),
  Conv3d_8_16_k3_p1_nobias: layer(() => new nn.Conv3d(8, 16, 3, { padding: 1, bias: false })),
  ConvTranspose1d_8_16_k3_s2: layer(() => new nn.ConvTranspose1d(8, 16, 3, 2)),
  ConvTranspose1d_8_16_k3_s2_nobias: layer(() => new nn.ConvTranspose1d(8, 16, 3, 2, { bias: false })),
  ConvTranspose2d_8_16_k3_s2_p1_op1: layer(() => new nn.ConvTranspose2d(8, 16, 3, 2, 1, 1)),
  ConvTranspose2d_8_16_k4_s2_p1_g4: layer(() => new nn.ConvTranspose2d(8, 16, 4, 2, 1, { groups: 4 })),
  ConvTranspose2d_8_16_k4_s2_p1_g4_nobias: layer(
    () => new nn.ConvTranspose2d(8, 16, 4, 2, 1, { groups: 4, bias: false }),
  ),
  ConvTranspose3d_8_16_k2_s2_nobias: layer(() => new nn.ConvTranspose3d(8, 16, 2, 2, { bias: false })),
  Dropout: layer(() => new nn.Dropout(0.5)),
  ELU: layer(() => new nn.ELU()),
  EmbeddingBag_100_64: layer(() => new nn.EmbeddingBag(100, 64), 'int64'),
  Embedding_100_64: layer(() => new nn.Embedding(100, 64), 'int64'),
  Flatten: layer(() => new nn.Flatten()),
  GELU: layer(() => new nn.GELU()),
  GLU: layer(() => new nn.GLU(1)),
  GroupNorm_4_8: layer(() => new nn.GroupNorm(4, 8)),
  Hardsigmoid: layer(() => new nn.Hardsigmoid()),
  Hardswish: layer(() => new nn.Hardswish()),
  Hardtanh: layer(() => new nn.Hardtanh()),
  Identity: layer(() => new nn.Identity()),
  InstanceNorm2d_8: layer(() => new nn.InstanceNorm2d(8, { affine: true })),
  InstanceNorm2d_8_noaffine: layer(() => new nn.InstanceNorm2d(8)),
  LPPool2d: layer(() => new nn.LPPool2d(2, 2)),
  LayerNorm_64: layer(() => new nn.LayerNorm(64)),
  LayerNorm_64_noaffine: layer(() => new nn.LayerNorm(64, { elementwise_affine: false })),
  LeakyReLU: layer(() => new nn.LeakyReLU()),
  Linear_64_32_1d: layer(() => new nn.Linear(64, 32)),
  Linear_64_32_1d_nobias: layer(() => new nn.Linear(64, 32, false)),
  Linear_64_32_2d: layer(() => new nn.Linear(64, 32)),
  Linear_64_32_2d_nobias: layer(() => new nn.Linear(64, 32, false)),
  Linear_64_32_3d: layer(() => new nn.Linear(64, 32)),
  Linear_64_32_3d_nobias: layer(() => new nn.Linear(64, 32, false)),
  LocalResponseNorm: layer(() => new nn.LocalResponseNorm(2)),
  LogSigmoid: layer(() => new nn.LogSigmoid()),
  'LogSoftmax_dim-1': layer(() => new nn.LogSoftmax(-1)),
  MaxPool1d_k2: layer(() => new nn.MaxPool1d(2)),
  MaxPool2d_k2: layer(() => new nn.MaxPool2d(2)),
  MaxPool2d_k3_s2_p1: layer(() => new nn.MaxPool2d(3, 2, 1)),
  Mish: layer(() => new nn.Mish()),
  PReLU: layer(() => new nn.PReLU()),
  PixelShuffle: layer(() => new nn.PixelShuffle(2)),
  ReLU: layer(() => new nn.ReLU()),
  ReLU6: layer(() => new nn.ReLU6()),
  ReflectionPad2d: layer(() => new nn.ReflectionPad2d(1)),
  SELU: layer(() => new nn.SELU()),
  SiLU: layer(() => new nn.SiLU()),
  Softmax2d: layer(() => new nn.Softmax2d()),
  'Softmax_dim-1': layer(() => new nn.Softmax(-1)),
  Softmax_dim1: layer(() => new nn.Softmax(1)),
  'Softmin_dim-1': layer(() => new nn.Softmin(-1)),
  Tanh: layer(() => new nn.Tanh()),
  Unfold: layer(() => new nn.Unfold(3)),
  Upsample_size20_bilinear: layer(() => new nn.Upsample({ size: 20, mode: 'bilinear' })),
  Upsample_x2_bicubic: layer(() => new nn.Upsample({ scale_factor: 2, mode: 'bicubic' })),
  Upsample_x2_bilinear: layer(() => new nn.Upsample({ scale_factor: 2, mode: 'bilinear' })),
  Upsample_x2_linear_1d: layer(() => new nn.Upsample({ scale_factor: 2, mode: 'linear' })),
  Upsample_x2_nearest: layer(() => new nn.Upsample({ scale_factor: 2 })),
  Upsample_x2_trilinear_3d: layer(() => new nn.Upsample({ scale_factor: 2, mode: 'trilinear' })),
  UpsamplingBilinear2d_x2: layer(() => new nn.UpsamplingBilinear2d({ scale_factor: 2 })),
  UpsamplingNearest2d_x2: layer(() => new nn.UpsamplingNearest2d({ scale_factor: 2 })),
  ZeroPad2d: layer(() => new nn.ZeroPad2d(1)),
  batch2_smallcnn: {
    model: () =>
      new nn.Sequential(
        new nn.Conv2d(3, 8, 3, { padding: 1 }),
        new nn.BatchNorm2d(8),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.AdaptiveAvgPool2d(1),
        new nn.Flatten(),
        new nn.Linear(8, 10),
      ),
  },
  fn_F_avg_pool2d: fn((x: Tensor) => F.avg_pool2d(x, 2)),
  fn_F_gelu: fn((x: Tensor) => F.gelu(x)),
  fn_F_hardswish: fn((x: Tensor) => F.hardswish(x)),
  fn_F_interpolate_x2_nearest: fn((x: Tensor) => F.interpolate(x, { scale_factor: 2 })),
  fn_F_layer_norm: fn((x: Tensor) => F.layer_norm(x, [64])),
  fn_F_linear_bias: fn((x: Tensor, w: Tensor, b: Tensor) => F.linear(x, w, b)),
  fn_F_max_pool2d: fn((x: Tensor) => F.max_pool2d(x, 2)),
  fn_F_normalize: fn((x: Tensor) => F.normalize(x)),
  fn_F_relu: fn((x: Tensor) => F.relu(x)),
  fn_F_silu: fn((x: Tensor) => F.silu(x)),
  fn_F_softmax: fn((x: Tensor) => F.softmax(x, -1)),
  fn_add_broadcast: fn((x: Tensor, y: Tensor) => F.add(x, y)),
  fn_addmm: fn((c: Tensor, a: Tensor, b: Tensor) => F.addmm(c, a, b)),
  fn_baddbmm: fn((c: Tensor, a: Tensor, b: Tensor) => F.baddbmm(c, a, b)),
  fn_bmm: fn((a: Tensor, b: Tensor) => a.bmm(b)),
  fn_cat: fn((a: Tensor, b: Tensor) => F.cat([a, b], 1)),
  fn_cdist: fn((a: Tensor, b: Tensor) => F.cdist(a, b)),
  fn_conv_transpose2d: fn((x: Tensor, w: Tensor) => F.conv_transpose2d(x, w, null, { stride: 2 })),
  fn_cumsum: fn((x: Tensor) => x.cumsum(1)),
  fn_einsum_attn: fn((q: Tensor, k: Tensor) => F.einsum('bhid,bhjd->bhij', q, k)),
  fn_einsum_bij_bjk: fn((a: Tensor, b: Tensor) => F.einsum('bij,bjk->bik', a, b)),
  fn_exp: fn((x: Tensor) => x.exp()),
  fn_matmul_3d: fn((a: Tensor, b: Tensor) => F.matmul(a, b)),
  fn_matmul_4d: fn((a: Tensor, b: Tensor) => a.matmul(b)),
  fn_matmul_broadcast_3d_2d: fn((a: Tensor, b: Tensor) => F.matmul(a, b)),
  fn_matmul_operator: fn((a: Tensor, b: Tensor) => a.matmul(b)),
  fn_matmul_vec: fn((a: Tensor, b: Tensor) => F.matmul(a, b)),
  fn_mm: fn((a: Tensor, b: Tensor) => a.mm(b)),
  fn_mul_method: fn((a: Tensor, b: Tensor) => F.mul(a, b)),
  fn_mul_scalar: fn((a: Tensor) => a.mul(2)),
  fn_mv: fn((a: Tensor, b: Tensor) => a.mv(b)),
  fn_sdpa_causal: fn((q: Tensor, k: Tensor, v: Tensor) => F.scaled_dot_product_attention(q, k, v, { is_causal: true })),
  fn_sdpa_cross: fn((q: Tensor, k: Tensor, v: Tensor) => F.scaled_dot_product_attention(q, k, v)),
  fn_sdpa_gqa: fn((q: Tensor, k: Tensor, v: Tensor) => F.scaled_dot_product_attention(q, k, v, { enable_gqa: true })),
  fn_sigmoid: fn((x: Tensor) => x.sigmoid()),
  fn_sqrt: fn((x: Tensor) => x.sqrt()),
  fn_sub_op: fn((a: Tensor, b: Tensor) => a.sub(b)),
  fn_tensor_softmax: fn((x: Tensor) => x.softmax(-1)),
  fn_torch_add: fn((a: Tensor, b: Tensor) => F.add(a, b)),
  root_Conv2d: { model: () => new nn.Conv2d(8, 16, 3, { padding: 1 }) },
  root_LSTM_batchfirst: { model: () => new nn.LSTM(128, 256, { batch_first: true }) },
  root_Linear: { model: () => new nn.Linear(64, 32) },
  root_Sequential_Linear: { model: () => new nn.Sequential(new nn.Linear(64, 32)) },
  struct_Linear_owned_by_two_parents: { model: () => new TwoParents() },
  struct_Linear_subclass_with_child: layer(() => new LinearWithChild(64, 64)),
  struct_Linear_two_names_same_parent: { model: () => new TwoNames() },
  struct_bare_param_matmul: { model: () => new BareParam() },
  struct_custom_F_conv2d: layer(() => new MyConvFn()),
  struct_half_frozen: { model: halfFrozen },
  struct_nested_Sequential: {
    model: () =>
      new nn.Sequential(
        new nn.Sequential(new nn.Linear(64, 64), new nn.ReLU()),
        new nn.Sequential(new nn.Linear(64, 64), new nn.Sequential(new nn.Linear(64, 64))),
      ),
  },
  struct_tied_embedding_head: { model: () => new Tied(), dtype: 'int64' },
  struct_unused_Linear: { model: () => new Unused() },
};

/** A recurrent or attention case, built from the arguments in its name; null for names that say too little. */
export function fromName(name: string): Case | null {
  const flag = (word: string) => name.split('_').includes(word);
  const number = (pattern: RegExp) => Number(pattern.exec(name)?.[1] ?? Number.NaN);
  const [kind] = name.split('_');
  const [x, h, l] = [number(/in(\d+)/), number(/_h(\d+)/), number(/_l(\d+)/)];
  switch (kind) {
    case 'RNN':
    case 'GRU':
    case 'LSTM': {
      const options = {
        num_layers: l,
        batch_first: flag('batchfirst'),
        bidirectional: flag('bi'),
        bias: !flag('nobias'),
      };
      return layer(() => new nn[kind](x, h, options) as nn.AnyModule);
    }
    case 'RNNCell':
    case 'GRUCell':
    case 'LSTMCell':
      return layer(() => new nn[kind](x, h) as nn.AnyModule);
    case 'MultiheadAttention': {
      const attention = () => new nn.MultiheadAttention(number(/_e(\d+)/), h, { batch_first: flag('batchfirst') });
      const weights = !flag('needweightsFalse');
      return { model: () => new Attend(attention(), weights) as nn.AnyModule };
    }
    case 'TransformerEncoderLayer':
      return layer(
        () =>
          new nn.TransformerEncoderLayer(number(/_d(\d+)/), h, {
            dim_feedforward: number(/_ff(\d+)/),
            batch_first: flag('batchfirst'),
          }),
      );
    case 'TransformerEncoder':
      return layer(
        () =>
          new nn.TransformerEncoder(
            new nn.TransformerEncoderLayer(number(/_d(\d+)/), h, {
              dim_feedforward: number(/_ff(\d+)/),
              batch_first: flag('batchfirst'),
            }),
            l,
          ),
      );
    case 'TransformerDecoder':
      return layer(
        () =>
          new nn.TransformerDecoder(
            new nn.TransformerDecoderLayer(number(/_d(\d+)/), h, {
              dim_feedforward: number(/_ff(\d+)/),
              batch_first: flag('batchfirst'),
            }),
            l,
          ) as nn.AnyModule,
      );
    case 'Transformer':
      return layer(() => new nn.Transformer() as nn.AnyModule);
    default:
      return null;
  }
}

/** Attention of a tensor to itself where only one is given. */
class Attend extends nn.Module<Tensor[], unknown> {
  m: nn.MultiheadAttention;
  readonly need_weights: boolean;
  constructor(m: nn.MultiheadAttention, need_weights: boolean) {
    super();
    this.m = m;
    this.need_weights = need_weights;
  }
  forward(...x: Tensor[]): unknown {
    const [q, k = q, v = q] = x as [Tensor, Tensor?, Tensor?];
    return this.m(q, k as Tensor, v as Tensor, { need_weights: this.need_weights })[0];
  }
}
