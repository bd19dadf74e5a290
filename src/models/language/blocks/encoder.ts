import { add, sub } from '../../../dim/index.js';
import { ModelError } from '../../../source/errors.js';
import * as nn from '../../../torch/nn/index.js';
import type { Config } from '../config.js';
import { type Architecture, type BuildOptions, labelsOf } from './model.js';
import { activation, embedding, type Layer, layerNorm, linear, type PassLayer } from './parts.js';
import { positionsOf } from './positions.js';
import { type Parts, unit } from './unit.js';

/** A head: what it is made of, and what it computes. */
export interface Head {
  readonly parts: Parts;
  readonly run: (x: nn.Tensor) => nn.Tensor;
}

/** A text encoder and the heads that its family has. */
export interface EncoderSpec {
  readonly type: string;
  /** Name of the base in the classes with a head; in the base class it has none. */
  readonly base: string;
  readonly hidden: number;
  readonly word: nn.Embedding;
  readonly parts: Parts;
  readonly run: (ids: nn.Tensor, pass: nn.Pass) => nn.Tensor;
  /** Of the first token, in the base class and where sequences are classified. */
  readonly pooler?: (() => readonly [string, Layer]) | null;
  /** Whether all classes have the pooler. */
  readonly poolerAlways?: boolean;
  /** Whether the base class alone goes without it. */
  readonly poolerInTasks?: boolean;
  /** Words at every position. */
  readonly masked: (word: nn.Embedding) => Head;
  /** Classes of the whole sequence; by default one projection of what is pooled. */
  readonly classifier?: (labels: number) => Head;
  /** Classes of every token, and spans of answers, if they are not one projection. */
  readonly tokens?: (labels: number) => Head;
  readonly answers?: () => Head;
  /** One score of each choice, if it is not one projection of what is pooled. */
  readonly choice?: () => Head;
  /** The head that the encoder was trained with, of all tokens and of what is pooled; by default words at every position. */
  readonly pretraining?: (word: nn.Embedding) => PairHead;
  /** Whether a sentence follows another: of what is pooled. */
  readonly nextSentence?: () => Head;
}

/** A head of all tokens and of what is pooled. */
export interface PairHead {
  readonly parts: Parts;
  readonly run: (x: nn.Tensor, pooled: nn.Tensor) => nn.Tensor;
  /** Whether it needs what is pooled. */
  readonly pooled: boolean;
}

type Pooled = readonly [string, Layer];
/** The encoder without a head: its states, and what is pooled of them. */
type Base = nn.Module<[ids: nn.Tensor, mask: nn.Tensor], [nn.Tensor, nn.Tensor | null]>;

/** The encoder with the head that the architecture's name asks for. Throws ModelError for one that is not known. */
export function encoder(c: Config, s: EncoderSpec, o: BuildOptions): Architecture {
  const name = o.architecture;
  const causal = /(?:CausalLM|LMHeadModel|Decoder)$/.test(name);
  let kept: nn.Kept[] = [];
  const pooled = poolerOf(c, s, name, causal);
  const base: Base = unit(
    `${s.type}Model`,
    { ...s.parts, ...(pooled === null ? {} : { [pooled[0]]: pooled[1] }) },
    (ids: nn.Tensor, mask: nn.Tensor): [nn.Tensor, nn.Tensor | null] => {
      const sequence = ids.size(1);
      const pass = new nn.Pass(ids.size(0), sequence, causal ? sub(mask.size(1), sequence) : 0);
      kept = pass.kept;
      const x = s.run(ids, pass);
      return [x, pooled?.[1](x) ?? null];
    },
  );
  return {
    module: withHead(c, s, name, base, causal),
    inputs: (free) => [
      { name: 'input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
      {
        name: 'attention_mask',
        shape: [free('batch'), causal ? add(free('past'), free('sequence')) : free('sequence')],
        dtype: 'int64',
      },
    ],
    kept: () => (causal ? kept : null),
  };
}

/** The pooler of the class of this name, if it has one. */
function poolerOf(c: Config, s: EncoderSpec, name: string, causal: boolean): Pooled | null {
  if (!s.pooler || !c.bool('add_pooling_layer', true)) return null;
  const bare = /(?:^|[a-z\d])Model$/.test(name) && !causal && !s.poolerInTasks;
  return s.poolerAlways || bare || needsPooler(name, s) ? s.pooler() : null;
}

function withHead(c: Config, s: EncoderSpec, name: string, base: Base, causal: boolean): nn.AnyModule {
  const ofBoth = (head: PairHead): nn.AnyModule =>
    unit(name, { [s.base]: base as never, ...head.parts }, (ids: nn.Tensor, mask: nn.Tensor) => {
      const [x, pool] = base(ids, mask);
      return head.run(x, pool ?? x);
    });
  const ofStates = (head: Head): nn.AnyModule => ofBoth({ ...head, pooled: false });
  const ofPooled = (head: Head): nn.AnyModule =>
    ofBoth({ parts: head.parts, run: (_, pool) => head.run(pool), pooled: true });
  const one = (part: string, outputs: number): Head => {
    const layer = linear(s.hidden, outputs, true);
    return { parts: { [part]: layer }, run: (x) => layer(x) };
  };
  if (causal || /MaskedLM$/.test(name) || name === '') return ofStates(s.masked(s.word));
  if (/PreTraining$/.test(name)) return ofBoth(s.pretraining?.(s.word) ?? { ...s.masked(s.word), pooled: false });
  if (/NextSentencePrediction$/.test(name) && s.nextSentence !== undefined) return ofPooled(s.nextSentence());
  if (/SequenceClassification$/.test(name))
    return s.classifier === undefined ? ofPooled(one('classifier', labelsOf(c))) : ofStates(s.classifier(labelsOf(c)));
  if (/TokenClassification$/.test(name)) return ofStates(s.tokens?.(labelsOf(c)) ?? one('classifier', labelsOf(c)));
  if (/QuestionAnswering$/.test(name)) return ofStates(s.answers?.() ?? one('qa_outputs', 2));
  if (/MultipleChoice$/.test(name))
    return s.choice === undefined ? ofPooled(one('classifier', 1)) : ofStates(s.choice());
  if (/(?:Model|Encoder)$/.test(name)) return base;
  throw new ModelError('unsupported', `${c.type}: the head of ${name.slice(0, 80)} is not known`, {
    format: 'transformers',
    at: { field: 'architectures' },
    hint: 'known: …Model, …ForMaskedLM, …ForCausalLM, …ForSequenceClassification, …ForTokenClassification, …ForQuestionAnswering',
  });
}

function needsPooler(name: string, s: EncoderSpec): boolean {
  if (/PreTraining$/.test(name)) return s.pretraining?.(s.word).pooled ?? false;
  if (/NextSentencePrediction$/.test(name)) return s.nextSentence !== undefined;
  return (
    (/MultipleChoice$/.test(name) && s.choice === undefined) ||
    (/SequenceClassification$/.test(name) && s.classifier === undefined)
  );
}

/** dense, activation, norm, and a projection that shares the table of words but has a bias of its own. */
export function wordHead(
  c: Config,
  word: nn.Embedding,
  o: {
    hidden: number;
    width?: number;
    type: string;
    names: { dense: string; norm: string; decoder: string };
    transform?: string;
    tie?: boolean;
    biasOnDecoder?: boolean;
    act?: (x: nn.Tensor) => nn.Tensor;
  },
): Head {
  const width = o.width ?? o.hidden;
  const dense = linear(o.hidden, width, true);
  const norm = layerNorm(width);
  const act = o.act ?? activation(c, 'hidden_act', 'gelu');
  const decoder = linear(width, word.num_embeddings, true) as unknown as nn.Linear;
  const tied = o.tie ?? c.bool('tie_word_embeddings', true);
  if (tied) decoder.weight = word.weight;
  // The bias is in the head as well: the same one where the head is tied, another that nothing uses where it is not.
  const beside = tied ? decoder.bias : new nn.Parameter([word.num_embeddings]);
  const step = (x: nn.Tensor): nn.Tensor => norm(act(dense(x)));
  const inner: Parts =
    o.transform === undefined
      ? { [o.names.dense]: dense, [o.names.norm]: norm }
      : {
          [o.transform]: unit(
            `${o.type}PredictionHeadTransform`,
            { [o.names.dense]: dense, [o.names.norm]: norm },
            step,
          ),
        };
  const transform = o.transform === undefined ? step : (inner[o.transform] as unknown as Layer);
  return {
    parts: { ...(o.biasOnDecoder ? {} : { bias: beside }), ...inner, [o.names.decoder]: decoder },
    run: (x) => decoder(transform(x)),
  };
}

/** Several parts under one name. */
export function grouped(name: string, type: string, head: Head): Head {
  const group = unit(type, head.parts, head.run);
  return { parts: { [name]: group }, run: (x) => group(x) };
}

/** Of the first token. */
export function firstToken(x: nn.Tensor): nn.Tensor {
  return x.select(1, 0);
}
export function tanhPooler(hidden: number, type = 'BertPooler'): Layer {
  const dense = linear(hidden, hidden, true);
  return unit(type, { dense }, (x: nn.Tensor) => dense(firstToken(x)).tanh());
}

/** Tables of words, positions and segments, and their norm. */
export function wordEmbeddings(
  type: string,
  o: {
    word: nn.Embedding;
    width: number;
    positions: number | null;
    /** Rows at the start of the positions that stand for no token. */
    unused?: number;
    segments: number;
    norm: string | null;
    names?: { word?: string; position?: string; segment?: string };
    parts?: Parts;
    before?: (x: nn.Tensor, ids: nn.Tensor) => nn.Tensor;
    after?: (x: nn.Tensor) => nn.Tensor;
  },
): PassLayer {
  const position = o.positions === null ? null : embedding(o.positions, o.width);
  const segment = o.segments > 0 ? embedding(o.segments, o.width) : null;
  const norm = o.norm === null ? null : layerNorm(o.width);
  const names = {
    word: 'word_embeddings',
    position: 'position_embeddings',
    segment: 'token_type_embeddings',
    ...o.names,
  };
  return unit(
    `${type}Embeddings`,
    {
      [names.word]: o.word,
      [names.position]: position,
      [names.segment]: segment,
      ...(norm === null ? {} : { [o.norm as string]: norm }),
      ...o.parts,
    },
    (ids: nn.Tensor, pass: nn.Pass): nn.Tensor => {
      let x = o.word(ids);
      if (o.before) x = o.before(x, ids);
      if (segment !== null) x = x.add(segment(nn.functional.zeros(ids.shape, 'int64')));
      if (position !== null) x = x.add(positionsOf(position, pass, o.unused, ids.size(1)));
      if (norm !== null) x = norm(x);
      return o.after ? o.after(x) : x;
    },
  );
}

/** Layers under `layer` or another name, one after the other. */
export function stack(type: string, layers: readonly PassLayer[], name = 'layer', parts: Parts = {}): PassLayer {
  return unit(
    type,
    { [name]: new nn.ModuleList(layers as unknown as nn.Module[]), ...parts },
    (x: nn.Tensor, pass: nn.Pass) => layers.reduce((y, layer) => layer(y, pass), x),
  );
}
