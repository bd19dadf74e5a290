import { add, type Dim, mul, sub } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import { ModelError } from '../../../../source/errors.js';
import * as nn from '../../../../torch/nn/index.js';
import { fullAttention } from '../../blocks/attention.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import type { Architecture, Builder, BuildOptions } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { withinPositions } from '../../blocks/positions.js';
import { type CrossSource, crossAttention, type DecoderLayer } from '../../blocks/seq2seq.js';
import { type Parts, unit } from '../../blocks/unit.js';
import { type Config, MAX_STACK_LAYERS } from '../../config.js';

const F = nn.functional;
const NAMES = { q: 'query_proj', k: 'key_proj', v: 'value_proj', o: 'out_proj' } as const;

/**
 * Attention of the main stream and of one stream for each token ahead, one after the other along the tokens: those look at
 * the main stream's keys and at their own. Only the main stream is kept.
 */
function streamAttention(c: Config): PassLayer {
  const [hidden, heads, ahead] = [c.size('hidden_size'), c.size('num_decoder_attention_heads'), c.size('ngram')];
  const d = Math.floor(hidden / heads);
  const project = (): Layer => linear(hidden, hidden, true);
  const [q, k, v, out] = [project(), project(), project(), project()];
  const buckets = linear(hidden, c.size('num_buckets') * heads, true);
  const parts: Parts = { key_proj: k, value_proj: v, query_proj: q, out_proj: out, relative_pos_embeddings: buckets };
  return unit('ProphetNetNgramSelfAttention', parts, (x: nn.Tensor, pass: nn.Pass) => {
    const [n, steps] = [x.size(0), pass.sequence];
    const split = (t: nn.Tensor): nn.Tensor => t.view(n, mul(steps, ahead + 1), heads, d).transpose(1, 2);
    const main = (t: nn.Tensor): nn.Tensor => t.narrow(2, 0, steps);
    const others = (t: nn.Tensor): nn.Tensor =>
      t.narrow(2, steps, mul(steps, ahead)).reshape(n, heads, ahead, steps, d);
    const [qh, kh, vh] = [split(q(x)), split(k(x)), split(v(x))];
    const [keys, values] = [pass.extend('key', main(kh), 2), pass.extend('value', main(vh), 2)];
    const length = keys.size(2);
    const beside = (all: nn.Tensor, own: nn.Tensor): nn.Tensor =>
      F.cat([all.unsqueeze(2).expand(n, heads, ahead, length, d), others(own)], 3);
    buckets(x);
    const attend = (a: nn.Tensor, b: nn.Tensor, t: nn.Tensor): nn.Tensor => {
      const scores = a.matmul(b.transpose(-1, -2));
      return scores.add(scores).softmax(-1).matmul(t);
    };
    const first = attend(main(qh), keys, values);
    const later = attend(others(qh), beside(keys, kh), beside(values, vh));
    const all = F.cat([first, later.reshape(n, heads, mul(steps, ahead), d)], 2);
    return out(all.transpose(1, 2).reshape(n, mul(steps, ahead + 1), hidden));
  });
}

function layerOf(c: Config, decoder: boolean): DecoderLayer {
  const hidden = c.size('hidden_size');
  const side = decoder ? 'decoder' : 'encoder';
  const heads = c.size(`num_${side}_attention_heads`);
  const attention = decoder
    ? streamAttention(c)
    : fullAttention(hidden, heads, {
        names: NAMES,
      });
  const cross =
    decoder && c.bool('add_cross_attention', true)
      ? crossAttention({ type: 'ProphetNetAttention', hidden, heads, bias: true, names: NAMES })
      : null;
  const ff = plainMlp(
    'ProphetNetFeedForward',
    hidden,
    c.size(`${side}_ffn_dim`),
    activation(c, 'activation_function', 'gelu'),
    ['intermediate', 'output'],
  );
  const [n1, n2, n3] = [layerNorm(hidden), layerNorm(hidden), layerNorm(hidden)];
  return unit(
    `ProphetNet${decoder ? 'Decoder' : 'Encoder'}Layer`,
    {
      self_attn: attention,
      self_attn_layer_norm: n1,
      ...(cross === null ? {} : { cross_attn: cross as never, cross_attn_layer_norm: n2 }),
      feed_forward: ff,
      feed_forward_layer_norm: n3,
    },
    (x: nn.Tensor, pass: nn.Pass, from: CrossSource | null) => {
      let y = n1(x.add(attention(x, pass)));
      if (cross !== null && from !== null) y = n2(cross(y, pass, from).add(y));
      return n3(ff(y).add(y));
    },
  );
}

function sideOf(c: Config, decoder: boolean, word: nn.Embedding): DecoderLayer {
  const [hidden, ahead] = [c.size('hidden_size'), c.size('ngram')];
  const positions = embedding(c.size('max_position_embeddings'), hidden);
  const streams = decoder ? embedding(ahead, hidden) : null;
  const norm = layerNorm(hidden);
  const count = c.layers(decoder ? 'num_decoder_layers' : 'num_encoder_layers', undefined, MAX_STACK_LAYERS);
  const layers = layersOf(count, () => layerOf(c, decoder));
  return unit(
    decoder ? 'ProphetNetDecoder' : 'ProphetNetEncoder',
    {
      word_embeddings: word,
      position_embeddings: positions,
      ngram_embeddings: streams,
      embeddings_layer_norm: norm,
      layers: new nn.ModuleList(layers as never),
    },
    (ids: nn.Tensor, pass: nn.Pass, from: CrossSource | null) => {
      const [n, steps] = [ids.size(0), ids.size(1)];
      withinPositions(positions.num_embeddings, { sequence: steps, past: decoder ? pass.past : 0 });
      const place = (): nn.Tensor => positions(F.arange(steps));
      let x = word(ids).add(place());
      if (streams !== null) {
        const next = place().unsqueeze(0).expand(n, steps, hidden);
        const rows = (streams.weight as nn.Tensor).unbind(0);
        x = F.cat([x, ...rows.map((row) => next.add(row))], 1);
      }
      return layers.reduce((y, layer) => layer(y, pass, from), norm(x));
    },
  );
}

type Free = Parameters<Architecture['inputs']>[0];

/** Tokens to go on from, and a mask of those that are kept from earlier passes and of these. */
function targets(free: Free, past: Dim, prefix = ''): nn.InputSpec[] {
  const [batch, sequence] = [free('batch'), free('sequence')];
  return [
    { name: `${prefix}input_ids`, shape: [batch, sequence], dtype: 'int64' },
    { name: `${prefix}attention_mask`, shape: [batch, add(past, sequence)], dtype: 'int64' },
  ];
}

/** Logits of the streams of the tokens ahead: the main stream has none. */
function headOf(c: Config, o: BuildOptions, head: nn.Linear): (x: nn.Tensor, steps: Dim) => nn.Tensor {
  const [hidden, ahead] = [c.size('hidden_size'), c.size('ngram')];
  return (x, steps) => {
    const all = x.narrow(1, steps, mul(steps, ahead)).reshape(x.size(0), ahead, steps, hidden);
    return head(o.logits === 'last' ? all.narrow(2, sub(steps, 1), 1) : all);
  };
}

/** The parts of both architectures. */
interface Made {
  readonly word: nn.Embedding;
  readonly decoder: DecoderLayer;
  readonly head: nn.Linear;
  readonly logits: (x: nn.Tensor, steps: Dim) => nn.Tensor;
  /** A pass over these tokens; its cache is the model's. */
  readonly start: (ids: nn.Tensor, mask: nn.Tensor) => nn.Pass;
  readonly kept: () => readonly nn.Kept[];
}

function decoderAlone(name: string, { word, decoder, head, logits, start, kept }: Made): Architecture {
  const wrapped = unit(
    'ProphetNetDecoderWrapper',
    { word_embeddings: word, decoder: decoder as never },
    (ids: nn.Tensor, mask: nn.Tensor) => decoder(ids, start(ids, mask), null),
  );
  return {
    module: unit(name, { prophetnet: wrapped as never, lm_head: head }, (ids: nn.Tensor, mask: nn.Tensor) =>
      logits(wrapped(ids, mask), ids.size(1)),
    ),
    inputs: (free) => targets(free, free('past')),
    kept,
  };
}

function withEncoder(c: Config, name: string, encoder: DecoderLayer, made: Made): Architecture {
  const { word, decoder, head, logits, start, kept } = made;
  const base = unit(
    'ProphetNetModel',
    { word_embeddings: word, encoder: encoder as never, decoder: decoder as never },
    (x: nn.Tensor, ids: nn.Tensor, mask: nn.Tensor) => {
      const pass = start(ids, mask);
      const states = pass.first ? encoder(x, pass, null) : null;
      return decoder(ids, pass, { states, length: x.size(1) });
    },
  );
  if (!/(?:ConditionalGeneration|ProphetNetModel|^)$/.test(name))
    throw new ModelError('unsupported', `${c.type}: the head of ${name.slice(0, 80)} is not known`, {
      format: 'transformers',
      at: { field: 'architectures' },
      hint: 'known for this type: ProphetNetForConditionalGeneration, ProphetNetForCausalLM, ProphetNetModel',
    });
  return {
    module: /Model$/.test(name)
      ? base
      : unit(
          name || 'ProphetNetForConditionalGeneration',
          { prophetnet: base as never, lm_head: head },
          (x: nn.Tensor, ids: nn.Tensor, mask: nn.Tensor) => logits(base(x, ids, mask), ids.size(1)),
        ),
    inputs: (free) => [
      { name: 'input_ids', shape: [free('batch'), free('source')], dtype: 'int64' },
      ...targets(free, free('past', 0), 'decoder_'),
    ],
    kept,
  };
}

const prophetnet: Builder = (c, o): Architecture => {
  const [hidden, vocab] = [c.size('hidden_size'), c.size('vocab_size')];
  const alone = /CausalLM$/.test(o.architecture);
  const tied = c.bool('tie_word_embeddings', true);
  const word = embedding(vocab, hidden);
  const own = (): nn.Embedding => (tied ? word : embedding(vocab, hidden));
  const head = linear(hidden, vocab) as unknown as nn.Linear;
  if (tied) head.weight = word.weight;
  const encoder = alone ? null : sideOf(c, false, own());
  let kept: nn.Kept[] = [];
  const made: Made = {
    word,
    decoder: sideOf(c, true, own()),
    head,
    logits: headOf(c, o, head),
    start: (ids, mask) => {
      const pass = new nn.Pass(ids.size(0), ids.size(1), sub(mask.size(1), ids.size(1)));
      kept = pass.kept;
      return pass;
    },
    kept: () => kept,
  };
  return encoder === null ? decoderAlone(o.architecture, made) : withEncoder(c, o.architecture, encoder, made);
};

export const families: Readonly<Record<string, Builder>> = byName({ prophetnet });
