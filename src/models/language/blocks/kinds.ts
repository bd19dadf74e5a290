import { alike } from '../../../torch/nn/alike.js';

/** The numbers of layers of which a key says the same, kind by kind, in the order of their first layers. */
export function groupsBy(count: number, key: (layer: number) => unknown): number[][] {
  // Functions and modules are the same where they are one object.
  const things = new Map<unknown, string>();
  const known = (_: string, value: unknown): unknown => {
    if (typeof value !== 'function' && !(typeof value === 'object' && value !== null && 'terms' in value)) return value;
    things.set(value, things.get(value) ?? `#${things.size}`);
    return things.get(value);
  };
  const kinds = new Map<string, number[]>();
  for (let i = 0; i < count; i++) {
    const text = JSON.stringify(key(i), known) ?? '';
    const same = kinds.get(text);
    if (same === undefined) kinds.set(text, [i]);
    else same.push(i);
  }
  return [...kinds.values()];
}

/**
 * This many layers, made one by one. Those of which `kind` says the same do the same, each with weights of its own; where it is
 * left out all do.
 */
export function layersOf<M extends object>(
  count: number,
  make: (layer: number) => M,
  kind?: (layer: number) => unknown,
): M[] {
  const layers = Array.from({ length: count }, (_, i) => make(i));
  if (kind === undefined) alike(layers);
  else for (const group of groupsBy(count, kind)) alike(group.map((i) => layers[i] as M));
  return layers;
}
