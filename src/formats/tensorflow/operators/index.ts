import { byName } from '../../../source/by-name.js';
import type { Entry, Table } from '../operator.js';
import { constants } from './constants.js';
import { indexing } from './indexing.js';
import { layout } from './layout.js';
import { math } from './math.js';
import { recurrent } from './recurrent.js';
import { sparse } from './sparse.js';
import { windows } from './windows.js';

/** Operators by name; an operator is added with an entry in the table of its theme. */
const OPERATORS: Table = byName({ ...windows, ...layout, ...indexing, ...constants, ...math, ...recurrent, ...sparse });

/** The entry of an operator; undefined for one that has none. */
export function entryOf(opType: string): Entry | undefined {
  return OPERATORS[opType];
}
