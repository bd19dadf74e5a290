import { add, type Dim, sub } from '../../../dim/index.js';
import { ModelError } from '../../../source/errors.js';
import * as nn from '../../../torch/nn/index.js';
import type { Config } from '../config.js';
import { layersOf } from './kinds.js';
import { type Architecture, type BuildOptions, labelsOf, lastPosition } from './model.js';
import { type Activation, embedding, type Layer, layerNorm, linear, type PassLayer } from './parts.js';
import { positionsOf, rowsOf } from './positions.js';
import { type Parts, unit } from './unit.js';

const F = nn.functional;

/** Keys and values of the encoder, made at the first pass and kept after it. */
export interface CrossSource {
  /** Null in later passes: then what was kept is read. */
  readonly states: nn.Tensor | null;
  readonly length: Dim;
}
export type DecoderLayer = nn.Module<[nn.Tensor, nn.Pass, CrossSource | null], nn.Tensor>;

export interface CrossAttentionSpec {
  readonly type: string;
  readonly hidden: number;
  readonly heads: number;
  readonly d?: number;
  /** Width of the encoder's states; that of the decoder by default. */
  readonly source?: number;
  readonly bias: boolean;
  readonly k_bias?: boolean;
  /** A null `o` leaves the output projection to the caller. */
  readonly names: { readonly q: string; readonly k: string; readonly v: string; readonly o: string | null };
}

/** Attention of the decoder to the encoder's states. */
export function crossAttention(s: CrossAttentionSpec): DecoderLayer {
  const d = s.d ?? s.hidden / s.heads;
  const inner = s.heads * d;
  const source = s.source ?? s.hidden;
  const [q, k] = [linear(s.hidden, inner, s.bias), linear(source, inner, s.k_bias ?? s.bias)];
  const v = linear(source, inner, s.bias);
  const o = s.names.o === null ? null : linear(inner, s.hidden, s.bias);
  return unit(
    s.type,
    { [s.names.q]: q, [s.names.k]: k, [s.names.v]: v, ...(o === null ? {} : { [s.names.o as string]: o }) },
    (x: nn.Tensor, pass: nn.Pass, from: CrossSource | null): nn.Tensor => {
      const [n, length] = [x.size(0), x.size(1)];
      const heads = (t: nn.Tensor, rows: Dim): nn.Tensor => t.view(n, rows, s.heads, d).transpose(1, 2);
      const rows = from?.length ?? 1;
      const part = (layer: Layer, name: string): nn.Tensor => {
        if (from?.states === null || from === null) return pass.state(name, [n, s.heads, rows, d], x.dtype);
        const made = heads(layer(from.states), rows);
        pass.kept.push({ name, dtype: made.dtype, shape: made.shape });
        return made;
      };
      const out = F.scaled_dot_product_attention(heads(q(x), length), part(k, 'cross_key'), part(v, 'cross_value'));
      const y = out.transpose(1, 2).reshape(n, length, inner);
      return o?.(y) ?? y;
    },
  );
}

export interface Seq2SeqSpec {
  readonly type: string;
  /** Norms before each branch, or after each residual. */
  readonly style: 'pre' | 'after';
  readonly hidden: number;
  readonly encoder: { readonly layers: number; readonly heads: number; readonly inner: number };
  readonly decoder: { readonly layers: number; readonly heads: number; readonly inner: number };
  readonly activation: Activation;
  readonly vocab: number;
  readonly targetVocab?: number;
  /** Rows of a table of positions that is among the parameters; null if positions are computed. */
  readonly positions: number | null;
  /** Rows at its start that stand for no token; null if further rows are made when they are asked for. */
  readonly unusedPositions?: number | null;
  readonly targetPositions?: number | null;
  /** Norm of the embeddings; norm after the last layer, and its name. */
  readonly embeddingNorm: boolean;
  readonly finalNorm: string | null;
  readonly bias?: boolean;
  readonly k_bias?: boolean;
  /** One table for encoder, decoder and head. */
  readonly shared: boolean;
  readonly tieHead: boolean;
  /** Encoder and decoder have tables of their own where the head is not tied; the shared one is then unused. */
  readonly ownTables?: boolean;
  readonly names?: Partial<typeof NAMES>;
  /** An encoder of another kind: of sound. Its inputs come with it. */
  readonly source?: {
    readonly module: nn.Module<[nn.Tensor], nn.Tensor>;
    readonly input: (free: (name: string, otherwise?: Dim) => Dim) => nn.InputSpec;
    readonly length: (x: nn.Tensor) => Dim;
    /** Width of its states, if it is not that of the decoder. */
    readonly width?: number;
    /** Steps between encoder and decoder. */
    readonly after?: readonly [name: string, layer: Layer] | null;
  };
  /** Layers of the encoder, if they are of another kind. */
  readonly encoderStack?: (embed: nn.Embedding) => nn.Module<[nn.Tensor], nn.Tensor>;
}
const NAMES = {
  base: 'model',
  encoder: 'encoder',
  decoder: 'decoder',
  cross: 'encoder_attn',
  cross_norm: 'encoder_attn_layer_norm',
  ffn: null as string | null,
  ffn_norm: 'final_layer_norm',
  /** With dots where it is inside the decoder. */
  head: 'lm_head',
  shared: 'shared',
};

/** The name of these models' self-attention in checkpoints. */
export const BART_PROJECTIONS = { q: 'q_proj', k: 'k_proj', v: 'v_proj', o: 'out_proj' } as const;

/** Self-attention, with one bias fewer where keys have none. */
export function bartAttention(
  hidden: number,
  heads: number,
  o: { causal: boolean; bias?: boolean; k_bias?: boolean },
): PassLayer {
  const bias = o.bias ?? true;
  const attention = new nn.GroupedAttention({
    hidden_size: hidden,
    num_heads: heads,
    bias,
    rotary_dim: 0,
    causal: o.causal,
    cached: o.causal,
    names: BART_PROJECTIONS,
  });
  if (o.k_bias === false) ((attention as unknown as Record<string, nn.Linear>)['k_proj'] as nn.Linear).bias = null;
  return attention;
}

function feedForward(s: Seq2SeqSpec, inner: number): { parts: Parts; run: Activation } {
  const [fc1, fc2] = [linear(s.hidden, inner, true), linear(inner, s.hidden, true)];
  const run: Activation = (x) => fc2(s.activation(fc1(x)));
  const name = s.names?.ffn;
  if (!name) return { parts: { fc1, fc2 }, run };
  const ffn = unit(`${s.type}FeedForwardNetwork`, { fc1, fc2 }, run);
  return { parts: { [name]: ffn }, run: (x) => ffn(x) };
}

/** A layer of either side; the decoder's has attention to the encoder in between. */
function layerOf(s: Seq2SeqSpec, side: 'encoder' | 'decoder'): DecoderLayer {
  const names = { ...NAMES, ...s.names };
  const { heads, inner } = s[side];
  const attention = bartAttention(s.hidden, heads, { causal: side === 'decoder', ...biases(s) });
  const cross =
    side === 'decoder'
      ? crossAttention({
          type: `${s.type}Attention`,
          hidden: s.hidden,
          heads,
          ...(s.source?.width === undefined ? {} : { source: s.source.width }),
          bias: s.bias ?? true,
          ...biases(s),
          names: BART_PROJECTIONS,
        })
      : null;
  const [n1, n2, n3] = [layerNorm(s.hidden), cross === null ? null : layerNorm(s.hidden), layerNorm(s.hidden)];
  const ffn = feedForward(s, inner);
  const step = (x: nn.Tensor, norm: Layer, run: Activation): nn.Tensor =>
    s.style === 'pre' ? x.add(run(norm(x))) : norm(x.add(run(x)));
  return unit(
    `${s.type}${side === 'encoder' ? 'Encoder' : 'Decoder'}Layer`,
    {
      self_attn: attention,
      self_attn_layer_norm: n1,
      [names.cross]: cross as never,
      [names.cross_norm]: n2,
      ...ffn.parts,
      [names.ffn_norm]: n3,
    },
    (x: nn.Tensor, pass: nn.Pass, from: CrossSource | null) => {
      let y = step(x, n1, (z) => attention(z, pass));
      if (cross !== null && n2 !== null && from !== null) y = step(y, n2, (z) => cross(z, pass, from));
      return step(y, n3, ffn.run);
    },
  );
}
const biases = (s: Seq2SeqSpec): { bias?: boolean; k_bias?: boolean } => ({
  ...(s.bias === undefined ? {} : { bias: s.bias }),
  ...(s.k_bias === undefined ? {} : { k_bias: s.k_bias }),
});

function sideOf(
  s: Seq2SeqSpec,
  side: 'encoder' | 'decoder',
  embed: nn.Embedding,
): nn.Module<[nn.Tensor, nn.Pass, CrossSource | null], nn.Tensor> {
  const layers = layersOf(s[side].layers, () => layerOf(s, side));
  const rows = side === 'decoder' && s.targetPositions !== undefined ? s.targetPositions : s.positions;
  const positions = rows === null ? null : embedding(rows, s.hidden);
  const normed = s.embeddingNorm ? layerNorm(s.hidden) : null;
  const last = s.finalNorm === null ? null : layerNorm(s.hidden);
  const places = (rows: nn.Embedding, sequence: Dim, past: Dim): nn.Tensor =>
    s.unusedPositions === null ? rowsOf(rows, sequence) : positionsOf(rows, { sequence, past }, s.unusedPositions);
  return unit(
    `${s.type}${side === 'encoder' ? 'Encoder' : 'Decoder'}`,
    {
      embed_tokens: embed,
      embed_positions: positions,
      layers: new nn.ModuleList(layers as never),
      layernorm_embedding: normed,
      ...(s.finalNorm === null ? {} : { [s.finalNorm]: last }),
    },
    (ids: nn.Tensor, pass: nn.Pass, from: CrossSource | null) => {
      let x = embed(ids).mul(1);
      x = x.add(positions === null ? x : places(positions, ids.size(1), side === 'encoder' ? 0 : pass.past));
      if (normed !== null) x = normed(x);
      for (const layer of layers) x = layer(x, pass, from);
      return last === null ? x : last(x);
    },
  );
}

/** A decoder with its head, and where both belong in the classes of the family. */
interface Decoding {
  readonly names: typeof NAMES;
  readonly table: nn.Embedding;
  readonly decoder: ReturnType<typeof sideOf>;
  readonly head: nn.Linear;
  /** Whether the head is a part of the decoder; else it is beside the base, as these parts. */
  readonly headInside: boolean;
  readonly top: Parts;
  /** Opens the pass of these tokens, whose keys and values `kept` hands out afterwards. */
  readonly start: (ids: nn.Tensor, mask: nn.Tensor) => nn.Pass;
  readonly kept: () => nn.Kept[];
}
/** Ids and mask of the decoder, behind what the encoder reads. */
type Inputs = [source: nn.Tensor, ids: nn.Tensor, mask: nn.Tensor];
type Run = (...inputs: Inputs) => nn.Tensor;

/** Whether encoder and decoder have tables of words of their own. */
const hasOwnTables = (s: Seq2SeqSpec): boolean => s.ownTables === true && !s.tieHead;

function decodingOf(s: Seq2SeqSpec): Decoding {
  const names = { ...NAMES, ...s.names };
  const vocab = s.targetVocab ?? s.vocab;
  const table = embedding(vocab, s.hidden);
  const decoder = sideOf(s, 'decoder', hasOwnTables(s) ? embedding(vocab, s.hidden) : table);
  const head = linear(s.hidden, vocab) as unknown as nn.Linear;
  if (s.tieHead) head.weight = table.weight;
  const headInside = names.base !== '' && names.head.startsWith(`${names.base}.`);
  if (headInside) (decoder as unknown as Record<string, unknown>)[names.head.split('.').pop() as string] = head;
  let kept: nn.Kept[] = [];
  return {
    names,
    table,
    decoder,
    head,
    headInside,
    top: headInside ? {} : { [names.head]: head },
    start(ids, mask) {
      const pass = new nn.Pass(ids.size(0), ids.size(1), sub(mask.size(1), ids.size(1)));
      kept = pass.kept;
      return pass;
    },
    kept: () => kept,
  };
}

/** The decoder as a language model, without an encoder to attend to. */
function decoderAlone(s: Seq2SeqSpec, o: BuildOptions, d: Decoding): Architecture {
  const last = lastPosition(o);
  const wrapped = unit(
    `${s.type}DecoderWrapper`,
    { [d.names.decoder]: d.decoder as never },
    (ids: nn.Tensor, mask: nn.Tensor) => d.decoder(ids, d.start(ids, mask), null),
  );
  const parts: Parts = { [d.names.base]: wrapped as never, ...d.top };
  return {
    module: unit(o.architecture, parts, (ids: nn.Tensor, mask: nn.Tensor) => d.head(last(wrapped(ids, mask)))),
    inputs: (free) => [
      { name: 'input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
      { name: 'attention_mask', shape: [free('batch'), add(free('past'), free('sequence'))], dtype: 'int64' },
    ],
    kept: d.kept,
  };
}

/** Encoder and decoder without a head. Later passes read what the first kept of the encoder's states. */
function bothSides(s: Seq2SeqSpec, d: Decoding): { readonly parts: Parts; readonly run: Run } {
  const { names, table, decoder } = d;
  const own = s.shared && !hasOwnTables(s) ? table : embedding(s.vocab, s.hidden);
  const { source } = s;
  const text = s.encoderStack?.(own) ?? (source === undefined ? sideOf(s, 'encoder', own) : null);
  const encoder = (source?.module ?? text) as nn.Module<[nn.Tensor], nn.Tensor>;
  return {
    parts: {
      ...(s.shared && source === undefined && names.shared !== '' ? { [names.shared]: table } : {}),
      [names.encoder]: encoder as never,
      ...(source?.after ? { [source.after[0]]: source.after[1] } : {}),
      [names.decoder]: decoder as never,
    },
    run(x, ids, mask) {
      const pass = d.start(ids, mask);
      const length = source?.length(x) ?? x.size(1);
      const seen = pass.first ? (encoder as unknown as DecoderLayer)(x, pass, null) : null;
      const states = seen === null ? null : (source?.after?.[1](seen) ?? seen);
      return decoder(ids, pass, { states, length });
    },
  };
}

const inputsOf =
  (s: Seq2SeqSpec): Architecture['inputs'] =>
  (free) => [
    s.source?.input(free) ?? { name: 'input_ids', shape: [free('batch'), free('source')], dtype: 'int64' },
    { name: 'decoder_input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
    { name: 'decoder_attention_mask', shape: [free('batch'), add(free('past', 0), free('sequence'))], dtype: 'int64' },
  ];

/** A head for a task: its part, and what becomes of the decoder's states. Null where the class has none of these. */
function taskHead(c: Config, s: Seq2SeqSpec, name: string): Head | null {
  if (/QuestionAnswering$/.test(name)) {
    const outputs = linear(s.hidden, 2, true);
    return { parts: { qa_outputs: outputs }, run: outputs };
  }
  if (!/SequenceClassification$/.test(name)) return null;
  const [dense, out] = [linear(s.hidden, s.hidden, true), linear(s.hidden, labelsOf(c), true)];
  const classes = unit(`${s.type}ClassificationHead`, { dense, out_proj: out }, (x: nn.Tensor) => out(dense(x).tanh()));
  return { parts: { classification_head: classes }, run: (x) => classes(x.select(1, 0)) };
}
interface Head {
  readonly parts: Parts;
  readonly run: (x: nn.Tensor) => nn.Tensor;
}

/** Encoder and decoder with a head, or the decoder alone. Throws ModelError for a class with another head. */
export function seq2seq(c: Config, s: Seq2SeqSpec, o: BuildOptions): Architecture {
  const name = o.architecture;
  const d = decodingOf(s);
  if (/CausalLM$/.test(name)) return decoderAlone(s, o, d);
  const { parts, run } = bothSides(s, d);
  const inputs = inputsOf(s);
  if (/Model$/.test(name)) {
    // A head inside the decoder is run by the base as well.
    const whole: Run = d.headInside ? (...x) => d.head(run(...x)) : run;
    return { module: unit(`${s.type}Model`, parts, whole), inputs, kept: d.kept };
  }
  const flat = d.names.base === '';
  const base = unit(`${s.type}Model`, parts, run);
  const under: Parts = flat ? parts : { [d.names.base]: base as never };
  const body: Run = flat ? run : (...x) => base(...x);
  const task = taskHead(c, s, name);
  if (task !== null) {
    const module = unit(name, { ...under, ...task.parts }, (...x: Inputs) => task.run(body(...x)));
    return { module, inputs, kept: () => null };
  }
  if (!/(?:ConditionalGeneration|MTModel|TextToText|LMHeadModel)$/.test(name) && name !== '')
    throw new ModelError('unsupported', `${c.type}: the head of ${name.slice(0, 80)} is not known`, {
      format: 'transformers',
      at: { field: 'architectures' },
      hint: 'known: …ForConditionalGeneration, …ForCausalLM, …Model, …ForSequenceClassification, …ForQuestionAnswering',
    });
  const last = lastPosition(o);
  const module = unit(name || `${s.type}ForConditionalGeneration`, { ...under, ...d.top }, (...x: Inputs) =>
    d.head(last(body(...x))),
  );
  return { module, inputs, kept: d.kept };
}
