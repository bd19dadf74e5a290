import type { ModuleGraph, Part } from '../../state/graph.js';
import { measure } from '../../state/measure.js';
import { model } from '../../state/model.js';
import type { Paint } from '../../state/paint.js';
import { shape } from '../../state/shape.js';
import { focus, select, selected, selectedOp } from '../../state/view.js';
import { fitting } from '../../ui/fitting.js';
import { className, percent } from '../../ui/numbers.js';
import type { GraphLayout } from '../../worker/protocol.js';
import { crosses, HEIGHT, holds, labelOf, PORT_HEIGHT, smoothPath, spanOf, widthOf } from './geometry.js';
import type { Sight } from './graph-sight.js';

/** Smaller than this no text can be read, and none is drawn. */
const READABLE = 0.45;

interface DrawingProps {
  readonly graph: ModuleGraph;
  readonly layout: GraphLayout;
  readonly sight: Sight;
  readonly width: number;
  readonly height: number;
  /** The parts that are searched for; null where nothing is. */
  readonly found: readonly Part[] | null;
  readonly paint: Paint<Part>;
  /** All of it, to be saved, beside the one that shows what is in sight. */
  readonly whole?: boolean;
}

/** The parts and edges in sight. */
export function GraphDrawing({ graph, layout, sight, width, height, found, paint, whole = false }: DrawingProps) {
  if (model.value === null || width === 0) return null;
  const span = spanOf(sight, width, height);
  const hits = found === null ? null : new Set(found.map(({ id }) => id));
  const arrow = whole ? 'arrow-whole' : 'arrow';
  return (
    <svg
      width={width}
      height={height}
      viewBox={`${span.left} ${span.top} ${span.width} ${span.height}`}
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
        (line, i) =>
          crosses(line, span) && (
            <path key={graph.edges[i]?.join(' ')} class="edge" marker-end={`url(#${arrow})`} d={smoothPath(line)} />
          ),
      )}
      {layout.boxes.map(({ id, x, y }, i) => {
        const part = graph.parts[i];
        if (part === undefined || !holds(span, x, y)) return null;
        const place = { part, x, y, faint: hits !== null && !hits.has(id) };
        return part.node === null ? (
          <Port key={id} {...place} />
        ) : (
          <Box key={id} {...place} node={part.node} style={paint.of(part)} text={sight.scale > READABLE} />
        );
      })}
    </svg>
  );
}

interface PlaceProps {
  readonly part: Part;
  /** Its middle. */
  readonly x: number;
  readonly y: number;
  /** Not among what is searched for. */
  readonly faint: boolean;
}

/** An input or output of the module. */
function Port({ part, x, y, faint }: PlaceProps) {
  const width = widthOf(part);
  return (
    <g class={`port${faint ? ' faint' : ''}`}>
      <rect x={x - width / 2} y={y - PORT_HEIGHT / 2} width={width} height={PORT_HEIGHT} rx={PORT_HEIGHT / 2} />
      <text class="mid" x={x} y={y + 4}>
        {part.label}
      </text>
    </g>
  );
}

interface BoxProps extends PlaceProps {
  readonly node: number;
  readonly style: string;
  /** Whether text of that size can be read. */
  readonly text: boolean;
}

/** A module at one of its calls, or an operator of the module itself. */
function Box({ part, node, x, y, faint, style, text }: BoxProps) {
  const chosen = part.op === null ? node === selected.value : part.op === selectedOp.value;
  const frame = { x: x - widthOf(part) / 2, y: y - HEIGHT / 2, width: widthOf(part), height: HEIGHT };
  return (
    <g
      data-id={node}
      class={`tile leaf ${style}${chosen ? ' chosen' : ''}${faint ? ' faint' : ''}`}
      onClick={(event) => {
        if (part.op === null) return;
        event.stopPropagation();
        select(node, part.op);
      }}
    >
      <rect {...frame} />
      {hasGap(part, node) && <rect class="hatch" {...frame} />}
      {text && <BoxText part={part} node={node} left={frame.x} width={frame.width} y={y} />}
    </g>
  );
}

interface TextProps {
  readonly part: Part;
  readonly node: number;
  readonly left: number;
  readonly width: number;
  readonly y: number;
}

/** Its name and share on the first line, its class and shape on the second. */
function BoxText({ part, node, left, width, y }: TextProps) {
  const by = measure.value;
  const out = outputOf(part, node);
  return (
    <>
      <text x={left + 7} y={y - 4}>
        {fitting(labelOf(part), width - (by === null ? 0 : 44), HEIGHT)}
      </text>
      {part.op === null && by !== null && (
        <text class="second end" x={left + width - 7} y={y - 4}>
          {percent(by.nodes[node] ?? 0, by.nodes[focus.value] ?? 0)}
        </text>
      )}
      <text class="second" x={left + 7} y={y + 13}>
        {fitting(`${className(part.type)}${out == null ? '' : `  ${shape(out)}`}`, width, HEIGHT)}
      </text>
    </>
  );
}

function outputOf({ op }: Part, node: number) {
  const sheet = model.value?.sheet;
  return op === null ? sheet?.nodes[node]?.output : sheet?.ops[op]?.outputs[0]?.shape;
}

/** Whether operators in it are not counted. */
function hasGap({ op }: Part, node: number): boolean {
  const sheet = model.value?.sheet;
  return op === null ? (sheet?.nodes[node]?.unknown ?? 0) > 0 : sheet?.ops[op]?.gap != null;
}
