import { escapeHidden } from '../wire/hidden.js';

/**
 * JSON with integers of any size as plain numbers, which Python and jq read exactly; indented by two. Texts are whole and
 * true; what steers a terminal or is not seen is written as an escape, halves of surrogate pairs too.
 */
export function toJson(value: unknown): string {
  return `${text(value, '')}\n`;
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
