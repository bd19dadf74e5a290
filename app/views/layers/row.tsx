import { type ReadonlySignal, useComputed } from '@preact/signals';
import type { NodeSheet, OpSheet } from '../../sheet.js';
import { measure } from '../../state/measure.js';
import { model } from '../../state/model.js';
import { shape } from '../../state/shape.js';
import { type ColumnId, type Line, lines, nodeValue, opValue, toggle, toolColumn } from '../../state/table.js';
import { selected, selectedOp, zoomTo } from '../../state/view.js';
import { amount, bytes, className, count, percent, ratio } from '../../ui/numbers.js';
import { ROW, rowId } from './row-window.js';

interface RowProps {
  /** The line that it shows: another one when the row is used again further down. */
  readonly at: ReadonlySignal<number>;
  readonly columns: readonly ColumnId[];
  /** Whether it stands at its place in the part that scrolls; on paper rows follow one another. */
  readonly placed: boolean;
  readonly onChoose: (line: Line) => void;
}

/** The node or operator of a line. */
interface Subject {
  readonly line: Line;
  readonly node: NodeSheet;
  readonly op: OpSheet | undefined;
}

/**
 * One row. It is drawn again for another line; what follows sizes and measures are texts of their own, written where they
 * stand.
 */
export function Row({ at, columns, placed, onChoose }: RowProps) {
  const subject = useComputed(() => subjectOf(lines.value[at.value]));
  const isChosen = useComputed(() => subject.value !== null && isSelected(subject.value.line));
  if (subject.value === null) return null;
  const [index, { line }, chosen] = [at.value, subject.value, isChosen.value];
  const tree = line.kind === 'node' && line.parts;
  const shown = subject as ReadonlySignal<Subject>;
  return (
    <div
      role="row"
      id={rowId(index)}
      aria-rowindex={index + 2}
      aria-level={line.kind === 'node' ? line.level + 1 : 1}
      aria-selected={chosen}
      {...(tree ? { 'aria-expanded': line.open } : {})}
      class={`row${chosen ? ' chosen' : ''}${tree ? ' parts' : ''}`}
      {...(placed ? { style: `transform: translateY(${index * ROW}px)` } : {})}
      onClick={() => onChoose(line)}
      onDblClick={() => zoomTo(line.id)}
    >
      {columns.map((id) =>
        id === 'name' ? (
          <Name key={id} subject={shown} />
        ) : id === 'measure' ? (
          <Share key={id} subject={shown} />
        ) : (
          <Figure key={id} subject={shown} column={id} />
        ),
      )}
    </div>
  );
}

export function isSelected(line: Line): boolean {
  return line.kind === 'op' ? selectedOp.value === line.index : line.id === selected.value;
}

function subjectOf(line: Line | undefined): Subject | null {
  const sheet = model.value?.sheet;
  const node = line === undefined ? undefined : sheet?.nodes[line.id];
  if (line === undefined || node === undefined) return null;
  return { line, node, op: line.kind === 'op' ? sheet?.ops[line.index] : undefined };
}

interface CellProps {
  readonly subject: ReadonlySignal<Subject>;
}

function Name({ subject }: CellProps) {
  const { line, node, op } = subject.value;
  return (
    <div role="gridcell" class="cell c-name">
      {op === undefined ? <NodeName line={line} node={node} /> : <OpName node={node} op={op} />}
    </div>
  );
}

function OpName({ node, op }: { readonly node: NodeSheet; readonly op: OpSheet }) {
  return (
    <span class="name">
      <b class="path">{node.path !== '' && op.name === null ? `${node.path}.` : ''}</b>
      {op.name ?? `${op.op}_${op.index}`}
    </span>
  );
}

function NodeName({ line, node }: { readonly line: Line; readonly node: NodeSheet }) {
  const level = line.kind === 'node' ? line.level : 0;
  const flat = level === 0 && node.parent >= 0;
  const name = node.parent < 0 ? node.name || model.value?.sheet.model.name : node.name;
  const path = flat && node.path.includes('.') ? node.path.slice(0, node.path.lastIndexOf('.') + 1) : '';
  return (
    <span class="name" style={{ paddingLeft: `${level * 14}px` }}>
      {line.kind === 'node' && line.parts && !flat ? (
        <button
          type="button"
          class="twist"
          tabIndex={-1}
          aria-label={`${line.open ? 'Fold' : 'Unfold'} ${node.name}`}
          onClick={(event) => {
            event.stopPropagation();
            toggle(line.id);
          }}
        >
          {line.open ? '▾' : '▸'}
        </button>
      ) : (
        <i class="twist" aria-hidden="true" />
      )}
      {path !== '' && <b class="path">{path}</b>}
      {name}
      {node.calls > 1 && node.kind === 'module' && <small> ×{node.calls}</small>}
    </span>
  );
}

type FigureColumn = Exclude<ColumnId, 'name' | 'measure'>;

function Figure({ subject, column }: CellProps & { readonly column: FigureColumn }) {
  const text = useComputed(() => figureOf(subject.value, column));
  const gap = useComputed(() => isPartial(subject.value, column)).value;
  return (
    <div role="gridcell" class={`cell c-${column}`} {...(gap ? { title: 'not counted in full' } : {})}>
      {text}
      {gap && <b class="gap-mark">?</b>}
    </div>
  );
}

/** Whether a count leaves out operators that have no formula. */
function isPartial({ node, op }: Subject, column: FigureColumn): boolean {
  if ((column !== 'macs' && column !== 'flops') || toolColumn(column) !== undefined) return false;
  return op === undefined ? node.unknown > 0 : op.gap !== null;
}

function figureOf(subject: Subject, column: FigureColumn): string {
  const { node, op } = subject;
  if (column === 'type') return op?.type ?? node.stored?.dtypes.join(', ') ?? className(node.type);
  if (column === 'output') {
    const output = op === undefined ? node.output : (op.outputs[0]?.shape ?? null);
    return op === undefined && output === null ? '' : shape(output);
  }
  const value = numberOf(subject, column);
  if (column === 'moved') return bytes(value);
  if (column === 'intensity') return ratio(value);
  if (!isPartial(subject, column)) return count(value);
  return value === 0 ? '' : `≥ ${count(value)} + `;
}

function numberOf({ node, op }: Subject, column: ColumnId): number {
  return Number(op === undefined ? nodeValue(node, column) : opValue(op, column));
}

function Share({ subject }: CellProps) {
  const own = useComputed(() => numberOf(subject.value, 'measure'));
  const text = useComputed(() => percent(own.value, measure.value?.total ?? 0));
  const title = useComputed(() => amount(own.value, measure.value?.unit ?? 'count'));
  // A background: its size is painted anew, and nothing is laid out.
  const bar = useComputed(() => {
    const total = measure.value?.total ?? 0;
    const share = total === 0 ? 0 : Math.min(1, own.value / total);
    return `background-size: ${(100 * share).toFixed(2)}% 18px`;
  });
  return (
    <div role="gridcell" class="cell c-measure" title={title} style={bar}>
      {text}
    </div>
  );
}
