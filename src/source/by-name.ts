/**
 * A table that names from files are looked up in. It has its own entries and no prototype: `constructor`, `toString` and
 * `__proto__`, which any file may use as a name, find nothing.
 */
export function byName<T extends object>(entries: T): T {
  return Object.assign(Object.create(null) as T, entries);
}

/** Whether a value that was read is an object with names, neither null nor a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
