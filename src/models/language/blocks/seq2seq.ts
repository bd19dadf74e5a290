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
    /** What its states go through before the decoder sees them, beside encoder and decoder. */
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

/** What the self-attention of these models is called in checkpoints. */
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

/** Encoder and decoder with a head, or the decoder alone. */
export function seq2seq(c: Config, s: Seq2SeqSpec, o: BuildOptions): Architecture {
  const names = { ...NAMES, ...s.names };
  const name = o.architecture;
  const table = embedding(s.targetVocab ?? s.vocab, s.hidden);
  const apart = s.ownTables === true && !s.tieHead;
  const decoder = sideOf(s, 'decoder', apart ? embedding(s.targetVocab ?? s.vocab, s.hidden) : table);
  const head = linear(s.hidden, s.targetVocab ?? s.vocab) as unknown as nn.Linear;
  const inside = names.base !== '' && names.head.startsWith(`${names.base}.`);
  if (inside) (decoder as unknown as Record<string, unknown>)[names.head.split('.').pop() as string] = head;
  const top: Parts = inside ? {} : { [names.head]: head };
  let kept: nn.Kept[] = [];
  const start = (ids: nn.Tensor, mask: nn.Tensor): nn.Pass => {
    const pass = new nn.Pass(ids.size(0), ids.size(1), sub(mask.size(1), ids.size(1)));
    kept = pass.kept;
    return pass;
  };
  const last = lastPosition(o);
  if (/CausalLM$/.test(name)) {
    if (s.tieHead) head.weight = table.weight;
    const wrapped = unit(
      `${s.type}DecoderWrapper`,
      { [names.decoder]: decoder as never },
      (ids: nn.Tensor, mask: nn.Tensor) => decoder(ids, start(ids, mask), null),
    );
    return {
      module: unit(name, { [names.base]: wrapped as never, ...top }, (ids: nn.Tensor, mask: nn.Tensor) =>
        head(last(wrapped(ids, mask))),
      ),
      inputs: (free) => [
        { name: 'input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
        { name: 'attention_mask', shape: [free('batch'), add(free('past'), free('sequence'))], dtype: 'int64' },
      ],
      kept: () => kept,
    };
  }
  const own = s.shared && !apart ? table : embedding(s.vocab, s.hidden);
  const text = s.encoderStack?.(own) ?? (s.source === undefined ? sideOf(s, 'encoder', own) : null);
  const source = s.source;
  const encoder = (source?.module ?? text) as nn.Module<[nn.Tensor], nn.Tensor>;
  if (s.tieHead) head.weight = table.weight;
  const run = (x: nn.Tensor, ids: nn.Tensor, mask: nn.Tensor): nn.Tensor => {
    const pass = start(ids, mask);
    const length = source?.length(x) ?? x.size(1);
    const seen = pass.first ? (encoder as unknown as DecoderLayer)(x, pass, null) : null;
    const states = seen === null ? null : (source?.after?.[1](seen) ?? seen);
    return decoder(ids, pass, { states, length });
  };
  const parts: Parts = {
    ...(s.shared && source === undefined && names.shared !== '' ? { [names.shared]: table } : {}),
    [names.encoder]: encoder as never,
    ...(source?.after ? { [source.after[0]]: source.after[1] } : {}),
    [names.decoder]: decoder as never,
  };
  const inputs: Architecture['inputs'] = (free) => [
    source?.input(free) ?? { name: 'input_ids', shape: [free('batch'), free('source')], dtype: 'int64' },
    { name: 'decoder_input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
    { name: 'decoder_attention_mask', shape: [free('batch'), add(free('past', 0), free('sequence'))], dtype: 'int64' },
  ];
  const flat = names.base === '';
  const base = unit(`${s.type}Model`, parts, run);
  if (/Model$/.test(name)) {
    // A head inside the decoder is run by the base as well.
    const whole = inside ? unit(`${s.type}Model`, parts, (...x: Parameters<typeof run>) => head(run(...x))) : base;
    return { module: whole, inputs, kept: () => kept };
  }
  const under: Parts = flat ? parts : { [names.base]: base as never };
  const body = flat ? run : (...x: [nn.Tensor, nn.Tensor, nn.Tensor]) => base(...x);
  const under2 = (part: string, outputs: number, pick: (x: nn.Tensor) => nn.Tensor): nn.AnyModule => {
    const layer = linear(s.hidden, outputs, true);
    return unit(name, { ...under, [part]: layer }, (...x: [nn.Tensor, nn.Tensor, nn.Tensor]) =>
      layer(pick(body(...x))),
    );
  };
  if (/QuestionAnswering$/.test(name)) return { module: under2('qa_outputs', 2, (x) => x), inputs, kept: () => null };
  if (/SequenceClassification$/.test(name)) {
    const [dense, out] = [linear(s.hidden, s.hidden, true), linear(s.hidden, labelsOf(c), true)];
    const classes = unit(`${s.type}ClassificationHead`, { dense, out_proj: out }, (x: nn.Tensor) =>
      out(dense(x).tanh()),
    );
    return {
      module: unit(name, { ...under, classification_head: classes }, (...x: [nn.Tensor, nn.Tensor, nn.Tensor]) =>
        classes(body(...x).select(1, 0)),
      ),
      inputs,
      kept: () => null,
    };
  }
  if (!/(?:ConditionalGeneration|MTModel|TextToText|LMHeadModel)$/.test(name) && name !== '')
    throw new ModelError('unsupported', `${c.type}: the head of ${name.slice(0, 80)} is not known`, {
      format: 'transformers',
      at: { field: 'architectures' },
      hint: 'known: …ForConditionalGeneration, …ForCausalLM, …Model, …ForSequenceClassification, …ForQuestionAnswering',
    });
  return {
    module: unit(
      name || `${s.type}ForConditionalGeneration`,
      { ...under, ...top },
      (...x: [nn.Tensor, nn.Tensor, nn.Tensor]) => head(last(body(...x))),
    ),
    inputs,
    kept: () => kept,
  };
}
