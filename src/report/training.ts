import { type Dim, isStatic } from '../dim/index.js';
import type { Training } from '../transforms/training/index.js';
import { TEXT } from './encode.js';
import type { ReportCount, ReportTraining } from './types.js';

/** Tensors at the peak that are listed. */
const MAX_ALIVE = 40;

/** A training step as data: counts as exact integers, or as formulas in what is free. */
export function trainingOut(t: Training, precision: string, fits: ReportTraining['fits']): ReportTraining {
  const { count } = TEXT;
  const open = (d: Dim | null): ReportCount | null => (d === null ? null : count(d));
  const largest = <T extends { readonly bytes: Dim }>(list: readonly T[]): T[] =>
    [...list].sort((a, b) => sizeOf(b.bytes) - sizeOf(a.bytes));
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
    peak:
      t.peakAt === null
        ? null
        : {
            ...t.peakAt,
            alive: largest(t.alive)
              .slice(0, MAX_ALIVE)
              .map((a) => ({ name: a.name, what: a.what, gradient: a.gradient, bytes: count(a.bytes) })),
          },
    kept: largest(t.keptBy).map((k) => ({ what: k.what, tensors: k.tensors, bytes: count(k.bytes) })),
    checkpointedBlocks: t.checkpointedBlocks,
    withCheckpointing:
      t.withCheckpointing === null
        ? null
        : {
            blocks: t.withCheckpointing.blocks,
            savedBytes: count(t.withCheckpointing.savedBytes),
            peakBytes: open(t.withCheckpointing.peakBytes),
            recomputedMacs: count(t.withCheckpointing.recomputed.macs),
          },
    unknown: t.unknown,
    fits,
  };
}

/** Only for sorting: of a formula its largest coefficient stands for it. */
function sizeOf(bytes: Dim): number {
  if (isStatic(bytes)) return Number(bytes);
  return Math.max(0, ...[...String(bytes).matchAll(/\d+/g)].map(([digits]) => Number(digits)));
}
