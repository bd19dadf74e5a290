import type { LayerRule } from '../../layer-graph/layer.js';
import type { Fields } from '../fields.js';
import { elements } from './elements.js';
import { layout } from './layout.js';
import { others } from './others.js';
import type { Table } from './table.js';
import { windows } from './windows.js';

/** Layers by type; one is added with an entry in the table of its theme. */
const LAYERS: Table = { ...windows, ...elements, ...layout, ...others };

/** The rule of a type of layer; null for one that has none. */
export function ruleFor(type: string): LayerRule<Fields> | null {
  return Object.hasOwn(LAYERS, type) ? (LAYERS[type] as LayerRule<Fields>) : null;
}
