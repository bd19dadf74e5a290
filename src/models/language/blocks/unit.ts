import { type AnyModule, Module, type Parameter } from '../../../torch/nn/index.js';

/** Parts of a unit, by the names that checkpoints have; null is a part that this variant lacks. */
export type Parts = Readonly<Record<string, AnyModule | Parameter | null>>;

const CLASSES = new Map<string, typeof Module>();

/**
 * A module written down on the spot: the class by which reports know it, its parts, and what it computes. The parts are
 * registered in the order given.
 */
export function unit<I extends readonly unknown[], O>(
  type: string,
  parts: Parts,
  forward: (...inputs: I) => O,
): Module<I, O> {
  const Class = classOf(type);
  const made = new (Class as unknown as new () => Module<I, O>)();
  for (const [name, part] of Object.entries(parts))
    if (part !== null) (made as unknown as Record<string, unknown>)[name] = part;
  // Not a field that lists of modules and parameters would see.
  Object.defineProperty(made, 'forward', { value: forward, enumerable: false, configurable: true });
  return made;
}

/** One class a name, so that tools that compare classes find equal what is equal. */
function classOf(type: string): typeof Module {
  let found = CLASSES.get(type);
  if (found === undefined) {
    found = class extends (Module as unknown as new () => object) {
      static readonly type = type;
    } as unknown as typeof Module;
    CLASSES.set(type, found);
  }
  return found;
}
