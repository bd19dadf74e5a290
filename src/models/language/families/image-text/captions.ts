import { byName } from '../../../../source/by-name.js';
import type * as nn from '../../../../torch/nn/index.js';
import type { Builder } from '../../blocks/model.js';
import { activation, linear } from '../../blocks/parts.js';
import { type Seq2SeqSpec, seq2seq } from '../../blocks/seq2seq.js';
import { pairOf } from '../../blocks/vit.js';
import { type Config, MAX_STACK_LAYERS } from '../../config.js';

/** Tokens of an image before its patches, by the type of its encoder. */
const BEFORE: Readonly<Record<string, number>> = byName({ vit: 1, deit: 2, beit: 1, dinov2: 1 });
const SWIN: ReadonlySet<string> = new Set(['swin', 'swinv2', 'donut-swin']);

/** How many tokens an encoder of images gives, and how wide they are. Throws ModelError for a type that is not known here. */
function seenBy(c: Config): { readonly tokens: number; readonly width: number } {
  const [image, patch] = [pairOf(c, 'image_size', 224), pairOf(c, 'patch_size', 16)];
  const grid = [Math.floor(image[0] / patch[0]), Math.floor(image[1] / patch[1])] as const;
  const before = BEFORE[c.type];
  if (before !== undefined) return { tokens: grid[0] * grid[1] + before, width: c.size('hidden_size') };
  if (!SWIN.has(c.type))
    throw c.wrong(
      'model_type',
      `is an encoder of images that is not known here; ${[...Object.keys(BEFORE), ...SWIN].join(', ')} are`,
    );
  // Each stage after the first halves the map, and doubles its channels.
  const halvings = (c.ints('depths') ?? []).length - 1;
  const side = (n: number): number => Array.from({ length: halvings }).reduce<number>((m) => Math.ceil(m / 2), n);
  return { tokens: side(grid[0]) * side(grid[1]), width: c.size('embed_dim') * 2 ** halvings };
}

/** What decoders of words under such an encoder differ in. */
type Words = Pick<Seq2SeqSpec, 'style' | 'embeddingNorm' | 'finalNorm' | 'positions' | 'unusedPositions' | 'names'>;
const DECODERS: Readonly<Record<string, (c: Config) => Words>> = byName({
  trocr: (c: Config) => ({
    style: 'after' as const,
    embeddingNorm: c.bool('layernorm_embedding', true),
    finalNorm: null,
    positions: c.bool('use_learned_position_embeddings', true) ? c.size('max_position_embeddings') + 2 : null,
    unusedPositions: 2,
    names: { base: '', encoder: 'encoder', decoder: 'decoder.model.decoder', head: 'decoder.output_projection' },
  }),
  mbart: (c: Config) => ({
    style: 'pre' as const,
    embeddingNorm: true,
    finalNorm: 'layer_norm',
    positions: c.size('max_position_embeddings') + 2,
    unusedPositions: 2,
    names: { base: '', encoder: 'encoder', decoder: 'decoder.model.decoder', head: 'decoder.lm_head' },
  }),
});

/** Words of an image: TrOCR, Donut, Nougat. */
const imageText: Builder = (c, o) => {
  const [eyes, words] = [c.sub('encoder', 'vit'), c.sub('decoder', 'trocr')];
  const own = DECODERS[words.type];
  if (own === undefined)
    throw words.wrong('model_type', `is a decoder that is not known here; ${Object.keys(DECODERS).join(', ')} are`);
  const build = o.builderOf?.(eyes.type);
  const { tokens, width } = seenBy(eyes);
  if (!build) throw eyes.wrong('model_type', 'is an encoder of images that is not known');
  const tower = build(eyes, { ...o, architecture: 'Model' });
  const hidden = words.size('d_model');
  const wide = words.maybe('cross_attention_hidden_size');
  const project = wide === null && width !== hidden ? linear(width, hidden, true) : null;
  return seq2seq(
    c,
    {
      type: 'VisionEncoderDecoder',
      hidden,
      encoder: { layers: 0, heads: 1, inner: 1 },
      decoder: {
        layers: words.layers('decoder_layers', undefined, MAX_STACK_LAYERS),
        heads: words.size('decoder_attention_heads'),
        inner: words.size('decoder_ffn_dim'),
      },
      activation: activation(words, 'activation_function', 'gelu'),
      vocab: words.size('vocab_size'),
      shared: false,
      tieHead: words.bool('tie_word_embeddings', true),
      ...own(words),
      source: {
        module: tower.module as unknown as nn.Module<[nn.Tensor], nn.Tensor>,
        input: (free) => tower.inputs(free)[0] as nn.InputSpec,
        length: () => tokens,
        ...(wide === null ? {} : { width: wide }),
        after: project === null ? null : ['enc_to_dec_proj', project],
      },
    },
    { ...o, architecture: '' },
  );
};

export const families: Readonly<Record<string, Builder>> = byName({ 'vision-encoder-decoder': imageText });
