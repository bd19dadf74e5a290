import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Activation, embedding, type Layer, layerNorm, type PassLayer } from '../../blocks/parts.js';
import { bartAttention } from '../../blocks/seq2seq.js';
import { unit } from '../../blocks/unit.js';
import { loose } from '../decoders/opt.js';

const F = nn.functional;

export interface MelSpec {
  readonly type: string;
  /** Mel bins of a frame, and places of the table: half as many as there are frames. */
  readonly mels: number;
  readonly rows: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly inner: number;
  readonly act: Activation;
  /** Means of two tokens each before the last norm. */
  readonly pooled?: boolean;
}

/** Layers of Whisper's encoder. */
export function whisperLayers(
  type: string,
  count: number,
  s: Pick<MelSpec, 'hidden' | 'heads' | 'inner' | 'act'>,
): PassLayer[] {
  return layersOf(count, () => {
    const attention = bartAttention(s.hidden, s.heads, { causal: false, k_bias: false });
    const ffn = loose(s.hidden, s.inner, s.act);
    const [n1, n2] = [layerNorm(s.hidden), layerNorm(s.hidden)];
    return unit(
      `${type}EncoderLayer`,
      { self_attn: attention, self_attn_layer_norm: n1, ...ffn.parts, final_layer_norm: n2 },
      (x: nn.Tensor, pass: nn.Pass) => {
        const y = x.add(attention(n1(x), pass));
        return y.add(ffn.run(n2(y)));
      },
    );
  });
}

/** Whisper's encoder, which others take over: N×mels×frames → N×frames/2×hidden. */
export function melEncoder(s: MelSpec): Layer {
  const conv1 = new nn.Conv1d(s.mels, s.hidden, 3, { padding: 1 });
  const conv2 = new nn.Conv1d(s.hidden, s.hidden, 3, { stride: 2, padding: 1 });
  // Sines and cosines, which training leaves.
  const positions = embedding(s.rows, s.hidden).requires_grad_(false);
  const norm = layerNorm(s.hidden);
  const layers = whisperLayers(s.type, s.layers, s);
  return unit(
    `${s.type}Encoder`,
    { conv1, conv2, embed_positions: positions, layers: new nn.ModuleList(layers as never), layer_norm: norm },
    (x: nn.Tensor): nn.Tensor => {
      let y = F.gelu(conv2(F.gelu(conv1(x)))).permute(0, 2, 1);
      y = y.add(positions(F.arange(y.size(1))));
      const pass = new nn.Pass(y.size(0), y.size(1), 0);
      for (const layer of layers) y = layer(y, pass);
      if (s.pooled) y = F.avg_pool1d(y.permute(0, 2, 1), 2, { stride: 2 }).permute(0, 2, 1);
      return norm(y);
    },
  );
}
