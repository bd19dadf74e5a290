import { ModelError } from '../../source/errors.js';

/** Python writes what JSON does not have; such numbers are read as null. */
const BEYOND_JSON = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;
/** Objects and lists inside each other. */
const MAX_DEPTH = 64;

/** A JSON object as Python's json module writes it. Throws ModelError `malformed` with what is wrong. */
export function parseObject(text: string, name: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(BEYOND_JSON, (found) => (found[0] === '"' ? found : 'null')));
  } catch (error) {
    throw new ModelError(
      'malformed',
      `${name} is not JSON: ${(error as Error).message.split('\n')[0]?.slice(0, 120)}`,
      {
        format: 'transformers',
        hint: 'download the file again',
      },
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ModelError('malformed', `${name} holds no object`, { format: 'transformers' });
  if (depthOf(value, 0) > MAX_DEPTH)
    throw new ModelError('limit', `${name} is nested more than ${MAX_DEPTH} deep`, { format: 'transformers' });
  return value as Record<string, unknown>;
}

function depthOf(value: unknown, depth: number): number {
  if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return depth;
  let deepest = depth;
  for (const part of Object.values(value)) deepest = Math.max(deepest, depthOf(part, depth + 1));
  return deepest;
}
