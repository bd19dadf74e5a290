import type { Dialect, Entry } from '../node.js';
import { layout } from './layout.js';
import { math } from './math.js';
import { quant, random, text } from './quant.js';
import { sequence } from './sequence.js';
import { windowsDialect } from './windows.js';

/** Operators by domain; an operator is added with an entry in the table of its theme. */
const DOMAINS: Readonly<Record<string, Dialect>> = {
  '': { ...math, ...layout, ...windowsDialect, ...sequence, ...quant, ...random, ...text },
};

/** The rule of an operator, or undefined for one that has none. */
export function entryOf(domain: string, opType: string): Entry | undefined {
  const table = DOMAINS[domain === 'ai.onnx' ? '' : domain];
  return table !== undefined && Object.hasOwn(table, opType) ? table[opType] : undefined;
}
