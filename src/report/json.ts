import { escapeHidden } from '../wire/hidden.js';

/**
 * JSON with integers of any size as plain numbers, which Python and jq read exactly; indented by two. Texts are whole and
 * true; what steers a terminal or is not seen is written as an escape, halves of surrogate pairs too.
 */
export function toJson(value: unknown): string {
  return `${text(reportIn(value), '')}\n`;
}

/** A profile's report, without the counts of one convention that a profile has in front. */
function reportIn(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('schema' in value && 'totals' in value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !['macs', 'flops', 'params'].includes(key)));
}

/** The same for JSON.stringify, which takes no bigint: numbers as they are, where a number cannot be exact its digits. */
export function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : digitsOf(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(jsonValue);
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, jsonValue(own)]));
}

/** All digits as a JSON number where the engine can write one so, as text elsewhere. */
function digitsOf(value: bigint): unknown {
  const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
  return rawJSON === undefined ? String(value) : rawJSON(String(value));
}

function text(value: unknown, indent: string): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const parts = value.map((v) => text(v, inner));
    // Shapes and other lists of plain values stay on a line.
    if (value.every((v) => typeof v !== 'object' || v === null)) return `[${parts.join(', ')}]`;
    return `[\n${parts.map((p) => inner + p).join(',\n')}\n${indent}]`;
  }
  const own = Object.entries(value).filter(([, v]) => v !== undefined);
  if (own.length === 0) return '{}';
  return `{\n${own.map(([k, v]) => `${inner}${quoted(k)}: ${text(v, inner)}`).join(',\n')}\n${indent}}`;
}

function quoted(value: string): string {
  return escapeHidden(JSON.stringify(value));
}
