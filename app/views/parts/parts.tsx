import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { bytes } from '../../ui/numbers.js';

/** Pieces that views of whole pages are made of. */

export function Fact({
  label,
  value,
  words,
}: {
  readonly label: string;
  readonly value: string;
  readonly words?: string;
}) {
  return (
    <div class="figure">
      <span class="label">{label}</span>
      <strong>{value}</strong>
      {words !== undefined && <span class="words">{words}</span>}
    </div>
  );
}

interface PickProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onPick: (value: string) => void;
}

export function Pick({ label, value, options, onPick }: PickProps) {
  return (
    <label class="pick">
      <span class="quiet">{label}</span>
      <select aria-label={label} value={value} onChange={(event) => onPick(event.currentTarget.value)}>
        {options.map(([id, text]) => (
          <option key={id} value={id}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

interface LadderProps {
  readonly label: string;
  readonly value: number;
  readonly most: number;
  /** The largest number that can be typed, where that is not what the slider ends at. */
  readonly highest?: number;
  /** What is to be said of the number or its limit. */
  readonly words?: string | null;
  readonly onMove: (value: number) => void;
}

/** A whole number by doubling, up to the most: the sizes that people serve at. */
export function Ladder({ label, value, most, highest = 2 ** 31, words = null, onMove }: LadderProps) {
  const [refused, setRefused] = useState(false);
  const top = Math.ceil(Math.log2(most));
  const id = `ladder-${label.replace(/\W+/g, '-')}`;
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <input
        type="range"
        aria-label={`${label}, by slider`}
        aria-valuetext={String(value)}
        min={0}
        max={top}
        step={1}
        value={value >= most ? top : Math.min(top, Math.round(Math.log2(Math.max(1, value))))}
        onInput={(event) => {
          setRefused(false);
          onMove(Math.min(most, 2 ** Number(event.currentTarget.value)));
        }}
      />
      <input
        id={id}
        type="text"
        inputMode="numeric"
        value={String(value)}
        aria-invalid={refused}
        {...(words === null ? {} : { 'aria-describedby': `${id}-words` })}
        onChange={(event) => {
          const n = Number(event.currentTarget.value.replace(/[ ,_](?=\d{3}\b)/g, ''));
          const good = Number.isSafeInteger(n) && n >= 1 && n <= highest;
          setRefused(!good);
          if (good) onMove(n);
          else event.currentTarget.value = String(value);
        }}
      />
      {words !== null && (
        <p class={refused ? 'refused' : 'quiet'} id={`${id}-words`} role="status">
          {words}
        </p>
      )}
    </div>
  );
}

interface SortedColumn<T> {
  readonly id: string;
  readonly title: string;
  readonly numeric?: boolean;
  /** What it sorts by; what is not known comes last. */
  readonly by: (row: T) => number | string | null;
  readonly cell: (row: T) => ComponentChildren;
}

interface SortedProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly SortedColumn<T>[];
  readonly first: string;
  readonly keyOf: (row: T) => string;
}

/** What tables of devices have in common: how much a device holds, and whether the model fits. */
export function fitColumns<
  T extends { readonly memory: number | null; readonly fits: boolean | null },
>(): readonly SortedColumn<T>[] {
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
      by: (d) => (d.fits === null ? null : d.fits ? 1 : 0),
      cell: (d) => (d.fits === null ? '–' : d.fits ? 'yes' : <b class="no">no</b>),
    },
  ];
}

/** A table that any of its columns sorts. */
export function SortedTable<T>({ label, rows, columns, first, keyOf }: SortedProps<T>) {
  const [sort, setSort] = useState({ id: first, down: true });
  const column = columns.find(({ id }) => id === sort.id);
  const sign = sort.down ? -1 : 1;
  const sorted = [...rows].sort((a, b) => {
    const [x, y] = [column?.by(a) ?? null, column?.by(b) ?? null];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    return x < y ? -sign : x > y ? sign : 0;
  });
  return (
    <div class="scroll-x sorted-box" tabIndex={0} role="region" aria-label={label}>
      <table class="pairs sorted">
        <thead>
          <tr>
            {columns.map(({ id, title, numeric }) => (
              <th
                key={id}
                scope="col"
                class={numeric === true ? 'r' : ''}
                aria-sort={sort.id === id ? (sort.down ? 'descending' : 'ascending') : 'none'}
              >
                <button
                  type="button"
                  class="bare"
                  onClick={() => setSort({ id, down: sort.id === id ? !sort.down : numeric === true })}
                >
                  {title}
                  <i aria-hidden="true">{sort.id === id ? (sort.down ? ' ↓' : ' ↑') : ''}</i>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
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

/** One bar of several parts, with what each is. */
export function StackedBar({
  label,
  parts,
  text,
}: {
  readonly label: string;
  readonly parts: readonly { readonly name: string; readonly value: number }[];
  readonly text: (value: number) => string;
}) {
  const some = parts.filter(({ value }) => value > 0);
  const whole = some.reduce((sum, { value }) => sum + value, 0);
  return (
    <figure class="stack">
      <div
        class="stack-bar"
        role="img"
        aria-label={`${label}: ${some.map((p) => `${p.name} ${text(p.value)}`).join(', ')}`}
      >
        {some.map(({ name, value }, i) => (
          <i
            key={name}
            class={`shade${i % 6}`}
            style={{ flexGrow: value / (whole || 1) }}
            title={`${name} ${text(value)}`}
          />
        ))}
      </div>
      <figcaption>
        {some.map(({ name, value }, i) => (
          <span key={name}>
            <i class={`shade${i % 6}`} aria-hidden="true" />
            {name} <b>{text(value)}</b> <small>{((100 * value) / (whole || 1)).toFixed(1)} %</small>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

export function seconds(t: number | null): string {
  if (t === null) return '–';
  const [size, unit] = t >= 1 ? [1, 's'] : t >= 1e-3 ? [1e-3, 'ms'] : t >= 1e-6 ? [1e-6, 'µs'] : [1e-9, 'ns'];
  const n = t / size;
  return `${n >= 1000 ? Math.round(n).toLocaleString('en-US') : n.toPrecision(3)} ${unit}`;
}
