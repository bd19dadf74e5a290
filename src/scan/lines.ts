import { escapeHidden } from '../wire/hidden.js';
import type { Row, Rows } from './rows.js';

/** A model's rows as the tables keep them. Made where it is counted, so that whoever collects them only appends. */
export interface Lines {
  readonly id: string;
  readonly status: string;
  /** Lines of NDJSON, each with its end. */
  readonly model: string;
  readonly layers: string;
}

export function linesOf({ model, layers }: Rows): Lines {
  return {
    id: String(model['id']),
    status: String(model['status']),
    model: line(model),
    layers: layers.map(line).join(''),
  };
}

/** A row as a line: integers of any size with all their digits, and what a screen must not get in names as JSON escapes it. */
function line(row: Row): string {
  const fields = Object.entries(row).map(
    ([name, value]) =>
      `${JSON.stringify(name)}:${typeof value === 'bigint' ? value.toString() : escapeHidden(JSON.stringify(value))}`,
  );
  return `{${fields.join(',')}}\n`;
}
