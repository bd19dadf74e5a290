import type { Scope } from '../../graph/index.js';
import { nestedScope } from '../nested-scope.js';
import type { TfNode } from './nodes.js';

/** Whether most nodes say by their names where they belong. */
export function hasScopes(nodes: readonly TfNode[]): boolean {
  return nodes.length > 0 && nodes.filter((n) => n.name.includes('/')).length * 2 > nodes.length;
}

/** Names of calls, which are not modules. */
const CALL = /^(Stateful|Stateless)?PartitionedCall(_\d+)?$/;

/** The modules around a node, by its name; a loop that was taken apart repeats its own name in those of its body. */
export function scopeOf({ name }: TfNode): Scope {
  const own = name.replace(/^Func\//, '').replace(/^(.*)\/(?:body|cond|then|else)\/_\d+\/(?=\1(?:\/|$)|.*\/)/, '');
  const segments = own
    .split('/')
    .slice(0, -1)
    .filter((part) => part !== '' && !CALL.test(part));
  const names = segments.map((segment) => segment.replaceAll('.', '_')); // dots part the names of modules
  return nestedScope(names);
}
