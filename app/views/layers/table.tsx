import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { measure, toolCounts } from '../../state/measure.js';
import { model } from '../../state/model.js';
import {
  COLUMNS,
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
} from '../../state/table.js';
import { selected, selectedOp, zoomTo } from '../../state/view.js';
import { printing } from '../../ui/print.js';
import { isSelected, Row } from './row.js';
import { ROW, type RowWindow, rowId, useRowWindow } from './row-window.js';

/** Rows that are printed: some fifty pages. */
const PRINTED = 2000;

const WITHOUT_GRAPH = ['name', 'type', 'output', 'params', 'measure'] as const satisfies readonly ColumnId[];
const WORDS: ReadonlySet<ColumnId> = new Set(['name', 'type', 'output']);

function titleIn(column: ColumnId, graph: boolean): string {
  switch (column) {
    case 'output':
      return graph ? 'output' : 'shape';
    case 'intensity':
      return 'FLOP/B';
    case 'macs':
    case 'flops':
    case 'measure':
      return titles[column].value;
    default:
      return column;
  }
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
  const all = lines.value;
  const seen = useRowWindow(scroller);
  const room = useRoom(all.length);
  const at = all.findIndex((line) => isSelected(line));
  // What is selected in a drawing is brought into view here.
  useEffect(() => {
    const id = selected.value;
    const clicked = byPointer;
    byPointer = false;
    // A row that was clicked is in sight, and must stay where it is for a second click.
    if (id === null || clicked) return;
    if (at < 0 && grain.value === 'modules' && filter.value === '') reveal(id);
    else if (at >= 0) seen.reveal(at);
  }, [selected.value, selectedOp.value, at, seen]);

  if (sheet === undefined) return null;
  const columns = sheet.graph ? COLUMNS : WITHOUT_GRAPH;
  const paper = printing.value;
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
        style={{ '--lines': room }}
        {...(at >= 0 ? { 'aria-activedescendant': rowId(at) } : {})}
        onKeyDown={(event) => onKey(event, all, at, seen)}
      >
        <div class="grid-head" role="row" aria-rowindex={1}>
          {columns.map((id) => (
            <div
              key={id}
              role="columnheader"
              class={`cell c-${id}`}
              aria-sort={sort.value?.column === id ? (sort.value.down ? 'descending' : 'ascending') : 'none'}
            >
              <button type="button" tabIndex={-1} onClick={() => sortBy(id)}>
                {titleIn(id, sheet.graph)}
                <i aria-hidden="true">{sort.value?.column === id ? (sort.value.down ? ' ↓' : ' ↑') : ''}</i>
              </button>
            </div>
          ))}
        </div>
        <div class="grid-body" role="rowgroup" aria-owns={seen.order}>
          {all.length === 0 && <p class="nothing">No row has “{filter.value}” in its name or type.</p>}
          <div
            class="grid-space"
            role="presentation"
            {...(paper ? {} : { style: { height: `${all.length * ROW}px` } })}
          >
            {(paper ? onPaper(all.length) : seen.rows.value).map((row, i) => (
              <Row key={i} at={row} columns={columns} placed={!paper} onChoose={chooseClicked} />
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

/** Lines that the table has the height for: those without a filter, so that it stays as high as it is while one is typed. */
function useRoom(count: number): number {
  const unfiltered = useRef(count);
  if (filter.value === '') unfiltered.current = count;
  return Math.max(count, unfiltered.current);
}

/** Without a window to scroll in, each line has a row. */
function onPaper(count: number) {
  return Array.from({ length: Math.min(count, PRINTED) }, (_, line) => signal(line));
}

function choose(line: Line): void {
  selected.value = line.id;
  selectedOp.value = line.kind === 'op' ? line.index : null;
}

/** Whether the selection that comes is a click on a row. */
let byPointer = false;

function chooseClicked(line: Line): void {
  byPointer = true;
  choose(line);
}

/** Numbers sort from the largest first; a third click gives the model's own order back. */
function sortBy(id: ColumnId): void {
  const now = sort.value;
  const numeric = !WORDS.has(id);
  if (now?.column !== id) sort.value = { column: id, down: numeric };
  else sort.value = now.down === numeric ? { column: id, down: !numeric } : null;
}

function onKey(event: KeyboardEvent, all: readonly Line[], at: number, seen: RowWindow): void {
  const page = seen.page();
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
