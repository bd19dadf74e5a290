import { computed } from '@preact/signals';
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import { useEffect, useLayoutEffect, useReducer, useRef } from 'preact/hooks';
import { measure, toolCounts } from '../state/measure.js';
import { model } from '../state/model.js';
import {
  type ColumnId,
  filter,
  GRAINS,
  type Grain,
  grain,
  type Line,
  lines,
  reveal,
  sort,
  toggle,
  toolColumn,
} from '../state/table.js';
import { selected, selectedOp, zoomTo } from '../state/view.js';
import { printing } from '../ui/print.js';
import { ROW, Row } from './row.js';

interface Column {
  readonly id: ColumnId;
  readonly title: string;
  readonly numeric: boolean;
}

/** Rows that are printed: some fifty pages. */
const PRINTED = 2000;

/** The line of titles, which stays while the rows scroll under it. */
const HEAD = 30;

function columnsOf(graph: boolean): Column[] {
  const text = (id: ColumnId, title: string): Column => ({ id, title, numeric: false });
  const number = (id: ColumnId, title: string): Column => ({ id, title, numeric: true });
  return [
    text('name', 'name'),
    text('type', 'type'),
    text('output', graph ? 'output' : 'shape'),
    number('params', 'params'),
    ...(graph
      ? [
          number('macs', titles.macs.value),
          number('flops', titles.flops.value),
          number('moved', 'moved'),
          number('intensity', 'FLOP/B'),
        ]
      : []),
    number('measure', titles.measure.value),
  ];
}

/** A column of a tool's count bears its name; beside such a one opcount's own is marked. */
function titleOf(column: 'macs' | 'flops', own: string): string {
  return toolColumn(column)?.label ?? (toolCounts.value.length > 0 ? `exact ${own}` : own);
}

/** Each a signal of its own: the table is not drawn again for a size that moves, its cells alone follow. */
const titles = {
  macs: computed(() => titleOf('macs', 'MACs')),
  flops: computed(() => titleOf('flops', 'FLOPs')),
  measure: computed(() => (measure.value?.partial ? 'known share' : 'share')),
} as const;

/** Every layer of the model, in the order in which it runs, or sorted; linked with the drawing by what is selected. */
export function LayerTable() {
  const sheet = model.value?.sheet;
  const scroller = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const all = lines.value;
  const virtual = useRef<Virtualizer<HTMLDivElement, HTMLDivElement> | null>(null);
  const options = {
    count: all.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 8,
    scrollMargin: HEAD,
    scrollPaddingStart: HEAD,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => redraw(0),
  };
  if (virtual.current === null) virtual.current = new Virtualizer(options);
  else virtual.current.setOptions({ ...virtual.current.options, ...options });
  const rows = virtual.current;
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());

  const at = all.findIndex((line) => isSelected(line));
  // What is selected in a drawing is brought into view here.
  useEffect(() => {
    const id = selected.value;
    const clicked = byPointer;
    byPointer = false;
    // A row that was clicked is in sight, and must stay where it is for a second click.
    if (id === null || clicked) return;
    if (at < 0 && grain.value === 'modules' && filter.value === '') reveal(id);
    else if (at >= 0) rows.scrollToIndex(at, { align: 'auto' });
  }, [selected.value, selectedOp.value, at, rows]);

  if (sheet === undefined) return null;
  const columns = columnsOf(sheet.graph);
  return (
    <section class="ledger" aria-label="Layers">
      <div class="ledger-tools">
        <div class="choice" role="radiogroup" aria-label="What a row is">
          {GRAINS.filter((g) => sheet.graph || g !== 'operators').map((g: Grain) => (
            <label key={g}>
              <input
                type="radio"
                name="grain"
                checked={grain.value === g}
                onChange={() => {
                  grain.value = g;
                }}
              />
              <span>{g}</span>
            </label>
          ))}
        </div>
        <input
          class="filter"
          type="search"
          placeholder="filter: layer1 conv   ( / )"
          aria-label="Filter rows by name or type"
          value={filter.value}
          onInput={(event) => {
            filter.value = event.currentTarget.value;
          }}
        />
        <span class="quiet" aria-live="polite">
          {all.length.toLocaleString('en-US')} {all.length === 1 ? 'row' : 'rows'}
        </span>
      </div>
      <div
        class={`grid${sheet.graph ? '' : ' graphless'}${sheet.coverage.unknown.length > 0 ? ' partial' : ''}`}
        role="treegrid"
        ref={scroller}
        aria-label="Layers of the model"
        aria-rowcount={all.length + 1}
        aria-colcount={columns.length}
        tabIndex={0}
        {...(at >= 0 ? { 'aria-activedescendant': `row-${at}` } : {})}
        onKeyDown={(event) => onKey(event, all, at, rows)}
      >
        <div class="grid-head" role="row" aria-rowindex={1}>
          {columns.map((column) => (
            <div
              key={column.id}
              role="columnheader"
              class={`cell c-${column.id}`}
              aria-sort={sort.value?.column === column.id ? (sort.value.down ? 'descending' : 'ascending') : 'none'}
            >
              <button type="button" tabIndex={-1} onClick={() => sortBy(column)}>
                {column.title}
                <i aria-hidden="true">{sort.value?.column === column.id ? (sort.value.down ? ' ↓' : ' ↑') : ''}</i>
              </button>
            </div>
          ))}
        </div>
        <div class="grid-body" role="rowgroup">
          {all.length === 0 && <p class="nothing">No row has “{filter.value}” in its name or type.</p>}
          <div
            class="grid-space"
            role="presentation"
            {...(printing.value ? {} : { style: { height: `${rows.getTotalSize()}px` } })}
          >
            {itemsOf(rows, all.length).map((item) => (
              <Row
                key={item.index}
                index={item.index}
                top={item.start === null ? null : item.start - HEAD}
                line={all[item.index] as Line}
                columns={columns}
                chosen={item.index === at}
                onChoose={(line) => {
                  byPointer = true;
                  choose(line);
                }}
              />
            ))}
          </div>
        </div>
      </div>
      {printing.value && all.length > PRINTED && (
        <p class="quiet">… and {(all.length - PRINTED).toLocaleString('en-US')} more rows; CSV has them all.</p>
      )}
    </section>
  );
}

/** The rows that are in sight; on paper all of them are. */
function itemsOf(rows: Rows, count: number): readonly { readonly index: number; readonly start: number | null }[] {
  if (!printing.value) return rows.getVirtualItems();
  return Array.from({ length: Math.min(count, PRINTED) }, (_, index) => ({ index, start: null }));
}

function isSelected(line: Line): boolean {
  if (line.kind === 'op') return selectedOp.value === line.index;
  return line.id === selected.value;
}

function choose(line: Line): void {
  selected.value = line.id;
  selectedOp.value = line.kind === 'op' ? line.index : null;
}

/** Whether the selection that comes is a click on a row. */
let byPointer = false;

/** Numbers sort from the largest first; a third click gives the model's own order back. */
function sortBy({ id, numeric }: Column): void {
  const now = sort.value;
  if (now?.column !== id) sort.value = { column: id, down: numeric };
  else sort.value = now.down === numeric ? { column: id, down: !numeric } : null;
}

type Rows = Virtualizer<HTMLDivElement, HTMLDivElement>;

function onKey(event: KeyboardEvent, all: readonly Line[], at: number, rows: Rows): void {
  const page = Math.max(1, Math.floor((rows.scrollRect?.height ?? 280) / ROW) - 1);
  const go = (to: number): void => {
    const line = all[Math.max(0, Math.min(all.length - 1, to))];
    if (line !== undefined) choose(line);
  };
  const line = all[at];
  const moves: Readonly<Record<string, () => void>> = {
    ArrowDown: () => go(at + 1),
    ArrowUp: () => go(at < 0 ? 0 : at - 1),
    PageDown: () => go(at + page),
    PageUp: () => go(at - page),
    Home: () => go(0),
    End: () => go(all.length - 1),
    Enter: () => line !== undefined && zoomTo(line.id),
    ArrowRight: () => {
      if (line?.kind !== 'node' || !line.parts) return;
      if (line.open) go(at + 1);
      else toggle(line.id);
    },
    ArrowLeft: () => {
      if (line?.kind !== 'node') return;
      if (line.parts && line.open) toggle(line.id);
      else {
        const parent = model.value?.sheet.nodes[line.id]?.parent ?? -1;
        const above = all.findIndex((other) => other.id === parent);
        if (above >= 0) go(above);
      }
    },
  };
  const move = moves[event.key];
  if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  move();
}
