import { type IrNode, OPSETS } from '../ir.js';
import type { Entry, Table } from '../operator.js';
import { EARLY } from './early.js';
import { indexing } from './indexing.js';
import { layout } from './layout.js';
import { math } from './math.js';
import { recurrent } from './recurrent.js';
import { windows } from './windows.js';

/** Operators of all sets by type; an operator is added with an entry in the table of its theme. */
const OPERATORS: Table = { ...windows, ...layout, ...indexing, ...math, ...recurrent };

/** The entry of a layer; undefined for one that has none. */
export function entryOf(node: IrNode): Entry | undefined {
  const { opType } = node;
  if (node.graph.version < OPSETS && Object.hasOwn(EARLY, opType)) return EARLY[opType];
  return Object.hasOwn(OPERATORS, opType) ? OPERATORS[opType] : undefined;
}
