import type { ScopePart } from '../graph/index.js';

/**
 * The modules around a node, outermost first, by their names: `encoder`, `layer_0` are `encoder` and `encoder.layer_0`. Each path
 * is made of the one above it, so that names within hundreds of others take time by their length alone. `prefix` stands in front
 * of all; a name says its module's type where `typeOf` tells it.
 */
export function nestedScope(
  names: readonly string[],
  prefix = '',
  typeOf: (name: string) => string = untyped,
): ScopePart[] {
  let path = '';
  return names.map((name, i): ScopePart => {
    path = i === 0 ? prefix + name : `${path}.${name}`;
    return { path, type: typeOf(name), call: 0 };
  });
}

const untyped = (): string => '';
