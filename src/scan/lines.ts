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

/** A row as a line; integers of any size with all their digits. */
function line(row: Row): string {
  const fields = Object.entries(row).map(
    ([name, value]) =>
      `${JSON.stringify(name)}:${typeof value === 'bigint' ? value.toString() : JSON.stringify(value)}`,
  );
  return `{${fields.join(',')}}\n`;
}
