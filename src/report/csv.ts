import { csvField as field } from './escape.js';
import type { View } from './view.js';

/** Rows as RFC 4180: all digits, no units, a header of column ids; a text that a spreadsheet would run is quoted off. */
export function csv(view: View): string {
  const lines = [
    view.columns.map((c) => field(c.id)),
    ...view.rows.map((row) => view.columns.map((c) => field(c.raw(row, view)))),
  ];
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}
