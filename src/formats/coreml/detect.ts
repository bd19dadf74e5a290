import { memorySource } from '../../source/memory.js';
import { type Field, scan } from '../../wire/scan.js';

/** Whether a file begins as the text of a compiled program (`model.mil`) does. */
export function isProgramText(head: Uint8Array): boolean {
  return /^\s*program\s*\(/.test(new TextDecoder().decode(head.subarray(0, 64)));
}

/** A zipped package holds the model under a name of its own. */
export function hasModel(names: readonly string[]): boolean {
  return names.some((name) => /\.mlmodel$|(^|\/)model\.mil$/i.test(name));
}

/** A version, a description of what goes in and out, and then the one kind of model that it is. */
export function isCoreml(head: Uint8Array, name: string): boolean {
  // Field 1 is a number from 1 to some ten, field 2 a message.
  if (head[0] !== 0x08 || (head[1] ?? 0) < 1 || (head[1] ?? 0) > 32 || head[2] !== 0x12) return false;
  const fields = fieldsOf(head, 0, head.length);
  const [, description, ...rest] = fields;
  if (description?.number !== 2) return false;
  if (rest.length > 0) return rest.some((f) => f.number >= 200 && f.wire === 2);
  if (/\.mlmodel$/i.test(name)) return true;
  // The description is longer than the head: its inputs are a name and a type each.
  const inside = fieldsOf(head, description.start, head.length);
  return inside.length > 0 && inside.every((f) => DESCRIBED.has(f.number)) && inside.some((f) => f.number === 10);
}

const DESCRIBED = new Set([1, 10, 11, 12, 13, 20, 21, 50, 100]);

function fieldsOf(head: Uint8Array, start: number, end: number): Field[] {
  const found: Field[] = [];
  try {
    for (const field of scan(memorySource(head), { start, end, partial: true })) {
      found.push(field);
      if (found.length >= 64) break;
    }
  } catch {
    return [];
  }
  return found;
}
