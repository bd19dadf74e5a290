import type { Part, ModuleGraph as Parts } from '../../state/graph.js';
import { measure } from '../../state/measure.js';
import { model } from '../../state/model.js';
import type { Paint } from '../../state/paint.js';
import { focus, select, selected, selectedOp } from '../../state/view.js';
import { className, percent, shape } from '../../ui/numbers.js';
import type { GraphLayout } from '../../worker/protocol.js';
import { fitting } from '../maps/treemap-layout.js';
import type { Sight } from './graph-sight.js';

export const HEIGHT = 42;
/** Smaller than this no text can be read, and none is drawn. */
const READABLE = 0.45;

/** Room for both lines of a part; the second has the class and, as it is for most, four extents. */
export function widthOf(part: Part): number {
  if (part.node === null) return 60;
  return Math.min(250, Math.max(labelOf(part).length * 7 + 60, className(part.type).length * 6.7 + 118));
}

function labelOf({ label, call, calls }: Part): string {
  return calls > 1 ? `${label} (${call + 1} of ${calls})` : label;
}

interface DrawingProps {
  readonly graph: Parts;
  readonly layout: GraphLayout;
  readonly sight: Sight;
  readonly width: number;
  readonly height: number;
  readonly found: readonly Part[] | null;
  readonly paint: Paint<Part>;
  /** All of it, to be saved, beside the one that shows what is in sight. */
  readonly whole?: boolean;
}

/** Only what is in sight is drawn. */
export function GraphDrawing({ graph, layout, sight, width, height, found, paint, whole = false }: DrawingProps) {
  const sheet = model.value?.sheet;
  const by = measure.value;
  if (sheet === undefined || width === 0) return null;
  const [w, h] = [width / sight.scale, height / sight.scale];
  const inSight = (x: number, y: number): boolean =>
    x > sight.x - 140 && x < sight.x + w + 140 && y > sight.y - 60 && y < sight.y + h + 60;
  const hits = found === null ? null : new Set(found.map(({ id }) => id));
  const total = by?.nodes[focus.value] ?? 0;
  const arrow = whole ? 'arrow-whole' : 'arrow';
  return (
    <svg
      width={width}
      height={height}
      viewBox={`${sight.x} ${sight.y} ${w} ${h}`}
      data-drawing="graph"
      {...(whole ? { 'data-whole': '' } : {})}
      aria-hidden="true"
    >
      <defs>
        <marker id={arrow} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path class="arrow" d="M0,0.6L8,4L0,7.4z" />
        </marker>
      </defs>
      {layout.edges.map(
        (points, i) =>
          crosses(points, sight, w, h) && (
            <path key={graph.edges[i]?.join(' ')} class="edge" marker-end={`url(#${arrow})`} d={curve(points)} />
          ),
      )}
      {layout.boxes.map(({ id, x, y }, i) => {
        const part = graph.parts[i];
        if (part === undefined || !inSight(x, y)) return null;
        const wide = widthOf(part);
        const faint = hits !== null && !hits.has(id) ? ' faint' : '';
        if (part.node === null)
          return (
            <g key={id} class={`port${faint}`}>
              <rect x={x - wide / 2} y={y - 12} width={wide} height={24} rx={12} />
              <text class="mid" x={x} y={y + 4}>
                {part.label}
              </text>
            </g>
          );
        const node = sheet.nodes[part.node];
        const chosen = part.op === null ? part.node === selected.value : part.op === selectedOp.value;
        const out = part.op === null ? node?.output : sheet.ops[part.op]?.outputs[0]?.shape;
        const unknown = part.op === null ? (node?.unknown ?? 0) > 0 : sheet.ops[part.op]?.gap != null;
        return (
          <g
            key={id}
            data-id={part.node}
            class={`tile leaf ${paint.of(part)}${chosen ? ' chosen' : ''}${faint}`}
            onClick={(event) => {
              if (part.op === null) return;
              event.stopPropagation();
              select(part.node, part.op);
            }}
          >
            <rect x={x - wide / 2} y={y - HEIGHT / 2} width={wide} height={HEIGHT} />
            {unknown && <rect class="hatch" x={x - wide / 2} y={y - HEIGHT / 2} width={wide} height={HEIGHT} />}
            {sight.scale > READABLE && (
              <>
                <text x={x - wide / 2 + 7} y={y - 4}>
                  {fitting(labelOf(part), wide - (by === null ? 0 : 44), HEIGHT)}
                </text>
                {part.op === null && by !== null && (
                  <text class="second end" x={x + wide / 2 - 7} y={y - 4}>
                    {percent(by.nodes[part.node] ?? 0, total)}
                  </text>
                )}
                <text class="second" x={x - wide / 2 + 7} y={y + 13}>
                  {fitting(`${className(part.type)}${out == null ? '' : `  ${shape(out)}`}`, wide, HEIGHT)}
                </text>
              </>
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** Whether an edge may be in sight, by the box around it. */
function crosses(points: GraphLayout['edges'][number], sight: Sight, w: number, h: number): boolean {
  let [left, right, top, bottom] = [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const [x, y] of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return right >= sight.x && left <= sight.x + w && bottom >= sight.y && top <= sight.y + h;
}

function curve(points: readonly (readonly [number, number])[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let d = `M${first[0].toFixed(1)},${first[1].toFixed(1)}`;
  for (let i = 0; i < rest.length; i++) {
    const [x, y] = rest[i] as readonly [number, number];
    const next = rest[i + 1];
    // Through the middle of each pair of bends, so that lines are smooth.
    d +=
      next === undefined
        ? `L${x.toFixed(1)},${y.toFixed(1)}`
        : `Q${x.toFixed(1)},${y.toFixed(1)} ${((x + next[0]) / 2).toFixed(1)},${((y + next[1]) / 2).toFixed(1)}`;
  }
  return d;
}
