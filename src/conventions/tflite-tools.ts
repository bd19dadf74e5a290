import { mul, product } from '../dim/index.js';
import type { Ledger, OpEntry } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { countsOf, type Item, itemsOf, layersOf, type Parts } from './items.js';
import { elementsIn, elementsOut, inputShape, placeOf } from './operands.js';
import type { Convention, ConventionResult } from './types.js';
import { allParameters } from './units.js';

const WORDS =
  'Products of CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED, the elements that MEAN takes in, a window’s elements for each output of a pooling, and one an element of ADD; every other operator counts 0. Each node counts once, whatever loop it is in.';

type Rule = (entry: OpEntry) => Parts;

/** The filter without its outputs, which are in front. */
const conv: Rule = (entry) => ({ products: mul(elementsOut(entry), product(inputShape(entry, 1).slice(1))) });

/** The filter is 1 × rows × columns × channels. */
const depthwise: Rule = (entry) => {
  const [, rows = 1, columns = 1] = inputShape(entry, 1);
  return { products: mul(elementsOut(entry), rows, columns) };
};

const connected: Rule = (entry) => ({ products: mul(elementsOut(entry), inputShape(entry, 1)[1] ?? 1) });

const pool: Rule = (entry) => {
  const { kernel } = entry.attrs;
  const window = Array.isArray(kernel) ? kernel.filter((k): k is number => typeof k === 'number') : [];
  return { pooling: mul(elementsOut(entry), ...window) };
};

const RULES: Readonly<Record<string, Rule>> = byName<Record<string, Rule>>({
  CONV_2D: conv,
  DEPTHWISE_CONV_2D: depthwise,
  FULLY_CONNECTED: connected,
  MEAN: (entry) => ({ reduction: elementsIn(entry) }),
  MAX_POOL_2D: pool,
  AVERAGE_POOL_2D: pool,
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
    return {
      id: tfliteTools.id,
      version: tfliteTools.version,
      title: tfliteTools.title,
      counts: countsOf(items, 'macs'),
      units: { macs: 'mac' },
      items,
      params: allParameters(ledger),
      notes: [],
      layers: layersOf(items),
    };
  },
};

export const isTflite = ({ format }: Ledger): boolean => format === 'tflite';
