import { add, type Dim, sub, sym } from '../../../dim/index.js';
import type { Note } from '../../../ledger/index.js';
import { ModelError } from '../../../source/errors.js';
import { foldedCall } from '../../../torch/nn/folded.js';
import * as nn from '../../../torch/nn/index.js';
import type { Config } from '../config.js';
import { embedding, type Layer, linear, type PassLayer } from './parts.js';
import { positionsOf, withinPositions } from './positions.js';
import { type Parts, unit } from './unit.js';

/** The free dimensions of a pass; a name that the caller binds is what it binds it to. */
export type FreeDim = (name: string, otherwise?: Dim) => Dim;

/** A model with the inputs that it takes. */
export interface Architecture {
  readonly module: nn.AnyModule;
  inputs(free: FreeDim): nn.InputSpec[];
  /** Tensors that the last traced pass keeps for the next one; null for a model that has no next pass. */
  kept(): readonly nn.Kept[] | null;
  /** Notes on the model that hold for every pass. */
  readonly notes?: readonly Note[];
}

/** A model of which some part is not counted, with a note that says which. */
export function partlyCounted(made: Architecture, message: string): Architecture {
  return { ...made, notes: [...(made.notes ?? []), { code: 'not-counted', message }] };
}

export interface BuildOptions {
  /** Builders of other model types: for those that have others inside. */
  readonly builderOf?: (type: string) => Builder | null;
  /** The class of the reference, as in `architectures`. */
  readonly architecture: string;
  /** The head on all positions of the pass, or on the last one alone, as servers do. */
  readonly logits?: 'all' | 'last';
  /** Latent attention as the reference computes it, or as servers do: see `nn.LatentAttention`. */
  readonly latent?: 'expanded' | 'absorbed';
  /** Whether equal layers are built and run once, for a record that says how many there are. */
  readonly fold?: boolean;
}

export function freeDim(bind: ReadonlyMap<string, Dim> = new Map()): FreeDim {
  return (name, otherwise) => bind.get(name) ?? otherwise ?? (name === 'past' ? sym(name, { min: 0 }) : sym(name));
}

/** A layer as it is called. */
export type Step = (x: nn.Tensor, pass: nn.Pass) => nn.Tensor;

export interface DecoderSpec {
  /** Prefix of the reference's class names: `Llama`. */
  readonly type: string;
  readonly hidden: number;
  readonly vocab: number;
  /** Width of the embedding where it is not that of the layers. */
  readonly width?: number;
  readonly layers: readonly PassLayer[];
  /** Of each of `layers` the numbers of the layers that it stands for; if this is absent each stands for itself. */
  readonly stands?: readonly (readonly number[])[];
  readonly norm: Layer | null;
  readonly tie: boolean;
  /** `model`, `embed_tokens`, `layers`, `norm`, `lm_head`. */
  readonly names?: { base?: string; embed?: string; layers?: string; norm?: string; head?: string };
  /** Learned positions: a table of this many rows, looked up by position. */
  readonly positions?: readonly [name: string, rows: number] | null;
  /** Tokens at which a table ends that is computed and no parameter: of sines, of slopes; null if nothing ends. */
  readonly longest?: number | null;
  readonly headBias?: boolean;
  /** More parts of the base, and what is done to the embeddings before the first layer and after the last. */
  readonly parts?: Parts;
  readonly before?: (x: nn.Tensor, pass: nn.Pass, ids: nn.Tensor) => nn.Tensor;
  readonly after?: (x: nn.Tensor, pass: nn.Pass) => nn.Tensor;
  /** Runs the layers, if that is not one after the other. */
  readonly run?: (x: nn.Tensor, pass: nn.Pass, layers: readonly Step[], ids: nn.Tensor) => nn.Tensor;
  /** Logits: a bound by tanh, as Gemma 2 has. */
  readonly softcap?: boolean;
  /** Further wrapping of the base: BERT-like or prefixed paths (`model.decoder`). */
  readonly wrap?: (base: nn.AnyModule) => nn.AnyModule;
  /** The head, if it is more than one projection. */
  readonly head?: (hidden: number, vocab: number) => Layer;
  /** A head of several parts beside each other in the model. */
  readonly headParts?: { readonly parts: Parts; readonly run: (x: nn.Tensor) => nn.Tensor };
  /** The table of words, and the module around it that is called in its place. */
  readonly embed?: nn.Embedding;
  readonly embedding?: Layer;
  /** Rows of the head where they are not those of the vocabulary. */
  readonly headRows?: number;
}

/** A decoder with the head that the architecture's name asks for. */
export function decoder(c: Config, spec: DecoderSpec, o: BuildOptions): Architecture {
  let kept: nn.Kept[] = [];
  const names = {
    base: 'model',
    embed: 'embed_tokens',
    layers: 'layers',
    norm: 'norm',
    head: 'lm_head',
    ...spec.names,
  };
  const embed = spec.embed ?? embedding(spec.vocab, spec.width ?? spec.hidden);
  const words = (spec.embedding ?? embed) as Layer;
  const numbers = spec.layers.map((_, i) => (spec.stands?.[i] ?? [i]).map(String));
  const steps: readonly Step[] =
    spec.stands === undefined
      ? spec.layers
      : spec.layers.map((layer, i) => (x, pass) => foldedCall(layer as nn.AnyModule, numbers[i] ?? [], pass, x));
  const list = new nn.ModuleList();
  for (const [i, layer] of spec.layers.entries()) list.add_module(numbers[i]?.[0] as string, layer as nn.AnyModule);
  const positions = spec.positions ? embedding(spec.positions[1], spec.hidden) : null;
  const parts: Record<string, nn.AnyModule | nn.Parameter | null> = { [names.embed]: words };
  if (spec.positions && positions) parts[spec.positions[0]] = positions;
  Object.assign(parts, spec.parts ?? {});
  parts[names.layers] = list;
  parts[names.norm] = spec.norm;
  const base = unit(`${spec.type}Model`, parts, (ids: nn.Tensor, mask: nn.Tensor, inserted?: nn.Tensor): nn.Tensor => {
    const sequence = ids.size(1);
    const pass = new nn.Pass(ids.size(0), sequence, sub(mask.size(1), sequence));
    kept = pass.kept;
    if (spec.longest != null) withinPositions(spec.longest, pass);
    let x = words(ids);
    // Images and sounds take the places of the tokens that stand for them.
    if (inserted !== undefined) x = nn.functional.scattered(x, inserted);
    if (positions !== null && spec.positions) x = x.add(positionsOf(positions, pass));
    if (spec.before) x = spec.before(x, pass, ids);
    if (spec.run) x = spec.run(x, pass, steps, ids);
    else for (const step of steps) x = step(x, pass);
    if (spec.norm !== null) x = spec.norm(x);
    return spec.after ? spec.after(x, pass) : x;
  });
  const wrapped = (spec.wrap?.(base) ?? base) as nn.Module<[nn.Tensor, nn.Tensor], nn.Tensor>;
  return {
    module: withHead(c, spec, o, names, wrapped, embed),
    inputs: (free) => [
      { name: 'input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
      { name: 'attention_mask', shape: [free('batch'), add(free('past'), free('sequence'))], dtype: 'int64' },
    ],
    kept: () => kept,
  };
}

type Base = nn.Module<[nn.Tensor, nn.Tensor], nn.Tensor>;

function withHead(
  c: Config,
  spec: DecoderSpec,
  o: BuildOptions,
  names: { base: string; head: string },
  base: Base,
  embed: nn.Embedding,
): nn.AnyModule {
  const { architecture: name } = o;
  const last = lastPosition(o);
  if (/(?:CausalLM|LMHeadModel|LMHead|ConditionalGeneration|DoubleHeadsModel)$/.test(name) || name === '') {
    const hidden = spec.width ?? spec.hidden;
    const several = spec.headParts;
    if (several)
      return unit(
        name || `${spec.type}ForCausalLM`,
        { [names.base]: base, ...several.parts },
        (ids: nn.Tensor, mask: nn.Tensor) => several.run(last(base(ids, mask))),
      );
    const head = spec.head?.(hidden, spec.vocab) ?? linear(hidden, spec.headRows ?? spec.vocab, spec.headBias ?? false);
    if (spec.tie && !spec.head) (head as unknown as { weight: nn.Parameter }).weight = embed.weight;
    return unit(
      name || `${spec.type}ForCausalLM`,
      { [names.base]: base, [names.head]: head },
      (ids: nn.Tensor, mask: nn.Tensor) => {
        const logits = head(last(base(ids, mask)));
        return spec.softcap ? logits.div(1).tanh().mul(1) : logits;
      },
    );
  }
  if (/Model$/.test(name)) return base;
  return taskHead(c, name, names.base, spec.hidden, base as never);
}

/** Types whose classes of tokens have the name that they had before all decoders shared one. */
const OLDER: ReadonlySet<string> = new Set([
  'gpt2',
  'gpt_bigcode',
  'gpt_neo',
  'gpt_neox',
  'bloom',
  'falcon',
  'mpt',
  'biogpt',
]);

/** Types that keep their base under another name where spans of answers are found. */
const TRANSFORMER: ReadonlySet<string> = new Set([
  'llama',
  'seed_oss',
  'ministral',
  'qwen3_next',
  'diffllama',
  'qwen2',
  'smollm3',
  'qwen3',
  'exaone4',
  'arcee',
  'qwen3_moe',
]);

/** Heads of one projection over the hidden state: classification of texts and of tokens, spans of answers. */
export function taskHead(
  c: Config,
  name: string,
  base: string,
  hidden: number,
  model: nn.Module<nn.Tensor[], nn.Tensor>,
): nn.AnyModule {
  const labels = labelsOf(c);
  const one = (part: string, outputs: number, bias: boolean, under = base): nn.AnyModule => {
    const head = linear(hidden, outputs, bias);
    return unit(name, { [under]: model as never, [part]: head }, (...inputs: nn.Tensor[]) => head(model(...inputs)));
  };
  if (/SequenceClassification$/.test(name)) return one(c.type === 'ctrl' ? 'classifier' : 'score', labels, false);
  if (/TokenClassification$/.test(name)) return one(OLDER.has(c.type) ? 'classifier' : 'score', labels, true);
  if (/QuestionAnswering$/.test(name))
    return one('qa_outputs', 2, true, TRANSFORMER.has(c.type) ? 'transformer' : base);
  throw new ModelError('unsupported', `${c.type}: the head of ${name.slice(0, 80)} is not known`, {
    format: 'transformers',
    at: { field: 'architectures' },
    hint: 'known for this type: …ForCausalLM, …Model, …ForSequenceClassification, …ForTokenClassification, …ForQuestionAnswering',
  });
}

/** How many classes: of `num_labels`, or those that `id2label` names; 2 by default. */
export function labelsOf(c: Config): number {
  const names = c.get('id2label');
  if (typeof names === 'object' && names !== null) return Object.keys(names).length;
  return c.int('num_labels', 2);
}

/** Builds a model type from its configuration. */
export type Builder = (c: Config, o: BuildOptions) => Architecture;

/** The positions whose words are asked for: of N×S×hidden all, or the last of each sequence alone. */
export const lastPosition =
  (o: BuildOptions) =>
  (x: nn.Tensor): nn.Tensor =>
    o.logits === 'last' ? x.narrow(1, sub(x.size(1), 1), 1) : x;
