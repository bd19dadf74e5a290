import type { Scope } from '../../graph/index.js';
import { nestedScope } from '../nested-scope.js';
import type { TfliteNode } from './schema.js';

/** Whether most nodes say by their names where they belong. */
export function hasScopes(nodes: readonly TfliteNode[]): boolean {
  return nodes.length > 0 && nodes.filter((n) => partOf(n).includes('/')).length * 2 > nodes.length;
}

/** The modules around a node: the name of its output is `model/block/conv/Conv2D;model/block/conv/BiasAdd`. */
export function scopeOf(node: TfliteNode): Scope {
  const segments = partOf(node).split('/').slice(0, -1);
  const names = segments.map((segment) => segment.replaceAll('.', '_')); // dots part the names of modules
  return nestedScope(names);
}

/** Of the operators that were fused into one, the product has the name of the layer. */
function partOf(node: TfliteNode): string {
  const parts = node.name.split(';').filter((part) => part !== '');
  return parts.find((part) => /\/(?:\w*conv\w*|\w*matmul\w*)\d*$/i.test(part)) ?? parts[0] ?? '';
}
