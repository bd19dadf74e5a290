import type { LayerRule } from '../../layer-graph/layer.js';
import type { Settings } from '../settings.js';
import { blocks } from './blocks.js';
import { layout } from './layout.js';
import { math } from './math.js';
import type { Table } from './table.js';
import { windows } from './windows.js';

/** Layers by type; one is added with an entry in the table of its theme. */
const LAYERS: Table = { ...windows, ...math, ...layout, ...blocks };

/** The rule of a type of layer; null for one that has none. */
export function ruleFor(opType: string): LayerRule<Settings> | null {
  return Object.hasOwn(LAYERS, opType) ? (LAYERS[opType] as LayerRule<Settings>) : null;
}
