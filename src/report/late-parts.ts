/** Recipes of the late parts of an object, and the parts already made. */
interface Made<S> {
  readonly from: S;
  readonly parts: Map<string, unknown>;
}
const MADE: unique symbol = Symbol('made');
type Holder<S> = Readonly<Record<typeof MADE, Made<S>>>;

/** The method by which Node's console asks an object how it is shown. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/**
 * Gives objects parts that are made when they are first looked at, in the place of those that they have: whoever asks a
 * thousand models for their MACs never looks at their rows. Copies, JSON and the console have them as plain data. One getter
 * a part serves all objects: with a getter for each V8 would describe each object by itself, and keep what the getter knows.
 */
export function lateParts<T extends object, S>(
  makers: { readonly [K in keyof T]?: (from: S) => T[K] },
): (object: T, from: S) => T {
  const properties: PropertyDescriptorMap = {
    [INSPECT]: { value: inspected },
  };
  for (const [name, make] of Object.entries(makers) as [string, (from: S) => unknown][])
    properties[name] = {
      enumerable: true,
      configurable: true,
      get(this: Holder<S>) {
        const { parts, from } = this[MADE];
        if (!parts.has(name)) parts.set(name, make(from));
        return parts.get(name);
      },
      set(this: Holder<S>, value: unknown) {
        this[MADE].parts.set(name, value);
      },
    };
  return (object, from) => {
    const made: Made<S> = { from, parts: new Map() };
    return Object.defineProperties(Object.defineProperty(object, MADE, { value: made }), properties);
  };
}

/** The source of an object's late parts; null if it has none, or where one of `parts` was made or replaced. */
export function unmade<S>(object: object, parts: readonly string[]): S | null {
  const made = (object as Partial<Holder<S>>)[MADE];
  return made === undefined || parts.some((name) => made.parts.has(name)) ? null : made.from;
}

function inspected(this: object, _depth: number, options: object, inspect: (value: object, options: object) => string) {
  return inspect({ ...this }, options);
}
