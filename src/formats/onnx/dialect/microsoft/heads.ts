import { Unsupported } from '../../../../graph/errors.js';
import type { OnnxNode } from '../../node.js';

/** How many heads a node has by its attribute, which the operators of attention require and files leave out. */
export function headsOf(n: OnnxNode, name = 'num_heads'): number {
  const heads = n.int(name, 0);
  if (heads < 1) throw new Unsupported(`${name} is not given`);
  return heads;
}
