import { mul, product } from '../dim/index.js';
import type { OpEntry } from '../ledger/index.js';
import type { Parts } from './items.js';
import { elementsIn, elementsOut, inputShape, windowOf } from './operands.js';

/** A tool's count for one operator of a TensorFlow Lite file. */
export type Rule = (entry: OpEntry) => Parts;

/** The filter without its outputs, which are in front. */
const conv: Rule = (entry) => ({ products: mul(elementsOut(entry), product(inputShape(entry, 1).slice(1))) });

/** The filter is 1 × rows × columns × channels. */
const depthwise: Rule = (entry) => {
  const [, rows = 1, columns = 1] = inputShape(entry, 1);
  return { products: mul(elementsOut(entry), rows, columns) };
};

const pool: Rule = (entry) => ({ pooling: mul(elementsOut(entry), ...(windowOf(entry) ?? [])) });

/** Operators of which every tool for TensorFlow Lite files counts the same: each output by what it looks at. */
export const WINDOWS: Readonly<Record<string, Rule>> = {
  CONV_2D: conv,
  DEPTHWISE_CONV_2D: depthwise,
  MAX_POOL_2D: pool,
  AVERAGE_POOL_2D: pool,
  MEAN: (entry) => ({ reduction: elementsIn(entry) }),
};
