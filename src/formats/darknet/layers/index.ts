import type { LayerRule } from '../../layer-graph/layer.js';
import type { Section } from '../parse.js';
import { convolutions } from './convolutions.js';
import { moves } from './moves.js';
import type { Table } from './table.js';

/** Layers by the name of their section; one is added with an entry in the table of its theme. */
const LAYERS: Table = { ...convolutions, ...moves };

/** The rule of a section; null for one that has none. */
export function ruleFor(type: string): LayerRule<Section> | null {
  return Object.hasOwn(LAYERS, type) ? (LAYERS[type] as LayerRule<Section>) : null;
}
