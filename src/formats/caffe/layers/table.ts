import type { Layer, LayerTable } from '../../layer-graph/layer.js';
import type { Fields } from '../fields.js';

export type CaffeLayerCall = Layer<Fields>;
export type Table = LayerTable<Fields>;

/** Names that a layer's parameters are shared under: `param { name: "w" }`. */
export function sharedAs(n: CaffeLayerCall, i: number): { readonly shared?: string } {
  const name = n.attrs.list('param')[i]?.text('name') ?? n.attrs.texts('param')[i] ?? '';
  return name === '' ? {} : { shared: `param ${name}` };
}
