import { type Ledger, type Profile, profile, type ReportTraining, shownData, type TrainingOptions } from 'opcount';
import {
  batchSymbol,
  bindLedger,
  freeSymbols,
  longestContext,
  positionsIn,
  stepTimeline,
  withoutPast,
} from 'opcount/ledger';
import { bindingsOf } from './bindings.js';
import type { Bindings, Moments, ServingAsked } from './protocol.js';

/** The cost of serving a language model: prefill, a step after it, and every device asked for. */
export async function servingFor(ledger: Ledger, asked: ServingAsked): Promise<NonNullable<Profile['serving']> | null> {
  const free = new Set(freeSymbols(ledger));
  const { serving } = await profile(ledger, {
    ...(free.has('past') || free.has('sequence') ? { context: asked.context ?? usualContext(ledger) } : {}),
    ...(free.has('batch') ? { bind: { batch: asked.batch } } : {}),
    ...(asked.weights === null ? {} : { weights: asked.weights }),
    ...(asked.kv === null ? {} : { kv: asked.kv }),
    devices: asked.devices,
    rows: false,
  });
  return serving === undefined ? null : shownData(serving);
}

const USUAL_CONTEXT = 4096;

/** A usual context, or the longest that the model states or has positions for, where that is shorter. */
function usualContext(ledger: Ledger): number {
  const { description } = ledger;
  const stated = description === undefined ? null : longestContext(description.type, description.config);
  return Math.min(USUAL_CONTEXT, stated ?? USUAL_CONTEXT, positionsIn(ledger) ?? USUAL_CONTEXT);
}

/** A training step at the bindings. */
export async function trainingFor(
  ledger: Ledger,
  bind: Bindings,
  training: TrainingOptions,
  devices: readonly string[],
): Promise<ReportTraining | null> {
  const own = bindingsOf(ledger, bind);
  const { training: step } = await profile(ledger, { bind: own, training, devices, rows: false });
  if (step === undefined) return null;
  // The largest batch is solved for where the batch is left free.
  const batch = batchSymbol(ledger);
  if (batch === null || devices.length === 0) return shownData(step);
  const { [batch]: _, ...others } = own;
  const { training: open } = await profile(ledger, { bind: others, training, devices, rows: false });
  const largest = new Map((open?.fits ?? []).map((fit) => [fit.device, fit]));
  return shownData({
    ...step,
    fits: step.fits.map((fit) => {
      const solved = largest.get(fit.device);
      return solved === undefined ? fit : { ...fit, largestBatch: solved.largestBatch, why: solved.why };
    }),
  });
}

/** The memory of the same step from moment to moment; null where there is no graph, or some size is still free. */
export function timelineFor(ledger: Ledger, bind: Bindings, options: TrainingOptions): Moments | null {
  const bound = bindLedger(ledger, new Map(Object.entries(bindingsOf(ledger, bind))));
  const timeline = stepTimeline(withoutPast(bound), options);
  if (timeline === null) return null;
  const spans = timeline.spans.map((span) => ({ ...span, bytes: Number(span.bytes) }));
  return spans.some(({ bytes }) => Number.isNaN(bytes)) ? null : { moments: timeline.moments, spans };
}
