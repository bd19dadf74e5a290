import type { Scope, ScopePart } from '../../graph/index.js';
import type { TfliteNode } from './schema.js';

/** Whether most nodes say by their names where they belong. */
export function hasScopes(nodes: readonly TfliteNode[]): boolean {
  return nodes.length > 0 && nodes.filter((n) => partOf(n).includes('/')).length * 2 > nodes.length;
}

/** The modules around a node: the name of its output is `model/block/conv/Conv2D;model/block/conv/BiasAdd`. */
export function scopeOf(node: TfliteNode): Scope {
  const segments = partOf(node).split('/').slice(0, -1);
  const names = segments.map((segment) => segment.replaceAll('.', '_')); // dots part the names of modules
  return names.map((_, i): ScopePart => ({ path: names.slice(0, i + 1).join('.'), type: '', call: 0 }));
}

/** Of the operators that were fused into one, the product has the name of the layer. */
function partOf(node: TfliteNode): string {
  const parts = node.name.split(';').filter((part) => part !== '');
  return parts.find((part) => /\/(?:\w*conv\w*|\w*matmul\w*)\d*$/i.test(part)) ?? parts[0] ?? '';
}
