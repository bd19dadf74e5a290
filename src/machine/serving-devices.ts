import { type Dim, isStatic, toBigInt } from '../dim/index.js';
import type { Description } from '../ledger/index.js';
import type { DType } from '../tensor/index.js';
import { choiceId, type DeviceChoice, timeBound } from './bounds.js';
import { cacheFormula, phaseOf, type Serving, type ServingOptions } from './serving.js';

/** The most that a device allows a language model, and the least that it takes. Null if free dimensions leave it open. */
export interface ServingBound {
  readonly device: string;
  readonly name: string;
  /** Type of the arithmetic. */
  readonly dtype: string;
  /** Sizes that were free and that the answer is for; absent where the caller gave them all. */
  readonly chosen?: { readonly batch?: number; readonly context?: number; readonly source?: number };
  /** The form of latent attention that the step is taken in: the faster one. Absent if there is none. */
  readonly latent?: 'expanded' | 'absorbed';
  /** Least time to the first token: a prefill of the context. */
  readonly firstTokenSeconds: number | null;
  readonly firstTokenBy: 'compute' | 'memory' | null;
  /** Least time of one step after it, and tokens a second at most, of all sequences together. */
  readonly stepSeconds: number | null;
  readonly stepBy: 'compute' | 'memory' | null;
  readonly tokensPerSecond: number | null;
  /** Weights, cache at the context, and the largest live activations of the step. */
  readonly weightBytes: number | null;
  readonly cacheBytes: number | null;
  readonly activationBytes: number | null;
  readonly memory: number | null;
  readonly fits: boolean | null;
  /**
   * Tokens of context at the batch, as far as the model has positions, and sequences at the context that fit at most; 0 if
   * not even one does.
   */
  readonly largestContext: number | null;
  readonly largestBatch: number | null;
}

/** No context is longer: a bound that no memory would reach says nothing. */
const MAX_TOKENS = 2 ** 40;

export function servingBounds(
  serving: Serving,
  description: Description,
  bind: ReadonlyMap<string, Dim>,
  choices: readonly DeviceChoice[],
  dtype: DType,
  options: ServingOptions = {},
): ServingBound[] {
  const form: Description = serving.absorbed === null ? description : { ...description, latent: 'absorbed' };
  const solve = solver(serving, form, bind, options);
  return choices.map((choice) => boundOf(serving, choice, dtype, solve));
}

/** The least that a step takes: with latents absorbed, where there are any, since that is less. */
function stepOf({ phases, absorbed }: Serving): Serving['phases'][number] | undefined {
  return absorbed ?? phases[1];
}

interface Solver {
  /** Bytes of weights, cache and live activations of a step after this many tokens of this many sequences. */
  readonly bytes: (batch: number, tokens: number) => number;
  readonly batch: number;
  readonly context: number;
}

/**
 * The cache is a formula of batch and tokens; live activations of a step grow linearly with both, told from two lengths.
 * Null if batch or context is symbolic.
 */
function solver(
  serving: Serving,
  description: Description,
  bind: ReadonlyMap<string, Dim>,
  options: ServingOptions,
): Solver | null {
  const { batch, context } = serving;
  if (!isStatic(batch) || !isStatic(context) || !isStatic(serving.weightBytes)) return null;
  const [b, n] = [Number(toBigInt(batch)), Number(toBigInt(context))];
  const weights = Number(toBigInt(serving.weightBytes));
  const cache = cacheFormula(description, bind, options.kv ?? null);
  // An encoder–decoder's cache depends on its source as well.
  if (!isStatic(cache(batch, context))) return null;
  const at = (past: number): number => {
    const sizes = new Map<string, Dim>([...bind, ['batch', batch], ['sequence', 1], ['past', past]]);
    const peak = phaseOf('decode', description, sizes, options).activationBytes;
    return peak !== null && isStatic(peak) ? Number(toBigInt(peak)) : 0;
  };
  const own = stepOf(serving)?.activationBytes ?? null;
  const here = own !== null && isStatic(own) ? Number(toBigInt(own)) : at(n);
  const slope = n === 0 ? 0 : Math.max(0, (at(2 * n) - here) / n);
  return {
    batch: b,
    context: n,
    bytes: (sequences, tokens) =>
      weights +
      Number(toBigInt(cache(sequences, tokens))) +
      (sequences / Math.max(1, b)) * Math.max(0, here + slope * (tokens - n)),
  };
}

/** The largest whole number, up to `most`, at which a growing function stays within a limit; 0 if 1 is too much. */
function largest(fits: (n: number) => boolean, most: number | null = null): number | null {
  if (!fits(1)) return 0;
  if (most !== null && fits(most)) return most;
  let [low, high] = [1, 2];
  while (fits(high)) {
    if (high >= MAX_TOKENS) return null;
    [low, high] = [high, high * 2];
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function boundOf(serving: Serving, choice: DeviceChoice, dtype: DType, solve: Solver | null): ServingBound {
  const [prefill, decode] = [serving.phases[0], stepOf(serving)].map((phase) => {
    if (phase === undefined) return null;
    if (!isStatic(phase.flops) || !isStatic(phase.readBytes)) return null;
    return timeBound(
      { flops: new Map([[dtype, Number(toBigInt(phase.flops))]]), bytes: Number(toBigInt(phase.readBytes)) },
      choice,
    );
  });
  const value = (d: Dim | null | undefined): number | null => (d != null && isStatic(d) ? Number(toBigInt(d)) : null);
  const [weightBytes, cacheBytes] = [value(serving.weightBytes), value(serving.cacheBytesAtContext)];
  const activationBytes = value(stepOf(serving)?.activationBytes);
  const { memory } = choice.device;
  const batch = value(serving.batch);
  const step = decode?.seconds ?? null;
  const whole =
    weightBytes === null || cacheBytes === null || activationBytes === null
      ? null
      : weightBytes + cacheBytes + activationBytes;
  return {
    device: choiceId(choice),
    name: choice.device.name,
    dtype: choice.as ?? dtype,
    ...(serving.absorbed === null ? {} : { latent: 'absorbed' as const }),
    firstTokenSeconds: prefill?.seconds ?? null,
    firstTokenBy: prefill?.by ?? null,
    stepSeconds: step,
    stepBy: decode?.by ?? null,
    tokensPerSecond: step === null || step === 0 || batch === null ? null : batch / step,
    weightBytes,
    cacheBytes,
    activationBytes,
    memory,
    fits: whole === null || memory === null ? null : whole <= memory,
    largestContext:
      solve === null || memory === null
        ? null
        : largest((n) => solve.bytes(solve.batch, n) <= memory, serving.positions),
    largestBatch: solve === null || memory === null ? null : largest((b) => solve.bytes(b, solve.context) <= memory),
  };
}
