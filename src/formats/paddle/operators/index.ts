import type { LayerRule } from '../../layer-graph/layer.js';
import type { Attributes } from '../program.js';
import { layout } from './layout.js';
import { math } from './math.js';
import type { Table } from './table.js';
import { windows } from './windows.js';

/** Operators by name, those of a ProgramDesc and of PIR; one is added with an entry in the table of its theme. */
const OPERATORS: Table = { ...windows, ...math, ...layout };

/** The rule of an operator; null for one that has none. What works in place ends in `_`. */
export function ruleFor(opType: string): LayerRule<Attributes> | null {
  for (const name of [opType, opType.replace(/_$/, '')])
    if (Object.hasOwn(OPERATORS, name)) return OPERATORS[name] as LayerRule<Attributes>;
  return null;
}
