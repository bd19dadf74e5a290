import { floordiv, mul, requires } from '../../dim/index.js';
import { ModelError } from '../../source/errors.js';
import * as nn from '../../torch/nn/index.js';
import { functional as F } from '../../torch/nn/index.js';
import { type ClassifierOptions, gelu, MLP, withDefaults } from './blocks.js';

export interface VisionTransformerOptions extends ClassifierOptions {
  /** Extent of the image, which fixes the number of positions. */
  readonly image_size?: number;
  readonly dropout?: number;
  readonly attention_dropout?: number;
  /** Width of another layer with tanh before the last one. */
  readonly representation_size?: number | null;
}

interface Recipe {
  readonly patch_size: number;
  readonly num_layers: number;
  readonly num_heads: number;
  readonly hidden_dim: number;
  readonly mlp_dim: number;
}
interface Drops {
  readonly dropout: number;
  readonly attention_dropout: number;
}

const EPS = 1e-6;

class MLPBlock extends MLP {
  static override readonly type: string = 'torchvision.models.vision_transformer.MLPBlock';

  constructor(dim: number, hidden: number, dropout: number) {
    super(dim, [hidden, dim], gelu, dropout);
  }
}

class EncoderBlock extends nn.Module {
  static override readonly type: string = 'torchvision.models.vision_transformer.EncoderBlock';
  ln_1: nn.LayerNorm;
  self_attention: nn.MultiheadAttention;
  dropout: nn.Dropout;
  ln_2: nn.LayerNorm;
  mlp: MLPBlock;

  constructor({ hidden_dim, num_heads, mlp_dim }: Recipe, { dropout, attention_dropout }: Drops) {
    super();
    this.ln_1 = new nn.LayerNorm(hidden_dim, { eps: EPS });
    this.self_attention = new nn.MultiheadAttention(hidden_dim, num_heads, {
      dropout: attention_dropout,
      batch_first: true,
    });
    this.dropout = new nn.Dropout(dropout);
    this.ln_2 = new nn.LayerNorm(hidden_dim, { eps: EPS });
    this.mlp = new MLPBlock(hidden_dim, mlp_dim, dropout);
  }

  forward(input: nn.Tensor): nn.Tensor {
    const normed = this.ln_1(input);
    const [attended] = this.self_attention(normed, normed, normed, { need_weights: false });
    const x = this.dropout(attended).add(input);
    return x.add(this.mlp(this.ln_2(x)));
  }
}

class Encoder extends nn.Module {
  static override readonly type: string = 'torchvision.models.vision_transformer.Encoder';
  pos_embedding: nn.Parameter;
  dropout: nn.Dropout;
  layers: nn.Sequential;
  ln: nn.LayerNorm;

  constructor(positions: number, recipe: Recipe, drops: Drops) {
    super();
    this.pos_embedding = new nn.Parameter([1, positions, recipe.hidden_dim]);
    this.dropout = new nn.Dropout(drops.dropout);
    this.layers = new nn.Sequential();
    for (let i = 0; i < recipe.num_layers; i++)
      this.layers.add_module(`encoder_layer_${i}`, new EncoderBlock(recipe, drops));
    this.ln = new nn.LayerNorm(recipe.hidden_dim, { eps: EPS });
  }

  forward(input: nn.Tensor): nn.Tensor {
    return this.ln(this.layers(this.dropout(input.add(this.pos_embedding))));
  }
}

/** Patches as words (Dosovitskiy 2020); (N, 3, image_size, image_size) → (N, num_classes). */
export class VisionTransformer extends nn.Module {
  static override readonly type: string = 'torchvision.models.vision_transformer.VisionTransformer';
  class_token: nn.Parameter;
  conv_proj: nn.Conv2d;
  encoder: Encoder;
  heads: nn.Sequential;
  readonly image_size: number;
  readonly patch_size: number;

  constructor(recipe: Recipe, options: VisionTransformerOptions = {}) {
    super();
    const settings = withDefaults<Required<VisionTransformerOptions>>('VisionTransformer', options, {
      num_classes: 1000,
      image_size: 224,
      dropout: 0,
      attention_dropout: 0,
      representation_size: null,
    });
    const { num_classes, image_size, representation_size, dropout, attention_dropout } = settings;
    const { patch_size, hidden_dim } = recipe;
    if (image_size % patch_size !== 0)
      throw new ModelError('argument', `a ${image_size}² image does not divide into patches of ${patch_size}²`, {
        hint: `give an image_size that is a multiple of ${patch_size}`,
      });
    this.image_size = image_size;
    this.patch_size = patch_size;
    this.conv_proj = new nn.Conv2d(3, hidden_dim, patch_size, { stride: patch_size });
    this.class_token = new nn.Parameter([1, 1, hidden_dim]);
    this.encoder = new Encoder((image_size / patch_size) ** 2 + 1, recipe, { dropout, attention_dropout });
    this.heads = new nn.Sequential(
      representation_size === null
        ? { head: new nn.Linear(hidden_dim, num_classes) }
        : {
            pre_logits: new nn.Linear(hidden_dim, representation_size),
            act: new nn.Tanh(),
            head: new nn.Linear(representation_size, num_classes),
          },
    );
  }

  forward(image: nn.Tensor): nn.Tensor {
    const [batch = 1, , height = 1, width = 1] = image.shape;
    const message = `this model takes images of ${this.image_size}², not ${String(height)}×${String(width)}`;
    for (const left of [height, width])
      if (!requires({ kind: 'equal', left, right: this.image_size, message }))
        throw new ModelError('shape', message, {
          hint: `give an input of 1x3x${this.image_size}x${this.image_size}, or build the model with image_size: ${String(height)}`,
        });
    const rows = floordiv(height, this.patch_size);
    const columns = floordiv(width, this.patch_size);
    const patches = this.conv_proj(image).reshape(batch, this.class_token.size(2), mul(rows, columns)).permute(0, 2, 1);
    const tokens = F.cat([this.class_token.expand(batch, -1, -1), patches], 1);
    return this.heads(this.encoder(tokens).select(1, 0));
  }
}

export function vit_b_16(options: VisionTransformerOptions = {}): VisionTransformer {
  return new VisionTransformer(
    { patch_size: 16, num_layers: 12, num_heads: 12, hidden_dim: 768, mlp_dim: 3072 },
    options,
  );
}
export function vit_b_32(options: VisionTransformerOptions = {}): VisionTransformer {
  return new VisionTransformer(
    { patch_size: 32, num_layers: 12, num_heads: 12, hidden_dim: 768, mlp_dim: 3072 },
    options,
  );
}
export function vit_l_16(options: VisionTransformerOptions = {}): VisionTransformer {
  return new VisionTransformer(
    { patch_size: 16, num_layers: 24, num_heads: 16, hidden_dim: 1024, mlp_dim: 4096 },
    options,
  );
}
export function vit_l_32(options: VisionTransformerOptions = {}): VisionTransformer {
  return new VisionTransformer(
    { patch_size: 32, num_layers: 24, num_heads: 16, hidden_dim: 1024, mlp_dim: 4096 },
    options,
  );
}
export function vit_h_14(options: VisionTransformerOptions = {}): VisionTransformer {
  return new VisionTransformer(
    { patch_size: 14, num_layers: 32, num_heads: 16, hidden_dim: 1280, mlp_dim: 5120 },
    options,
  );
}
