// Comes in: a ledger. Goes out: what a tool would print for it, as counts with units, items that add up to them, and notes.
// Add here: a file for the tool and a line in CONVENTIONS. Its goldens are what the tool printed when it was run.
import type { Ledger } from '../ledger/index.js';
import { ModelError } from '../source/errors.js';
import { calflops } from './calflops.js';
import { darknetBflops, isDarknet } from './darknet.js';
import { deepspeed } from './deepspeed.js';
import { exact } from './exact.js';
import { fvcore } from './fvcore.js';
import { isKeras, kerasFlops } from './keras-flops.js';
import { ptflops } from './ptflops.js';
import { ptflopsAten } from './ptflops-aten.js';
import { isTensorflowGraph, tfProfiler } from './tf-profiler.js';
import { isTflite, tfliteTools } from './tflite-tools.js';
import { thop } from './thop.js';
import { torchFlopCounter } from './torch-flop-counter.js';
import { torchinfo } from './torchinfo.js';
import { torchprofile } from './torchprofile.js';
import { torchstat } from './torchstat.js';
import { TRAINING_FORMULAS } from './training-formulas.js';

import type { Convention } from './types.js';
import { ultralyticsThop } from './ultralytics-thop.js';

export { type Difference, type Reconciled, type Reconciliation, reconcileWith } from './reconcile.js';
export type { TermId } from './terms.js';
export { type TorchstatRow, type TorchstatTable, torchstatTable } from './torchstat.js';
export type {
  Convention,
  ConventionOptions,
  ConventionResult,
  Count,
  CustomOps,
  CustomRule,
  Unit,
  WorkUnit,
} from './types.js';
export { TRAINING_FORMULAS };

/** Every convention; adding one is a file and a line here. */
export const CONVENTIONS: readonly Convention[] = [
  exact,
  thop,
  ultralyticsThop,
  torchstat,
  ptflops,
  torchinfo,
  calflops,
  deepspeed,
  fvcore,
  torchprofile,
  ptflopsAten,
  torchFlopCounter,
];

/** Those that stand for some models alone, and are asked for by name or where they fit. */
export const SPECIAL_CONVENTIONS: readonly Convention[] = [
  ...TRAINING_FORMULAS,
  tfProfiler,
  kerasFlops,
  tfliteTools,
  darknetBflops,
];

/** The special ones that fit a model. */
export function specialFor(ledger: Ledger): readonly Convention[] {
  return [
    ...(ledger.description?.kept ? TRAINING_FORMULAS : []),
    ...(isTensorflowGraph(ledger) ? [tfProfiler] : []),
    ...(isKeras(ledger) ? [kerasFlops] : []),
    ...(isTflite(ledger) ? [tfliteTools] : []),
    ...(isDarknet(ledger) ? [darknetBflops] : []),
  ];
}

/** The convention of an id. Throws ModelError `argument` for one that does not exist, with those that do. */
export function conventionOf(id: string): Convention {
  const all = [...CONVENTIONS, ...SPECIAL_CONVENTIONS];
  const found = all.find((c) => c.id === id.toLowerCase());
  if (found === undefined)
    throw new ModelError('argument', `there is no convention "${id}"`, {
      hint: `known: ${all.map((c) => c.id).join(', ')}`,
    });
  return found;
}
