import { computed, type ReadonlySignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { NodeSheet, OpSheet } from '../sheet.js';
import { measure } from '../state/measure.js';
import { model } from '../state/model.js';
import { type ColumnId, type Line, nodeValue, opValue, toggle, toolColumn } from '../state/table.js';
import { zoomTo } from '../state/view.js';
import { amount, bytes, className, count, percent, ratio, shape } from '../ui/numbers.js';

/** Height of a row in pixels. */
export const ROW = 28;

interface RowProps {
  readonly index: number;
  /** Where it stands in the scrolled part; null on paper, where rows follow one another. */
  readonly top: number | null;
  readonly line: Line;
  readonly columns: readonly { readonly id: ColumnId }[];
  readonly chosen: boolean;
  readonly onChoose: (line: Line) => void;
}

export function Row({ index, top, line, columns, chosen, onChoose }: RowProps) {
  const tree = line.kind === 'node' && line.parts;
  return (
    <div
      role="row"
      id={`row-${index}`}
      aria-rowindex={index + 2}
      aria-level={line.kind === 'node' ? line.level + 1 : 1}
      aria-selected={chosen}
      {...(tree ? { 'aria-expanded': line.open } : {})}
      class={`row${chosen ? ' chosen' : ''}${tree ? ' parts' : ''}`}
      {...(top === null ? {} : { style: { transform: `translateY(${top}px)`, height: `${ROW}px` } })}
      onClick={() => onChoose(line)}
      onDblClick={() => zoomTo(line.id)}
    >
      {columns.map(({ id }) => (
        <div key={id} role="gridcell" class={`cell c-${id}`}>
          <Cell line={line} column={id} />
        </div>
      ))}
    </div>
  );
}

/** What a line stands for. */
interface Subject {
  readonly node: NodeSheet;
  readonly op: OpSheet | undefined;
}

function Cell({ line, column }: { readonly line: Line; readonly column: ColumnId }) {
  const sheet = model.value?.sheet;
  const node = sheet?.nodes[line.id];
  if (sheet === undefined || node === undefined) return null;
  const op = line.kind === 'op' ? sheet.ops[line.index] : undefined;
  switch (column) {
    case 'name':
      return op === undefined ? <NodeName line={line} node={node} /> : <OpName node={node} op={op} />;
    case 'type':
      return (
        <span>
          {op !== undefined
            ? op.type
            : node.stored === undefined
              ? className(node.type)
              : node.stored.dtypes.join(', ')}
        </span>
      );
    case 'measure':
      return <Share node={node} op={op} />;
    default:
      return <Figure node={node} op={op} column={column} />;
  }
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

/** What follows the sizes by itself: only what it is written into changes, and only where it does. */
function useLive<T>(value: () => T, ...of: readonly unknown[]): ReadonlySignal<T> {
  return useMemo(() => computed(value), of);
}

type FigureColumn = Exclude<ColumnId, 'name' | 'type' | 'measure'>;

function Figure({ node, op, column }: Subject & { readonly column: FigureColumn }) {
  const text = useLive(() => figureOf({ node, op }, column), node, op, column);
  const gap = useLive(() => isPartial({ node, op }, column), node, op, column).value;
  return (
    <span {...(gap ? { title: 'not counted in full' } : {})}>
      {text}
      {gap && <b class="gap-mark">?</b>}
    </span>
  );
}

/** Whether a count leaves out operators that have no formula. */
function isPartial({ node, op }: Subject, column: FigureColumn): boolean {
  if ((column !== 'macs' && column !== 'flops') || toolColumn(column) !== undefined) return false;
  return op === undefined ? node.unknown > 0 : op.gap !== null;
}

function figureOf(subject: Subject, column: FigureColumn): string {
  const { node, op } = subject;
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

function Share(subject: Subject) {
  const { node, op } = subject;
  const of = (): number => {
    const total = measure.value?.total ?? 0;
    return total === 0 ? 0 : numberOf(subject, 'measure') / total;
  };
  // By a transform: a width would lay the row out anew.
  const bar = useLive(() => `transform: scaleX(${Math.min(1, of()).toFixed(4)})`, node, op);
  const text = useLive(() => percent(numberOf(subject, 'measure'), measure.value?.total ?? 0), node, op);
  const title = useLive(() => amount(numberOf(subject, 'measure'), measure.value?.unit ?? 'count'), node, op);
  return (
    <span class="share" title={title}>
      <i style={bar} />
      <b>{text}</b>
    </span>
  );
}
