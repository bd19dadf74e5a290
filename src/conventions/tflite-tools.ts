import { mul } from '../dim/index.js';
import type { Ledger } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { type Item, itemsOf } from './items.js';
import { elementsOut, inputShape, placeOf } from './operands.js';
import { resultOf } from './results.js';
import { type Rule, WINDOWS } from './tflite-rules.js';
import type { Convention, ConventionResult } from './types.js';
import { allParameters } from './units.js';

const WORDS =
  'Products of CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED, the elements that MEAN takes in, a window’s elements for each output of a pooling, and one an element of ADD; every other operator counts 0. Each node counts once, whatever loop it is in.';

const connected: Rule = (entry) => ({ products: mul(elementsOut(entry), inputShape(entry, 1)[1] ?? 1) });

const RULES: Readonly<Record<string, Rule>> = byName<Record<string, Rule>>({
  ...WINDOWS,
  FULLY_CONNECTED: connected,
  ADD: (entry) => ({ elementwise: elementsOut(entry) }),
});

/** What tflite-tools prints as MACs. */
export const tfliteTools: Convention = {
  id: 'tflite-tools',
  title: 'tflite-tools',
  version: '2021',
  source: 'eliberis/tflite-tools, tflite_tools/tflite_model.py',
  description: WORDS,
  run(ledger: Ledger): ConventionResult {
    const items = ledger.entries.flatMap((entry): Item[] => {
      if (entry.outputs[0]?.type == null) return [];
      const parts = RULES[entry.type]?.(entry);
      return parts === undefined ? [] : itemsOf('macs', parts, [entry], placeOf(ledger, entry));
    });
    return resultOf(tfliteTools, { macs: 'mac' }, items, { params: allParameters(ledger) });
  },
};

export const isTflite = ({ format }: Ledger): boolean => format === 'tflite';
