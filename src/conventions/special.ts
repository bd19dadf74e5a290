import type { Ledger } from '../ledger/index.js';
import { didYouMean } from '../models/nearest.js';
import { ModelError } from '../source/errors.js';
import { darknetBflops, isDarknet } from './darknet.js';
import { isKeras, kerasFlops } from './keras-flops.js';
import { CONVENTIONS } from './list.js';
import { onlyFor } from './only-for.js';
import { isTensorflowGraph, tfProfiler } from './tf-profiler.js';
import { isTflite, tfliteTools } from './tflite-tools.js';
import { TRAINING_FORMULAS } from './training-formulas.js';
import type { Convention } from './types.js';
import { vela } from './vela.js';

const ofGraphs = onlyFor(tfProfiler, isTensorflowGraph, 'graphs of TensorFlow and TensorFlow.js');
const ofDarknet = onlyFor(darknetBflops, isDarknet, 'Darknet’s .cfg files');
const OF_TFLITE: readonly Convention[] = [tfliteTools, vela].map((tool) =>
  onlyFor(tool, isTflite, 'TensorFlow Lite files'),
);

/** Those that stand for some models alone, and are requested by name or where they fit. */
export const SPECIAL_CONVENTIONS: readonly Convention[] = [
  ...TRAINING_FORMULAS,
  ofGraphs,
  kerasFlops,
  ...OF_TFLITE,
  ofDarknet,
];

/** The special ones that fit a model. */
export function specialFor(ledger: Ledger): readonly Convention[] {
  return [
    ...(ledger.description?.kept ? TRAINING_FORMULAS : []),
    ...(isTensorflowGraph(ledger) ? [ofGraphs] : []),
    ...(isKeras(ledger) ? [kerasFlops] : []),
    ...(isTflite(ledger) ? OF_TFLITE : []),
    ...(isDarknet(ledger) ? [ofDarknet] : []),
  ];
}

/** The convention of an id. Throws ModelError `argument` for one that does not exist, with those that do. */
export function conventionOf(id: string): Convention {
  const all = [...CONVENTIONS, ...SPECIAL_CONVENTIONS];
  const found = all.find((c) => c.id === id.toLowerCase());
  if (found === undefined)
    throw new ModelError('argument', `there is no convention "${id}"`, {
      hint: `${didYouMean(
        id,
        all.map((c) => c.id),
      )}known: ${all.map((c) => c.id).join(', ')}`,
    });
  return found;
}
