import type { Scope } from '../../graph/index.js';
import { nestedScope } from '../nested-scope.js';
import type { IrNode } from './ir.js';

/** Whether most layers say by their names where they belong. */
export function hasScopes(nodes: readonly IrNode[]): boolean {
  return nodes.length > 0 && nodes.filter((n) => scopeOf(n).length > 0).length * 2 > nodes.length;
}

/**
 * The modules around a layer. PyTorch's are written `__module.encoder.layer.0/aten::linear/MatMul`, TensorFlow's
 * `encoder/layer_0/MatMul`, those that came through ONNX `/encoder/encoder.layer.0/MatMul`.
 */
export function scopeOf({ name }: IrNode): Scope {
  const own = /^__module\.([^/]+)/.exec(name)?.[1];
  const names = own === undefined ? pathOf(name) : own.split('.');
  return nestedScope(names);
}

function pathOf(name: string): string[] {
  const throughOnnx = name.startsWith('/');
  const parts: string[] = [];
  for (const segment of name.split('/').slice(0, -1)) {
    if (segment === '' || segment.includes('::')) continue;
    const again = throughOnnx && parts.length > 0 && segment.startsWith(`${parts.at(-1)}.`);
    const own = again ? segment.slice((parts.at(-1) as string).length + 1) : segment;
    for (const part of throughOnnx ? own.split('.') : [own.replaceAll('.', '_')]) parts.push(part);
  }
  return parts;
}
