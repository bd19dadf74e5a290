import { type Dim, isStatic } from '../dim/index.js';
import type { Training } from '../transforms/training/index.js';
import { TEXT } from './encode.js';
import type { ReportCount, ReportTraining } from './types.js';

const { count } = TEXT;

/** Tensors at the peak that are listed. */
const MAX_ALIVE = 40;

/** A training step as data: counts as exact integers, or as formulas in what is free. */
export function trainingOut(t: Training, precision: string, fits: ReportTraining['fits']): ReportTraining {
  return {
    optimizer: t.optimizer,
    precision,
    attention: t.attention,
    zero: t.zero,
    devices: t.devices,
    trainableParams: count(t.trainableParams),
    forwardMacs: open(t.forward?.macs ?? null),
    backwardMacs: open(t.backward?.macs ?? null),
    recomputedMacs: open(t.recomputed?.macs ?? null),
    forwardFlops: open(t.forward?.flops ?? null),
    backwardFlops: open(t.backward?.flops ?? null),
    recomputedFlops: open(t.recomputed?.flops ?? null),
    optimizerFlops: count(t.optimizerFlops),
    savedBytes: open(t.savedBytes),
    inputBytes: count(t.inputBytes),
    lossBytes: count(t.lossBytes),
    weightBytes: count(t.weightBytes),
    gradientBytes: count(t.gradientBytes),
    optimizerBytes: count(t.optimizerBytes),
    masterBytes: count(t.masterBytes),
    activationPeakBytes: open(t.activationPeakBytes),
    peakBytes: open(t.peakBytes),
    peak: peakOut(t),
    kept: largest(t.keptBy).map((k) => ({ what: k.what, tensors: k.tensors, bytes: count(k.bytes) })),
    checkpointedBlocks: t.checkpointedBlocks,
    withCheckpointing: checkpointingOut(t),
    unknown: t.unknown,
    fits,
  };
}

/** When memory is at its most, and the largest tensors that are there then. */
function peakOut({ peakAt, alive }: Training): ReportTraining['peak'] {
  if (peakAt === null) return null;
  const shown = largest(alive).slice(0, MAX_ALIVE);
  return {
    ...peakAt,
    alive: shown.map((a) => ({ name: a.name, what: a.what, gradient: a.gradient, bytes: count(a.bytes) })),
  };
}

function checkpointingOut({ withCheckpointing: w }: Training): ReportTraining['withCheckpointing'] {
  if (w === null) return null;
  return {
    blocks: w.blocks,
    savedBytes: count(w.savedBytes),
    peakBytes: open(w.peakBytes),
    recomputedMacs: count(w.recomputed.macs),
  };
}

/** A count that free dimensions may leave open. */
function open(d: Dim | null): ReportCount | null {
  return d === null ? null : count(d);
}

function largest<T extends { readonly bytes: Dim }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => sizeOf(b.bytes) - sizeOf(a.bytes));
}

/** Only for sorting: of a formula its largest coefficient stands for it. */
function sizeOf(bytes: Dim): number {
  if (isStatic(bytes)) return Number(bytes);
  return Math.max(0, ...[...String(bytes).matchAll(/\d+/g)].map(([digits]) => Number(digits)));
}
