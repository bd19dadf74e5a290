import type { Entry, Table } from './layer.js';
import { math } from './math.js';
import { products } from './products.js';
import { recurrent } from './recurrent.js';
import { shape } from './shape.js';
import { windows } from './windows.js';

/** Layers by kind; a layer is added with an entry in the table of its theme. */
const LAYERS: Table = { ...windows, ...math, ...products, ...recurrent, ...shape };

/** The entry of a layer; undefined for one that has none. */
export function entryOf(opType: string): Entry | undefined {
  return Object.hasOwn(LAYERS, opType) ? LAYERS[opType] : undefined;
}
