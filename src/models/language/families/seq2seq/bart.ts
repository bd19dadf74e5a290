import { add, floordiv } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { type Architecture, type Builder, labelsOf } from '../../blocks/model.js';
import { activation, linear } from '../../blocks/parts.js';
import { type Seq2SeqSpec, seq2seq } from '../../blocks/seq2seq.js';
import { unit } from '../../blocks/unit.js';
import { type Config, MAX_STACK_LAYERS } from '../../config.js';
import { melEncoder } from '../speech/mel.js';

type Differences = Partial<Seq2SeqSpec> & {
  /** Rows of the table of positions beyond those of the configuration; null if positions are computed. */
  readonly extra?: number | null;
};

const side = (c: Config, name: 'encoder' | 'decoder'): Seq2SeqSpec['encoder'] => ({
  layers: c.layers(`${name}_layers`, undefined, MAX_STACK_LAYERS),
  heads: c.size(`${name}_attention_heads`),
  inner: c.size(`${name}_ffn_dim`),
});
/** What the configuration of a model like BART says, and what it differs in. */
export function spec(c: Config, type: string, d: Differences): Seq2SeqSpec {
  const { extra = 2, ...rest } = d;
  return {
    type,
    style: 'pre',
    hidden: c.size(c.get('d_model') === undefined ? 'hidden_size' : 'd_model'),
    encoder: side(c, 'encoder'),
    decoder: side(c, 'decoder'),
    activation: activation(c, 'activation_function', 'gelu'),
    vocab: c.size('vocab_size'),
    positions: extra === null ? null : c.size('max_position_embeddings') + extra,
    unusedPositions: extra ?? 0,
    embeddingNorm: false,
    finalNorm: null,
    shared: true,
    tieHead: c.bool('tie_word_embeddings', true),
    ...rest,
  };
}
const bart = (type: string, d: Differences): Builder => {
  return (c, o) => seq2seq(c, spec(c, type, d), o);
};
/** Marian: encoder and decoder may have vocabularies of their own. */
const marian: Builder = (c, o) => {
  const shared = c.bool('share_encoder_decoder_embeddings', true);
  const target = c.maybe('decoder_vocab_size') ?? c.size('vocab_size');
  return seq2seq(c, spec(c, 'Marian', { style: 'after', extra: 0, shared, targetVocab: target }), o);
};
const fsmt: Builder = (c, o) =>
  seq2seq(
    c,
    spec(c, 'FSMT', {
      style: 'after',
      vocab: c.size('src_vocab_size'),
      targetVocab: c.size('tgt_vocab_size'),
      shared: c.bool('tie_word_embeddings'),
      tieHead: c.bool('tie_word_embeddings'),
      names: { head: 'model.decoder.output_projection', shared: '' },
      unusedPositions: null,
    }),
    o,
  );
const seamless = (type: string): Builder => {
  return (c, o) =>
    seq2seq(
      c,
      {
        ...spec(c, type, { ownTables: true, extra: null, finalNorm: 'layer_norm' }),
        names: {
          base: '',
          encoder: 'text_encoder',
          decoder: 'text_decoder',
          cross: 'cross_attention',
          cross_norm: 'cross_attention_layer_norm',
          ffn: 'ffn',
          ffn_norm: 'ffn_layer_norm',
        },
      },
      o,
    );
};
/** Classes of a sound: the mean of all frames, and with `use_weighted_layer_sum` a weight for every layer. */
function soundClasses(c: Config, name: string, s: Seq2SeqSpec, rows: number): Architecture {
  const mels = c.size('num_mel_bins');
  const encoder = melEncoder({ type: 'Whisper', mels, rows, hidden: s.hidden, ...s.encoder, act: s.activation });
  const width = c.size('classifier_proj_size', 256);
  const [projector, classifier] = [linear(s.hidden, width, true), linear(width, labelsOf(c), true)];
  const weights = c.bool('use_weighted_layer_sum') ? new nn.Parameter([s.encoder.layers + 1]) : null;
  return {
    module: unit(name, { encoder, layer_weights: weights, projector, classifier }, (x: nn.Tensor) =>
      classifier(projector(encoder(x)).mean(1)),
    ),
    inputs: (free) => [{ name: 'input_features', shape: [free('batch'), mels, 2 * rows] }],
    kept: () => null,
  };
}
/** Whisper: two convolutions over mel frames, the second halving them. */
const whisper: Builder = (c, o) => {
  const s = spec(c, 'Whisper', { extra: null, finalNorm: 'layer_norm', k_bias: false });
  const rows = c.size('max_source_positions');
  if (/AudioClassification$/.test(o.architecture)) return soundClasses(c, o.architecture, s, rows);
  return seq2seq(
    c,
    {
      ...s,
      names: { head: 'proj_out' },
      positions: null,
      targetPositions: c.size('max_target_positions'),
      source: {
        module: melEncoder({
          type: 'Whisper',
          mels: c.size('num_mel_bins'),
          rows,
          hidden: s.hidden,
          ...s.encoder,
          act: s.activation,
        }),
        input: (free) => ({ name: 'input_features', shape: [free('batch'), c.size('num_mel_bins'), 2 * rows] }),
        length: (x) => floordiv(add(x.size(2), 1), 2),
      },
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = byName({
  bart: bart('Bart', { style: 'after', embeddingNorm: true }),
  mbart: bart('MBart', { embeddingNorm: true, finalNorm: 'layer_norm' }),
  plbart: bart('PLBart', { style: 'after', embeddingNorm: true }),
  mvp: bart('Mvp', { style: 'after', embeddingNorm: true }),
  'blenderbot-small': bart('BlenderbotSmall', { style: 'after', embeddingNorm: true, extra: 0 }),
  blenderbot: bart('Blenderbot', { extra: 0, finalNorm: 'layer_norm' }),
  m2m_100: bart('M2M100', { ownTables: true, extra: null, finalNorm: 'layer_norm' }),
  pegasus: bart('Pegasus', { extra: 0, finalNorm: 'layer_norm' }),
  marian,
  fsmt,
  seamless_m4t: seamless('SeamlessM4T'),
  seamless_m4t_v2: seamless('SeamlessM4Tv2'),
  whisper,
});
