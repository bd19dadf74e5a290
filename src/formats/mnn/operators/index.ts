import type { LayerRule } from '../../layer-graph/layer.js';
import { layout } from './layout.js';
import { math } from './math.js';
import type { Settings, Table } from './table.js';
import { windows } from './windows.js';

/** Operators by name; one is added with an entry in the table of its theme. */
const OPERATORS: Table = { ...windows, ...math, ...layout };

/** The rule of an operator; null for one that has none. */
export function ruleFor(opType: string): LayerRule<Settings> | null {
  return Object.hasOwn(OPERATORS, opType) ? (OPERATORS[opType] as LayerRule<Settings>) : null;
}
