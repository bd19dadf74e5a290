import * as nn from '../torch/nn/index.js';
import { withDefaults } from './vision/blocks.js';

export interface AttentionOptions {
  readonly embed_dim?: number;
  readonly num_heads?: number;
  readonly batch_first?: boolean;
}

/** `torch.nn.MultiheadAttention(256, 8, batch_first=True)`: query, key and value (N, T, 256) → (N, T, 256). */
export function multihead_attention(options: AttentionOptions = {}): nn.MultiheadAttention {
  const defaults = { embed_dim: 256, num_heads: 8, batch_first: true };
  const { embed_dim, num_heads, batch_first } = withDefaults('multihead_attention', options, defaults);
  return new nn.MultiheadAttention(embed_dim, num_heads, { batch_first });
}

export interface TransformerStackOptions {
  readonly d_model?: number;
  readonly nhead?: number;
  readonly num_layers?: number;
  readonly dim_feedforward?: number;
  readonly batch_first?: boolean;
}

const STACK: Required<TransformerStackOptions> = {
  d_model: 256,
  nhead: 8,
  num_layers: 2,
  dim_feedforward: 512,
  batch_first: false,
};

/** Two encoder layers 256 wide with 8 heads: (T, N, 256) → (T, N, 256). */
export function transformer_encoder(options: TransformerStackOptions = {}): nn.TransformerEncoder {
  const { d_model, nhead, num_layers, ...rest } = withDefaults('transformer_encoder', options, STACK);
  return new nn.TransformerEncoder(new nn.TransformerEncoderLayer(d_model, nhead, rest), num_layers);
}
/** Two decoder layers 256 wide with 8 heads: target (T, N, 256) and memory (S, N, 256) → (T, N, 256). */
export function transformer_decoder(options: TransformerStackOptions = {}): nn.TransformerDecoder {
  const { d_model, nhead, num_layers, ...rest } = withDefaults('transformer_decoder', options, STACK);
  return new nn.TransformerDecoder(new nn.TransformerDecoderLayer(d_model, nhead, rest), num_layers);
}

export interface TransformerOptions {
  readonly d_model?: number;
  readonly nhead?: number;
  readonly num_encoder_layers?: number;
  readonly num_decoder_layers?: number;
  readonly dim_feedforward?: number;
  readonly batch_first?: boolean;
}

/** `torch.nn.Transformer()`: source (S, N, 512) and target (T, N, 512) → (T, N, 512). */
export function transformer(options: TransformerOptions = {}): nn.Transformer {
  const settings = withDefaults<Required<TransformerOptions>>('transformer', options, {
    d_model: 512,
    nhead: 8,
    num_encoder_layers: 6,
    num_decoder_layers: 6,
    dim_feedforward: 2048,
    batch_first: false,
  });
  return new nn.Transformer(settings);
}
