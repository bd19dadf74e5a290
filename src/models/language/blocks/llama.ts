import * as nn from '../../../torch/nn/index.js';
import { type Config, MAX_DECODER_LAYERS } from '../config.js';
import { type BlockSpec, block, type Named } from './block.js';
import { groupsBy, layersOf } from './kinds.js';
import { type Architecture, type BuildOptions, type DecoderSpec, decoder } from './model.js';
import { type MoeSpec, moe } from './moe.js';
import { type Activation, activation, type Layer, linear, type PassLayer, rms } from './parts.js';
import { unit } from './unit.js';

/** What the decoders that descend from Llama differ in. All is optional: nothing said is Llama itself. */
export interface Plan {
  /** Prefix of class names. */
  readonly type: string;
  /**
   * What makes layers different, beside the options of their attention: those of which it says the same are equal, and a
   * report may build one of them alone. Needed where a hook below (but `attention`) takes the number of the layer; hooks that
   * take no number make all layers equal.
   */
  readonly kind?: (layer: number) => unknown;
  /** Options of each layer's attention, over those that the configuration gives. */
  readonly attention?: (layer: number) => Partial<nn.GroupedAttentionOptions>;
  /** Under which name attention is in a layer; `self_attn`. */
  readonly attentionName?: string;
  /** Attention of another kind altogether. */
  readonly mixer?: (layer: number) => Named<PassLayer> | null;
  /** A norm of queries and keys: over each head, or over all heads. */
  readonly qk?: 'head' | 'all' | null;
  readonly qkNorm?: (size: number) => Layer;
  readonly mlp?: (layer: number) => BlockSpec['mlp'];
  /** A second MLP beside the first, on the same input, its result added. */
  readonly shared?: (layer: number) => Named<Layer>;
  readonly style?: BlockSpec['style'];
  readonly norms?: readonly string[];
  readonly norm?: (size: number) => Layer;
  /** Something done to a finished layer. */
  readonly wrapLayer?: (layer: PassLayer, i: number) => PassLayer;
  readonly block?: (layer: number) => Partial<BlockSpec>;
  readonly decoder?: Partial<DecoderSpec>;
}

/** Types whose heads are hidden / heads deep, whatever else the configuration says. */
const EVEN_HEADS: ReadonlySet<string> = new Set(['opt', 'gpt_neox', 'stablelm', 'biogpt', 'roformer', 'deberta-v2']);

/** Sizes that nearly every configuration has. */
export function sizes(c: Config): {
  hidden: number;
  inner: number;
  layers: number;
  heads: number;
  kv: number;
  d: number;
  vocab: number;
} {
  const hidden = c.size('hidden_size');
  const heads = c.size('num_attention_heads');
  const even = Math.floor(hidden / heads);
  return {
    hidden,
    inner: c.maybe('intermediate_size') ?? 4 * hidden,
    layers: c.layers('num_hidden_layers', undefined, MAX_DECODER_LAYERS),
    heads,
    kv: c.int('num_key_value_heads', heads),
    d: EVEN_HEADS.has(c.type) ? even : c.int('head_dim', even),
    vocab: c.size('vocab_size'),
  };
}

/** Dimensions of a head that rotary positions turn. */
export function rotaryDims(c: Config, d: number): number {
  const rope = c.get('rope_parameters') ?? c.get('rope_scaling');
  const inner =
    typeof rope === 'object' && rope !== null ? (rope as Record<string, unknown>)['partial_rotary_factor'] : undefined;
  const factor = typeof inner === 'number' ? inner : c.number('partial_rotary_factor', 1);
  return Math.floor(d * Math.min(1, Math.max(0, factor)));
}

/** The window of each layer: of those that `layer_types` calls sliding or chunked, or of all. */
export function windows(c: Config, kinds: readonly string[]): (number | null)[] {
  const window = c.maybe('sliding_window');
  const chunk = c.maybe('attention_chunk_size');
  return kinds.map((kind) => (kind === 'sliding_attention' ? window : kind === 'chunked_attention' ? chunk : null));
}

/** Every n-th layer full, the others sliding; `first` where the full one comes first. */
export const everyNth =
  (n: number, first = false) =>
  (i: number): string =>
    (first ? i % n === 0 : (i + 1) % n === 0) ? 'full_attention' : 'sliding_attention';

/** gate, up and down under their usual names. */
export function gated(
  c: Config,
  inner: number,
  o: Partial<nn.GatedMLPOptions> = {},
  field = 'hidden_act',
): nn.GatedMLP {
  return new nn.GatedMLP(c.size('hidden_size'), inner, {
    bias: c.bool('mlp_bias'),
    activation: activation(c, field, 'silu'),
    ...o,
  });
}

/** Two matrices with an activation between. */
export function plainMlp(
  type: string,
  hidden: number,
  inner: number,
  act: Activation,
  names: readonly [string, string],
  bias = true,
  make: (i: number, o: number, bias: boolean) => Layer = linear,
): Layer {
  const [up, down] = [make(hidden, inner, bias), make(inner, hidden, bias)];
  return unit(type, { [names[0]]: up, [names[1]]: down }, (x: nn.Tensor) => down(act(up(x))));
}

/** The usual experts of a configuration. */
export function mixture(
  c: Config,
  type: string,
  o: Partial<MoeSpec> & Pick<MoeSpec, 'experts' | 'top_k' | 'inner'>,
): Layer {
  return moe({ type, hidden: c.size('hidden_size'), activation: activation(c, 'hidden_act', 'silu'), ...o });
}

export function llamaLike(c: Config, o: BuildOptions, plan: Plan): Architecture {
  const s = sizes(c);
  const norm = plan.norm ?? rms;
  const kinds = kindsOf(plan, s.layers);
  const stands = o.fold ? kinds : null;
  const layers =
    stands === null
      ? layersOf(
          s.layers,
          (i) => layerOf(c, plan, i),
          (i) => kinds?.findIndex((of) => of.includes(i)) ?? i,
        )
      : stands.map(([first]) => layerOf(c, plan, first as number));
  return decoder(
    c,
    {
      type: plan.type,
      hidden: s.hidden,
      vocab: s.vocab,
      layers,
      ...(stands === null ? {} : { stands }),
      norm: norm(s.hidden),
      tie: c.bool('tie_word_embeddings'),
      ...plan.decoder,
    },
    o,
  );
}

function layerOf(c: Config, plan: Plan, i: number): PassLayer {
  const s = sizes(c);
  const norm = plan.norm ?? rms;
  const made = block({
    type: `${plan.type}DecoderLayer`,
    attention: plan.mixer?.(i) ?? [plan.attentionName ?? 'self_attn', attentionOf(c, plan, i)],
    mlp: plan.mlp?.(i) ?? ['mlp', gated(c, s.inner)],
    ...(plan.shared ? { beside: plan.shared(i) } : {}),
    style: plan.style ?? 'pre',
    norms: (plan.norms ?? ['input_layernorm', 'post_attention_layernorm']).map(
      (name) => [name, norm(s.hidden)] as const,
    ),
    ...plan.block?.(i),
  });
  return plan.wrapLayer?.(made, i) ?? made;
}

function attentionOf(c: Config, plan: Plan, i: number): PassLayer {
  const s = sizes(c);
  const own = plan.attention?.(i) ?? {};
  const heads = own.num_heads ?? s.heads;
  const kv = own.num_kv_heads ?? s.kv;
  const d = own.head_dim ?? s.d;
  const rotated = rotaryDims(c, d);
  // Of a head that is turned in part only, the reference finds one dimension more.
  if (own.rotary_dim === undefined && rotated === d && d % 2 !== 0)
    throw c.wrong('head_dim', `is ${d}: an even number is needed, since rotary positions turn pairs of dimensions`);
  const qkNorm = plan.qkNorm ?? plan.norm ?? rms;
  const all = plan.qk === 'all';
  return new nn.GroupedAttention({
    hidden_size: s.hidden,
    num_heads: heads,
    num_kv_heads: kv,
    head_dim: d,
    bias: c.bool('attention_bias'),
    rotary_dim: rotated,
    ...(plan.qk
      ? {
          norm_over: plan.qk,
          q_norm: ['q_norm', qkNorm(all ? heads * d : d)] as const,
          k_norm: ['k_norm', qkNorm(all ? kv * d : d)] as const,
        }
      : {}),
    ...own,
  });
}

/** The numbers of equal layers, kind by kind; null if a plan does not say which are equal. */
function kindsOf(plan: Plan, count: number): number[][] | null {
  const { attention, mixer, mlp, shared, block, wrapLayer, kind } = plan;
  if (plan.decoder?.run !== undefined) return null;
  const numbered = [mixer, mlp, shared, block].some((hook) => (hook?.length ?? 0) > 0) || (wrapLayer?.length ?? 0) > 1;
  if (numbered && kind === undefined) return null;
  const numberedAttention = (attention?.length ?? 0) > 0;
  return groupsBy(count, (i) => [numberedAttention ? attention?.(i) : null, numbered ? kind?.(i) : null]);
}
