import { type Dim, isStatic, symbols } from '../dim/index.js';
import type { AnyLedger } from '../ledger/index.js';
import type { DeviceChoice } from '../machine/index.js';
import type { Serving, ServingOptions } from '../machine/serving.js';
import type { ServingBound } from '../machine/serving-devices.js';
import type { ReportServing } from '../report/index.js';
import type { DType } from '../tensor/index.js';
import { resolveBindings } from './options.js';
import { notServed, type OpenOptions } from './read.js';

/** Questions to a language model beside its counts. */
export interface ServingAsked {
  /** Weights kept in another format: `int4`, `fp8`, `bf16`, `q4_k`, …; counts stay. */
  readonly weights?: string;
  /** Keys and values kept in another format: `fp8`, `int8`, `q8_0`, … */
  readonly kv?: string;
  /** Devices over which every layer is split. */
  readonly tensorParallel?: number;
}

const FLAGS = { weights: '--weights', kv: '--kv', tensorParallel: '--tp' } as const;

/** The ledger with its weights as they are to be kept. Throws ModelError `argument` if that is asked of no language model. */
export async function asServed(ledger: AnyLedger, options: OpenOptions & ServingAsked): Promise<AnyLedger> {
  const served = ledger.description !== undefined && ledger.description.kept !== null;
  for (const name of ['weights', 'kv', 'tensorParallel'] as const)
    if (options[name] !== undefined && !served && (name !== 'weights' || ledger.description === undefined))
      throw notServed(FLAGS[name]);
  if (options.context !== undefined && !served) throw notServed('--context');
  if (options.kv !== undefined) (await import('../machine/cache-formats.js')).checkCacheFormat(options.kv);
  if (options.weights === undefined) return ledger;
  const { withWeights } = await import('../machine/weight-formats.js');
  return withWeights(ledger, options.weights);
}

/** The type in which a pass computes: that of what is looked up first. */
function arithmetic(ledger: AnyLedger): DType {
  return ledger.entries.find((e) => e.op === 'embedding')?.outputs[0]?.type?.dtype ?? 'float16';
}

/** Tokens of context that devices are asked about where nobody says how many. */
const USUAL_CONTEXT = 4096;

/**
 * Whether it fits and how fast it can be at most has an answer only at a size. Where batch or context is free: one sequence,
 * and a usual context or the model's longest if that is shorter. The answer says which sizes were chosen.
 */
async function boundsOn(
  devices: readonly DeviceChoice[],
  ledger: AnyLedger,
  serving: Serving,
  bind: ReadonlyMap<string, Dim>,
  asked: ServingOptions,
): Promise<ServingBound[]> {
  const { description } = ledger;
  if (description === undefined) return [];
  const { servingBounds } = await import('../machine/serving-devices.js');
  const boundsAt = (at: Serving, sizes: ReadonlyMap<string, Dim>, options: ServingOptions): ServingBound[] =>
    servingBounds(at, description, sizes, devices, arithmetic(ledger), options);
  const free = new Set(serving.phases.flatMap((p) => [p.macs, p.readBytes, p.cacheBytes].flatMap((d) => symbols(d))));
  if (free.size === 0) return boundsAt(serving, bind, asked);

  const { servingOf } = await import('../machine/serving.js');
  const usual = Math.min(USUAL_CONTEXT, serving.longestContext ?? USUAL_CONTEXT);
  const chosen = {
    ...(free.has('batch') ? { batch: 1 } : {}),
    ...(isStatic(serving.context) ? {} : { context: usual }),
    ...(free.has('source') ? { source: usual } : {}),
  };
  const sizes = new Map<string, Dim>(bind);
  if (chosen.batch !== undefined) sizes.set('batch', chosen.batch);
  if (chosen.source !== undefined) sizes.set('source', chosen.source);
  const options = chosen.context === undefined ? asked : { ...asked, context: chosen.context };
  const at = servingOf(ledger, sizes, options);
  return boundsAt(at ?? serving, sizes, options).map((bound) => ({ ...bound, chosen }));
}

/** The cost of serving a language model; its code is loaded only for one. */
export async function servingPart(
  ledger: AnyLedger,
  options: OpenOptions & ServingAsked,
  devices: readonly DeviceChoice[],
): Promise<{ serving?: ReportServing }> {
  const { description } = ledger;
  if (description === undefined || description.kept === null) return {};
  const { servingOf } = await import('../machine/serving.js');
  const { servingOut } = await import('../report/serving.js');
  const bind = resolveBindings(options.bind ?? {});
  const asked = {
    ...(options.context === undefined ? {} : { context: options.context }),
    ...(options.causal === undefined ? {} : { causal: options.causal }),
    ...(options.kv === undefined ? {} : { kv: options.kv }),
  };
  const serving = servingOf(ledger, bind, asked);
  if (serving === null) return {};
  const bounds = devices.length === 0 ? undefined : await boundsOn(devices, ledger, serving, bind, asked);
  const split =
    options.tensorParallel === undefined
      ? undefined
      : (await import('../machine/tensor-parallel.js')).tensorParallel(
          ledger,
          description,
          serving,
          options.tensorParallel,
        );
  return {
    serving: servingOut(serving, {
      weightFormat: description.storedAs ?? null,
      kvFormat: options.kv ?? null,
      ...(bounds === undefined ? {} : { devices: bounds }),
      ...(split === undefined ? {} : { tensorParallel: split }),
    }),
  };
}
