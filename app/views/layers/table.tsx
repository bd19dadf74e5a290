// The table of layers and the inspector below it. In: the lines of state/table.ts. Out: markup; a click or key selects a node.
// Add: a column in state/table.ts, with its cell in row.tsx.
import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { PageModel } from '../../sheet.js';
import { measure } from '../../state/measure.js';
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
  toolColumn,
} from '../../state/table.js';
import { toolCounts } from '../../state/tool-counts.js';
import { selected, selectedOp } from '../../state/view.js';
import { printing } from '../../ui/print.js';
import { isSelected, Row } from './row.js';
import { ROW, type RowWindow, rowId, useRowWindow } from './row-window.js';
import { onTableKey } from './table-keys.js';

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
  const all = lines.value;
  if (sheet === undefined) return null;
  return (
    <section class="ledger" aria-label="Layers">
      <TableTools graph={sheet.graph} rows={all.length} />
      <Grid sheet={sheet} all={all} />
      {printing.value && all.length > PRINTED && (
        <p class="quiet">… and {(all.length - PRINTED).toLocaleString('en-US')} more rows; CSV has them all.</p>
      )}
    </section>
  );
}

/** The choice of modules, layers or operators, the filter, and the number of rows. */
function TableTools({ graph, rows }: { readonly graph: boolean; readonly rows: number }) {
  return (
    <div class="ledger-tools">
      <div class="choice" role="radiogroup" aria-label="What a row is">
        {GRAINS.filter((g) => graph || g !== 'operators').map((g: Grain) => (
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
        {rows.toLocaleString('en-US')} {rows === 1 ? 'row' : 'rows'}
      </span>
    </div>
  );
}

/** The rows in sight, and the heads of the columns above them. */
function Grid({ sheet, all }: { readonly sheet: PageModel; readonly all: readonly Line[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const seen = useRowWindow(scroller);
  const room = useRoom(all.length);
  const at = all.findIndex((line) => isSelected(line));
  useSelectionInView(at, seen);
  const columns = sheet.graph ? COLUMNS : WITHOUT_GRAPH;
  const paper = printing.value;
  return (
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
      onKeyDown={(event) => onTableKey(event, all, at, seen.page(), choose)}
    >
      <div class="grid-head" role="row" aria-rowindex={1}>
        {columns.map((id) => (
          <ColumnHead key={id} id={id} graph={sheet.graph} />
        ))}
      </div>
      <div class="grid-body" role="rowgroup" aria-owns={seen.order}>
        {all.length === 0 && <p class="nothing">No row has “{filter.value}” in its name or type.</p>}
        <div class="grid-space" role="presentation" {...(paper ? {} : { style: { height: `${all.length * ROW}px` } })}>
          {(paper ? onPaper(all.length) : seen.rows.value).map((row, i) => (
            <Row key={i} at={row} columns={columns} placed={!paper} onChoose={chooseClicked} />
          ))}
        </div>
      </div>
    </div>
  );
}

function ColumnHead({ id, graph }: { readonly id: ColumnId; readonly graph: boolean }) {
  const down = sort.value?.column === id ? sort.value.down : null;
  return (
    <div
      role="columnheader"
      class={`cell c-${id}`}
      aria-sort={down === null ? 'none' : down ? 'descending' : 'ascending'}
    >
      <button type="button" tabIndex={-1} onClick={() => sortBy(id)}>
        {titleIn(id, graph)}
        <i aria-hidden="true">{down === null ? '' : down ? ' ↓' : ' ↑'}</i>
      </button>
    </div>
  );
}

/** Brings into view here what is selected in a drawing. */
function useSelectionInView(at: number, seen: RowWindow): void {
  useEffect(() => {
    const id = selected.value;
    const clicked = byPointer;
    byPointer = false;
    // A row that was clicked is in sight, and must stay where it is for a second click.
    if (id === null || clicked) return;
    if (at < 0 && grain.value === 'modules' && filter.value === '') reveal(id);
    else if (at >= 0) seen.reveal(at);
  }, [selected.value, selectedOp.value, at, seen]);
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
