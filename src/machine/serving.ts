import { add, type Dim, equal, isStatic, product, sub, substitute, sum, sym, toBigInt } from '../dim/index.js';
import { type AnyLedger, type Description, totalsOf } from '../ledger/index.js';
import { longestContext } from '../models/language/longest.js';
import { traceFolded } from '../models/language/trace.js';
import { bytesOf } from '../tensor/index.js';
import { causalHalf, positionsIn } from '../transforms/index.js';
import { cacheBits } from './cache-formats.js';
import { type PartWork, partsOf, storedBytesRead } from './serving-work.js';

/** One kind of pass and what it costs. */
export interface Phase {
  readonly name: 'prefill' | 'decode';
  /** New tokens, and those that went before. */
  readonly sequence: Dim;
  readonly past: Dim;
  readonly macs: Dim;
  readonly flops: Dim;
  /** Weights that are used, and the cache, once each. */
  readonly readBytes: Dim;
  /** Largest live activations; null if free dimensions leave that open. */
  readonly activationBytes: Dim | null;
  /** Bytes that it leaves for the next pass. */
  readonly cacheBytes: Dim;
  readonly parts: readonly PartWork[];
}

/** The cost of serving a language model. */
export interface Serving {
  /** Elements and bytes that the pass leaves for the next one. */
  readonly cacheElements: Dim;
  readonly cacheBytes: Dim;
  /** Bytes that one more token adds at the context; 0 if every layer has a full window, or a state of fixed size. */
  readonly cacheBytesPerToken: Dim;
  /** After a prefill of the context. */
  readonly cacheBytesAtContext: Dim;
  readonly weightBytes: Dim;
  readonly activeParams: Dim;
  /** Without tables that are looked up and not multiplied with. */
  readonly activeParamsWithoutEmbeddings: Dim;
  readonly batch: Dim;
  readonly context: Dim;
  /** The most tokens of context that the model has positions for, or else its configuration states; null for neither. */
  readonly longestContext: number | null;
  /** The most tokens that a table of positions has rows for; null if no such table ends. */
  readonly positions: number | null;
  readonly phases: readonly Phase[];
  /** The step with latent attention absorbed into queries and outputs, where there is any and the phases expand it. */
  readonly absorbed: Phase | null;
}

export interface ServingOptions {
  /** Tokens of the prefill, in place of those of the pass. */
  readonly context?: Dim;
  readonly causal?: 'full' | 'half';
  /** How keys and values are kept, if that is not the model's dtype: `fp8`, `int8`, `q8_0`, … */
  readonly kv?: string;
}

/**
 * The cost of serving a language model: prefill of the context, and one step after it. The context is that of the pass where its sizes
 * are bound (`sequence` new tokens where nothing went before, else `past`), and a free dimension otherwise. Where it fills
 * the model's positions, the step is the last that has one: it stands behind one token less. Null for a model that keeps
 * nothing from one pass to the next.
 */
export function servingOf(
  ledger: AnyLedger,
  bind: ReadonlyMap<string, Dim> = new Map(),
  options: ServingOptions = {},
): Serving | null {
  const description = ledger.description;
  if (description === undefined || description.kept === null) return null;
  const past = bind.get('past') ?? sym('past', { min: 0 });
  const sequence = bind.get('sequence') ?? sym('sequence');
  const own = past === 0 ? sequence : bind.has('past') ? add(past, sequence === 1 ? 0 : sequence) : sequence;
  const context = options.context ?? own;
  const batch = bind.get('batch') ?? sym('batch');
  const kv = options.kv ?? null;
  const phase = (name: Phase['name'], s: Dim, p: Dim, of = description): Phase =>
    phaseOf(name, of, new Map<string, Dim>([...bind, ['batch', batch], ['sequence', s], ['past', p]]), options);
  const prefill = phase('prefill', context, 0);
  const positions = positionsIn(ledger);
  const before = positions !== null && positions > 1 && equal(context, positions) ? sub(context, 1) : context;
  const decode = phase('decode', 1, before);
  const cacheBefore = before === context ? prefill.cacheBytes : cacheFormula(description, bind, kv)(batch, before);
  const stated = longestContext(description.type, description.config);
  const expands = description.latent === 'expanded' && description.kept.some(({ name }) => name === 'latent');
  return {
    cacheElements: sum(description.kept.map((k) => product(k.shape))),
    cacheBytes: cacheBytes(description, kv),
    cacheBytesPerToken: sub(decode.cacheBytes, cacheBefore),
    cacheBytesAtContext: prefill.cacheBytes,
    weightBytes: totalsOf(ledger).weightBytes,
    activeParams: description.activeParams,
    activeParamsWithoutEmbeddings: sub(description.activeParams, description.lookedUpParams),
    batch,
    context,
    longestContext: positions === null || stated === null ? (positions ?? stated) : Math.min(positions, stated),
    positions,
    phases: [prefill, decode],
    absorbed: expands ? phase('decode', 1, before, { ...description, latent: 'absorbed' }) : null,
  };
}

/** Bytes of what a pass keeps, keys and values as they are kept. */
function cacheBytes(description: Description, kv: string | null): Dim {
  return sum((description.kept ?? []).map((k) => (kv === null ? bytesOf(k) : cacheBits(k, kv))));
}

/** Bytes of the cache after this many tokens of this many sequences, as a formula of both. */
export function cacheFormula(
  description: Description,
  bind: ReadonlyMap<string, Dim>,
  kv: string | null,
): (batch: Dim, tokens: Dim) => Dim {
  const free = new Map([...bind].filter(([name]) => !['batch', 'sequence', 'past'].includes(name)));
  const traced = traceFolded(description.config, { bind: new Map<string, Dim>([...free, ['past', 0]]) });
  const bytes = cacheBytes(traced.description as Description, kv);
  return (batch, tokens) =>
    substitute(
      bytes,
      new Map([
        ['batch', batch],
        ['sequence', tokens],
      ]),
    );
}

export function phaseOf(
  name: Phase['name'],
  description: Description,
  bind: ReadonlyMap<string, Dim>,
  { causal, kv }: ServingOptions,
): Phase {
  const traced = traceFolded(description.config, {
    bind,
    logits: description.logits,
    latent: description.latent,
    ...(description.stored === undefined ? {} : { stored: description.stored }),
  });
  const ledger = causal === 'half' ? causalHalf(traced) : traced;
  const totals = totalsOf(ledger);
  const saved = kv === undefined || name === 'prefill' ? 0 : cacheSaved(traced.description as Description, kv);
  return {
    name,
    sequence: bind.get('sequence') as Dim,
    past: bind.get('past') as Dim,
    macs: totals.macs,
    flops: totals.flops,
    readBytes: sub(storedBytesRead(ledger), saved),
    activationBytes: totals.peak.bytes,
    cacheBytes: cacheBytes(traced.description as Description, kv ?? null),
    parts: partsOf(ledger),
  };
}

/** Bytes that a step saves in reading if the cache is kept in fewer bits: as many as it leaves fewer for the next one. */
function cacheSaved(description: Description, kv: string): Dim {
  const saved = sub(cacheBytes(description, null), cacheBytes(description, kv));
  return isStatic(saved) && toBigInt(saved) === 0n ? 0 : saved;
}
