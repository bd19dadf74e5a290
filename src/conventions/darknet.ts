import { exactdiv, floordiv, isStatic, mul, product } from '../dim/index.js';
import type { Ledger, OpEntry } from '../ledger/index.js';
import { type Item, itemsOf, type Parts } from './items.js';
import { elementsOut, placeOf, windowOf } from './operands.js';
import { resultOf } from './results.js';
import type { Convention, ConventionResult } from './types.js';
import { allParameters } from './units.js';

const WORDS =
  'Twice the products of convolutions, a window’s elements for each output of a pooling, and one operation an element of a shortcut (two where it has weights); matrices, global pooling, upsampling, batch norm and activations count 0. What Darknet prints as BFLOPs is this over 10⁹.';

/** Darknet's count for one operator. */
function partsOf(entry: OpEntry): Parts | null {
  const { op, type, attrs } = entry;
  if (op === 'conv' && type !== 'local') {
    const weight = entry.inputs[1]?.type;
    if (!weight) return null;
    const all = mul(2, elementsOut(entry), product(weight.shape.slice(1)));
    // 32 products of single bits at once.
    return { products: attrs['xnor'] === true ? (exactdiv(all, 32) ?? floordiv(all, 32)) : all };
  }
  if (type === 'maxpool' || type === 'local_avgpool') {
    const window = windowOf(entry);
    return window === null ? null : { pooling: mul(elementsOut(entry), ...window) };
  }
  if (type === 'shortcut' && op === 'add') {
    const weighted = entry.inputs.some((value) => value?.weight != null);
    const others = entry.inputs.filter((value) => value?.weight == null).length - 1;
    return { elementwise: mul(elementsOut(entry), others, weighted ? 2 : 1) };
  }
  return null;
}

/** What Darknet prints of a network while it builds it. */
export const darknetBflops: Convention = {
  id: 'darknet',
  title: 'Darknet (BFLOPs)',
  version: 'AlexeyAB 2021',
  source: 'src/parser.c, src/convolutional_layer.c, src/maxpool_layer.c, src/shortcut_layer.c',
  description: WORDS,
  run(ledger: Ledger): ConventionResult {
    const items = ledger.entries.flatMap((entry): Item[] => {
      const parts = partsOf(entry);
      if (parts === null || !Object.values(parts).every((amount) => isStatic(amount))) return [];
      return itemsOf('flops', parts, [entry], placeOf(ledger, entry));
    });
    return resultOf(darknetBflops, { flops: 'flop' }, items, { params: allParameters(ledger) });
  },
};

export const isDarknet = ({ format }: Ledger): boolean => format === 'darknet';
