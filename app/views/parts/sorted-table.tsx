import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { bytes } from '../../ui/numbers.js';

export interface SortedColumn<T> {
  readonly id: string;
  readonly title: string;
  readonly numeric?: boolean;
  /** The key that rows are sorted by; rows without one come last. */
  readonly by: (row: T) => number | string | null;
  readonly cell: (row: T) => ComponentChildren;
}

interface SortedProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly SortedColumn<T>[];
  /** The column that sorts at first, from the largest down. */
  readonly first: string;
  readonly keyOf: (row: T) => string;
}

/** A table that any of its columns sorts; the first column names the row. */
export function SortedTable<T>({ label, rows, columns, first, keyOf }: SortedProps<T>) {
  const [sort, setSort] = useState<Sort>({ id: first, down: true });
  const column = columns.find(({ id }) => id === sort.id);
  return (
    <div class="scroll-x sorted-box" tabIndex={0} role="region" aria-label={label}>
      <table class="pairs sorted">
        <thead>
          <tr>
            {columns.map((own) => (
              <Head key={own.id} column={own} sort={sort} onSort={setSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted(rows, column, sort.down).map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ id, numeric, cell }, i) =>
                i === 0 ? (
                  <th key={id} scope="row">
                    {cell(row)}
                  </th>
                ) : (
                  <td key={id} class={numeric === true ? 'r' : ''}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Sort {
  readonly id: string;
  readonly down: boolean;
}

interface HeadProps<T> {
  readonly column: SortedColumn<T>;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}

/** The head of a column: a click sorts by it, numbers from the largest down, and a second one turns the order round. */
function Head<T>({ column: { id, title, numeric }, sort, onSort }: HeadProps<T>) {
  const own = sort.id === id;
  return (
    <th
      scope="col"
      class={numeric === true ? 'r' : ''}
      aria-sort={own ? (sort.down ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" class="bare" onClick={() => onSort({ id, down: own ? !sort.down : numeric === true })}>
        {title}
        <i aria-hidden="true">{own ? (sort.down ? ' ↓' : ' ↑') : ''}</i>
      </button>
    </th>
  );
}

function sorted<T>(rows: readonly T[], column: SortedColumn<T> | undefined, down: boolean): readonly T[] {
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [column?.by(a) ?? null, column?.by(b) ?? null];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    return x < y ? -sign : x > y ? sign : 0;
  });
}

/** A column of numbers that are shown whole, rounded down; a dash where one is not known. */
export function wholeColumn<T>(id: string, title: string, value: (row: T) => number | null): SortedColumn<T> {
  return {
    id,
    title,
    numeric: true,
    by: value,
    cell: (row) => {
      const own = value(row);
      return own === null ? '–' : Math.floor(own).toLocaleString('en-US');
    },
  };
}

/** A column of numbers in a unit of their own. */
export function numberColumn<T>(
  id: string,
  title: string,
  value: (row: T) => number,
  text: (value: number) => string,
): SortedColumn<T> {
  return { id, title, numeric: true, by: value, cell: (row) => text(value(row)) };
}

/** A column of words. */
export function wordColumn<T>(id: string, title: string, value: (row: T) => string | null): SortedColumn<T> {
  return { id, title, by: value, cell: (row) => value(row) ?? '–' };
}

interface Fit {
  readonly memory: number | null;
  readonly fits: boolean | null;
}

/** Columns that tables of devices share: how much a device holds, and whether the model fits. */
export function fitColumns<T extends Fit>(): readonly SortedColumn<T>[] {
  return [
    {
      id: 'memory',
      title: 'memory',
      numeric: true,
      by: (d) => d.memory,
      cell: (d) => (d.memory === null ? '–' : bytes(d.memory)),
    },
    {
      id: 'fits',
      title: 'fits',
      by: (d) => (d.fits === null ? null : Number(d.fits)),
      cell: (d) => (d.fits === null ? '–' : d.fits ? 'yes' : <b class="no">no</b>),
    },
  ];
}
