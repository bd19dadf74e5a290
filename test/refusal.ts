import fc from 'fast-check';
import { expect } from 'vitest';
import { isModelError, type ModelErrorCode } from '../src/source/errors.js';

/**
 * How bytes that may be anything are taken: the code with which they are refused, or `read`. Anything thrown that is not a
 * ModelError with a hint fails the test.
 */
export function refusal(run: () => unknown): ModelErrorCode | 'read' {
  try {
    run();
  } catch (error) {
    if (!isModelError(error)) throw error;
    expect(error.hint).toMatch(/\w/);
    return error.code;
  }
  return 'read';
}

/** Reads a file again and again, one byte of it changed each time: each is read or refused, and some are refused. */
export function readChanged(whole: Uint8Array, read: (bytes: Uint8Array) => unknown, numRuns: number): void {
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const bytes = whole.slice();
      bytes[at] = (bytes[at] as number) ^ change;
      outcomes.add(refusal(() => read(bytes)));
    }),
    { numRuns },
  );
  expect([...outcomes].filter((outcome) => outcome !== 'read')).not.toEqual([]);
}

/** JSON with one value of it, wherever it is, replaced by one of another kind: all of these, one after the other. */
export function* withOtherValues(
  json: unknown,
  others: readonly unknown[] = [null, {}, [], 'x', -1],
): Generator<unknown> {
  for (const path of pathsOf(json))
    for (const other of others) {
      const changed = structuredClone(json) as Record<string, unknown>;
      let at = changed;
      for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
      at[path.at(-1) as string] = other;
      yield changed;
    }
}

function pathsOf(json: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => [[...path, key], ...pathsOf(value, [...path, key])]);
}
