import type { Attr } from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { layersIn } from './argument.js';
import { MultiheadAttention } from './attention.js';
import { Dropout } from './basic.js';
import { ModuleList } from './containers.js';
import * as F from './functional.js';
import { named, type Rest } from './kwargs.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { LayerNorm } from './norm.js';
import type { Tensor } from './tensor.js';

export interface TransformerLayerArguments {
  readonly dim_feedforward?: number;
  readonly dropout?: number;
  readonly activation?: 'relu' | 'gelu' | ((x: Tensor) => Tensor);
  readonly layer_norm_eps?: number;
  readonly batch_first?: boolean;
  readonly norm_first?: boolean;
  readonly bias?: boolean;
}
type LayerRest = Rest<
  [
    dim_feedforward: number,
    dropout: number,
    activation: 'relu' | 'gelu' | ((x: Tensor) => Tensor),
    layer_norm_eps: number,
    batch_first: boolean,
    norm_first: boolean,
    bias: boolean,
  ],
  TransformerLayerArguments
>;
const LAYER_NAMES = [
  'dim_feedforward',
  'dropout',
  'activation',
  'layer_norm_eps',
  'batch_first',
  'norm_first',
  'bias',
] as const;
const LAYER: Required<TransformerLayerArguments> = {
  dim_feedforward: 2048,
  dropout: 0.1,
  activation: 'relu',
  layer_norm_eps: 1e-5,
  batch_first: false,
  norm_first: false,
  bias: true,
};

/** Of an encoder's pairs, S×S or N·heads×S×S, and of its padded positions, N×S. */
export interface Masks {
  readonly mask?: Tensor | null;
  readonly is_causal?: boolean;
  readonly src_key_padding_mask?: Tensor | null;
}

/** Of a decoder: of its own pairs and positions, and of those of the memory. */
export interface DecoderMasks {
  readonly mask?: Tensor | null;
  readonly is_causal?: boolean;
  readonly tgt_key_padding_mask?: Tensor | null;
  readonly memory_mask?: Tensor | null;
  readonly memory_key_padding_mask?: Tensor | null;
}

const activationOf = (a: Required<TransformerLayerArguments>['activation']) =>
  typeof a === 'function' ? a : a === 'gelu' ? (x: Tensor) => F.gelu(x) : (x: Tensor) => F.relu(x);

/** Self-attention and a feed-forward block, each with a residual and a norm. */
export class TransformerEncoderLayer extends Module<[Tensor, Masks?], Tensor> {
  static override readonly type: string = 'torch.nn.TransformerEncoderLayer';
  self_attn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  readonly norm_first: boolean;
  readonly activation: (x: Tensor) => Tensor;
  readonly settings: readonly unknown[];

  constructor(d_model: number, nhead: number, ...rest: LayerRest) {
    super();
    const a = named<Required<TransformerLayerArguments>>('TransformerEncoderLayer', rest, LAYER_NAMES, LAYER);
    this.settings = [d_model, nhead, a];
    this.self_attn = new MultiheadAttention(d_model, nhead, {
      dropout: a.dropout,
      bias: a.bias,
      batch_first: a.batch_first,
    });
    this.linear1 = new Linear(d_model, a.dim_feedforward, a.bias);
    this.dropout = new Dropout(a.dropout);
    this.linear2 = new Linear(a.dim_feedforward, d_model, a.bias);
    this.norm1 = new LayerNorm(d_model, a.layer_norm_eps, true, a.bias);
    this.norm2 = new LayerNorm(d_model, a.layer_norm_eps, true, a.bias);
    this.dropout1 = new Dropout(a.dropout);
    this.dropout2 = new Dropout(a.dropout);
    this.norm_first = a.norm_first;
    this.activation = activationOf(a.activation);
  }

  /** Another layer with the same arguments and parameters of its own, as a stack of layers needs. */
  copy(): TransformerEncoderLayer {
    return new TransformerEncoderLayer(...(this.settings as [number, number, TransformerLayerArguments]));
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { d_model: this.self_attn.embed_dim, nhead: this.self_attn.num_heads, norm_first: this.norm_first };
  }

  forward(src: Tensor, masks: Masks = {}): Tensor {
    const attend = (x: Tensor) =>
      this.dropout1(
        this.self_attn(x, x, x, {
          attn_mask: masks.mask ?? null,
          key_padding_mask: masks.src_key_padding_mask ?? null,
          is_causal: masks.is_causal ?? false,
          need_weights: false,
        })[0],
      );
    const feed = (x: Tensor) => this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x)))));
    if (this.norm_first) {
      const x = src.add(attend(this.norm1(src)));
      return x.add(feed(this.norm2(x)));
    }
    const x = this.norm1(src.add(attend(src)));
    return this.norm2(x.add(feed(x)));
  }
}

/** Self-attention, attention over the memory, and a feed-forward block. */
export class TransformerDecoderLayer extends Module<[Tensor, Tensor, DecoderMasks?], Tensor> {
  static override readonly type: string = 'torch.nn.TransformerDecoderLayer';
  self_attn: MultiheadAttention;
  multihead_attn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  norm3: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  dropout3: Dropout;
  readonly norm_first: boolean;
  readonly activation: (x: Tensor) => Tensor;
  readonly settings: readonly unknown[];

  constructor(d_model: number, nhead: number, ...rest: LayerRest) {
    super();
    const a = named<Required<TransformerLayerArguments>>('TransformerDecoderLayer', rest, LAYER_NAMES, LAYER);
    this.settings = [d_model, nhead, a];
    const attention = { dropout: a.dropout, bias: a.bias, batch_first: a.batch_first };
    const norm = () => new LayerNorm(d_model, a.layer_norm_eps, true, a.bias);
    this.self_attn = new MultiheadAttention(d_model, nhead, attention);
    this.multihead_attn = new MultiheadAttention(d_model, nhead, attention);
    this.linear1 = new Linear(d_model, a.dim_feedforward, a.bias);
    this.dropout = new Dropout(a.dropout);
    this.linear2 = new Linear(a.dim_feedforward, d_model, a.bias);
    this.norm1 = norm();
    this.norm2 = norm();
    this.norm3 = norm();
    this.dropout1 = new Dropout(a.dropout);
    this.dropout2 = new Dropout(a.dropout);
    this.dropout3 = new Dropout(a.dropout);
    this.norm_first = a.norm_first;
    this.activation = activationOf(a.activation);
  }

  copy(): TransformerDecoderLayer {
    return new TransformerDecoderLayer(...(this.settings as [number, number, TransformerLayerArguments]));
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { d_model: this.self_attn.embed_dim, nhead: this.self_attn.num_heads, norm_first: this.norm_first };
  }

  forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    const call = {
      attn_mask: masks.mask ?? null,
      key_padding_mask: masks.tgt_key_padding_mask ?? null,
      is_causal: masks.is_causal ?? false,
      need_weights: false,
    };
    const over = {
      attn_mask: masks.memory_mask ?? null,
      key_padding_mask: masks.memory_key_padding_mask ?? null,
      need_weights: false,
    };
    const attend = (x: Tensor) => this.dropout1(this.self_attn(x, x, x, call)[0]);
    const look = (x: Tensor) => this.dropout2(this.multihead_attn(x, memory, memory, over)[0]);
    const feed = (x: Tensor) => this.dropout3(this.linear2(this.dropout(this.activation(this.linear1(x)))));
    if (this.norm_first) {
      const x = tgt.add(attend(this.norm1(tgt)));
      const y = x.add(look(this.norm2(x)));
      return y.add(feed(this.norm3(y)));
    }
    const x = this.norm1(tgt.add(attend(tgt)));
    const y = this.norm2(x.add(look(x)));
    return this.norm3(y.add(feed(y)));
  }
}

function copied<L extends TransformerEncoderLayer | TransformerDecoderLayer>(layer: L): L {
  if (typeof layer?.copy !== 'function')
    throw new ModelError('argument', 'a transformer is built of copies of a layer, and none was given', {
      format: 'nn',
      hint: 'new TransformerEncoder(new TransformerEncoderLayer(512, 8), 6)',
    });
  return layer.copy() as L;
}

function copies<L extends TransformerEncoderLayer | TransformerDecoderLayer>(layer: L, count: number): L[] {
  layersIn('a transformer', count);
  return Array.from({ length: count }, () => copied(layer));
}

export class TransformerEncoder extends Module<[Tensor, Masks?], Tensor> {
  static override readonly type: string = 'torch.nn.TransformerEncoder';
  layers: ModuleList<TransformerEncoderLayer>;
  norm: LayerNorm | null;
  constructor(encoder_layer: TransformerEncoderLayer, num_layers: number, norm: LayerNorm | null = null) {
    super();
    this.layers = new ModuleList(copies(encoder_layer, num_layers));
    this.norm = norm;
  }
  forward(src: Tensor, masks: Masks = {}): Tensor {
    let x = src;
    for (const layer of this.layers) x = layer(x, masks);
    return this.norm === null ? x : this.norm(x);
  }
}

export class TransformerDecoder extends Module<[Tensor, Tensor, DecoderMasks?], Tensor> {
  static override readonly type: string = 'torch.nn.TransformerDecoder';
  layers: ModuleList<TransformerDecoderLayer>;
  norm: LayerNorm | null;
  constructor(decoder_layer: TransformerDecoderLayer, num_layers: number, norm: LayerNorm | null = null) {
    super();
    this.layers = new ModuleList(copies(decoder_layer, num_layers));
    this.norm = norm;
  }
  forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    let x = tgt;
    for (const layer of this.layers) x = layer(x, memory, masks);
    return this.norm === null ? x : this.norm(x);
  }
}

export interface TransformerArguments extends TransformerLayerArguments {
  readonly d_model?: number;
  readonly nhead?: number;
  readonly num_encoder_layers?: number;
  readonly num_decoder_layers?: number;
}

/** Of all three attentions, as `torch.nn.Transformer` takes them. */
export interface TransformerMasks extends Omit<DecoderMasks, 'mask' | 'is_causal'> {
  readonly src_mask?: Tensor | null;
  readonly tgt_mask?: Tensor | null;
  readonly src_key_padding_mask?: Tensor | null;
  readonly src_is_causal?: boolean;
  readonly tgt_is_causal?: boolean;
}

/** Encoder and decoder with a final norm each: src S×N×E, tgt T×N×E → T×N×E. */
export class Transformer extends Module<[Tensor, Tensor, TransformerMasks?], Tensor> {
  static override readonly type: string = 'torch.nn.Transformer';
  encoder: TransformerEncoder;
  decoder: TransformerDecoder;

  constructor(
    ...rest: Rest<
      [d_model: number, nhead: number, num_encoder_layers: number, num_decoder_layers: number, dim_feedforward: number],
      TransformerArguments
    >
  ) {
    super();
    const a = named<Required<TransformerArguments>>(
      'Transformer',
      rest,
      ['d_model', 'nhead', 'num_encoder_layers', 'num_decoder_layers', ...LAYER_NAMES],
      { d_model: 512, nhead: 8, num_encoder_layers: 6, num_decoder_layers: 6, ...LAYER },
    );
    const { d_model, nhead, num_encoder_layers, num_decoder_layers, ...layer } = a;
    const norm = () => new LayerNorm(d_model, a.layer_norm_eps, true, a.bias);
    this.encoder = new TransformerEncoder(
      new TransformerEncoderLayer(d_model, nhead, layer),
      num_encoder_layers,
      norm(),
    );
    this.decoder = new TransformerDecoder(
      new TransformerDecoderLayer(d_model, nhead, layer),
      num_decoder_layers,
      norm(),
    );
  }

  forward(src: Tensor, tgt: Tensor, masks: TransformerMasks = {}): Tensor {
    const memory = this.encoder(src, {
      mask: masks.src_mask ?? null,
      is_causal: masks.src_is_causal ?? false,
      src_key_padding_mask: masks.src_key_padding_mask ?? null,
    });
    return this.decoder(tgt, memory, {
      mask: masks.tgt_mask ?? null,
      is_causal: masks.tgt_is_causal ?? false,
      tgt_key_padding_mask: masks.tgt_key_padding_mask ?? null,
      memory_mask: masks.memory_mask ?? null,
      memory_key_padding_mask: masks.memory_key_padding_mask ?? null,
    });
  }
}
