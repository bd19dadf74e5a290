import { mul, product } from '../dim/index.js';
import type { Ledger, Note, OpEntry } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { type Item, itemsOf } from './items.js';
import { elementsOut, exactProducts, inputShape, outOf, placeOf, repeated } from './operands.js';
import { resultOf } from './results.js';
import { type Rule, WINDOWS } from './tflite-rules.js';
import type { Convention, ConventionResult } from './types.js';
import { allParameters } from './units.js';

const WORDS =
  'Of operators that the NPU runs, which take integers of 8 or 16 bits: the kernel’s elements and the input’s channels for each output of a convolution or a matrix product, the kernel’s elements alone for depthwise convolutions and pooling. A mean over an image is such a pooling, a softmax two passes over its channels, a transposed convolution goes over its outputs. Element-wise arithmetic and whatever is left to the CPU count 0.';

/** The image is spread out first: the whole filter at every place of the result. */
const transposed: Rule = (entry) => ({
  transposed: mul(product(outOf(entry).slice(0, -1)), product(inputShape(entry, 1))),
});

/** As `exact` has them. */
const products: Rule = (entry) => ({ products: exactProducts(entry) });

const RULES: Readonly<Record<string, Rule>> = byName<Record<string, Rule>>({
  ...WINDOWS,
  TRANSPOSE_CONV: transposed,
  FULLY_CONNECTED: products,
  BATCH_MATMUL: products,
  UNIDIRECTIONAL_SEQUENCE_LSTM: products,
  // The largest of the channels, and the sum of their exponentials.
  SOFTMAX: (entry) => ({ softmax: mul(2, elementsOut(entry)) }),
});

const INTEGERS: ReadonlySet<string> = new Set(['int8', 'uint8', 'int16']);
const isQuantised = ({ outputs }: OpEntry): boolean => INTEGERS.has(outputs[0]?.type?.dtype ?? '');

/** What Vela prints as “Neural network macs” of a TensorFlow Lite file that it compiles for an Ethos-U. */
export const vela: Convention = {
  id: 'vela',
  title: 'Vela (Ethos-U)',
  version: '4',
  source: 'ethos-u-vela, PERFORMANCE.md and ethosu/vela/npu_performance.py',
  description: WORDS,
  run(ledger: Ledger): ConventionResult {
    const counted = ledger.entries.filter((entry) => entry.outputs[0]?.type != null && RULES[entry.type] !== undefined);
    const items = counted.filter(isQuantised).flatMap((entry): Item[] => {
      const parts = RULES[entry.type]?.(entry) ?? {};
      return itemsOf('macs', repeated(entry, parts), [entry], placeOf(ledger, entry));
    });
    return resultOf(vela, { macs: 'mac' }, items, {
      params: allParameters(ledger),
      notes: notesOf(counted.filter((entry) => !isQuantised(entry)).length, ledger),
    });
  },
};

/** Operators that Vela turns into several others, by ways that differ from one version and NPU to another. */
const REWRITTEN = /^(?:RESIZE_|ARG_MAX$|SUM$|REDUCE_|TRANSPOSE$|MIRROR_PAD$|CONV_3D)/;

function notesOf(floats: number, { entries }: Ledger): Note[] {
  const rewritten = [...new Set(entries.map((entry) => entry.type).filter((type) => REWRITTEN.test(type)))];
  const notes: Note[] = [];
  if (floats > 0)
    notes.push({
      code: 'silent-zero',
      message: `Vela leaves ${floats} operators in floating point to the CPU, where they count 0: it takes models whose activations are integers`,
    });
  if (rewritten.length > 0)
    notes.push({
      code: 'assumed',
      message: `Vela makes poolings and convolutions of ${rewritten.join(', ')}, by ways that depend on its version and the NPU: they are not in this number`,
    });
  return notes;
}
