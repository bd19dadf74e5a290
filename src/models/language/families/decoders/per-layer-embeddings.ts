import type * as nn from '../../../../torch/nn/index.js';
import type { DecoderSpec } from '../../blocks/model.js';
import { embedding, linear, rms } from '../../blocks/parts.js';
import type { Parts } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

export interface PerLayerEmbeddings {
  readonly parts: Parts;
  /** Makes the embeddings of a pass, before its first layer. */
  readonly before: NonNullable<DecoderSpec['before']>;
  /** Those of one layer, batch×sequence×width. */
  readonly of: (pass: nn.Pass, layer: number) => nn.Tensor;
}

/** An embedding of each token for every layer, from a table of its own and from the hidden state (Gemma 3n, Gemma 4). */
export function perLayerEmbeddings(
  c: Config,
  { hidden, layers, width }: { readonly hidden: number; readonly layers: number; readonly width: number },
): PerLayerEmbeddings {
  const table = embedding(c.size('vocab_size_per_layer_input'), layers * width);
  const [project, norm] = [linear(hidden, layers * width), rms(width)];
  return {
    parts: { embed_tokens_per_layer: table, per_layer_model_projection: project, per_layer_projection_norm: norm },
    before(x, pass, ids) {
      const scaled = x.mul(1);
      const byLayer = (y: nn.Tensor): nn.Tensor => y.mul(1).view(x.size(0), x.size(1), layers, width);
      const projected = norm(byLayer(project(scaled)));
      pass.shared.set('per_layer', projected.add(byLayer(table(ids))).mul(1));
      return scaled;
    },
    of: (pass, layer) => (pass.shared.get('per_layer') as nn.Tensor).select(2, layer),
  };
}
