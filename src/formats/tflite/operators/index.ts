import type { Entry, Table } from '../operator.js';
import { constants } from './constants.js';
import { indexing } from './indexing.js';
import { layout } from './layout.js';
import { math } from './math.js';
import { recurrent } from './recurrent.js';
import { stablehlo } from './stablehlo.js';
import { state } from './state.js';
import { windows } from './windows.js';

/** Builtin operators by name; an operator is added with an entry in the table of its theme. */
const BUILTINS: Table = {
  ...windows,
  ...layout,
  ...indexing,
  ...constants,
  ...math,
  ...recurrent,
  ...state,
  ...stablehlo,
};

/** The entry of an operator; undefined for one that has none. */
export function entryOf(opType: string): Entry | undefined {
  return Object.hasOwn(BUILTINS, opType) ? BUILTINS[opType] : undefined;
}
