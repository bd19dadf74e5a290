import type { View } from './render.js';

/** Rows as RFC 4180: all digits, no units, a header of column ids; a text that a spreadsheet would run is quoted off. */
export function csv(view: View): string {
  const lines = [
    view.columns.map((c) => field(c.id)),
    ...view.rows.map((row) => view.columns.map((c) => field(c.raw(row, view)))),
  ];
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}

function field(text: string): string {
  // Names come from files: a cell that begins like a formula must not be one.
  const safe = /^[=@\t\r]|^[+-](?![\d.]+$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
