import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ask } from '../state/client.js';
import { CROWDED, computing, graphOf, type Part, type ModuleGraph as Parts } from '../state/graph.js';
import { measure } from '../state/measure.js';
import { model } from '../state/model.js';
import { focus, select, selected, selectedOp, zoomTo } from '../state/view.js';
import { intensities, stepOf } from '../ui/heat.js';
import { className, percent, shape } from '../ui/numbers.js';
import { useSize } from '../ui/size.js';
import type { GraphLayout } from '../worker/protocol.js';
import { drawingEvents } from './drawing.js';
import { Minimap } from './graph-minimap.js';
import { Tickbox } from './tickbox.js';
import { fitting } from './treemap-layout.js';

const HEIGHT = 42;
const [NEAREST, FARTHEST] = [2.5, 0.02];
/** Smaller than this no text can be read, and none is drawn. */
const READABLE = 0.45;

/** Room for both lines of a part; the second has the class and, as it is for most, four extents. */
function widthOf(part: Part): number {
  if (part.node === null) return 60;
  return Math.min(250, Math.max(labelOf(part).length * 7 + 60, className(part.type).length * 6.7 + 96));
}

function labelOf({ label, call, calls }: Part): string {
  return calls > 1 ? `${label} (${call + 1} of ${calls})` : label;
}

/** What is in sight: the point of the drawing at the upper left, and pixels for each of its units. */
interface Sight {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** The module that is zoomed to: its parts at each of their calls, and what flows between them. */
export function ModuleGraph() {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const sheet = model.value?.sheet;
  const at = focus.value;
  const whole = useMemo(() => (sheet === undefined ? null : graphOf(sheet, at)), [sheet, at]);
  const [all, setAll] = useState(false);
  const [word, setWord] = useState('');
  const crowded = whole !== null && whole.parts.length > CROWDED;
  const graph = useMemo(
    () => (sheet === undefined || whole === null || all || !crowded ? whole : computing(sheet, whole)),
    [sheet, whole, all, crowded],
  );
  const layout = useLayout(graph);
  const [sight, setSight] = useState<Sight>({ x: 0, y: 0, scale: 1 });
  useEffect(() => {
    if (layout !== null && width > 0) setSight(start(layout, width, height));
  }, [layout, width, height]);
  const pan = usePan(ref, sight, setSight);
  if (sheet === undefined || graph === null || whole === null) return null;
  const found = word.trim() === '' ? null : matches(graph, word);
  const goTo = (id: number): void => {
    const box = layout?.boxes.find((b) => b.id === id);
    if (box === undefined) return;
    const scale = Math.max(0.8, sight.scale);
    setSight({ x: box.x - width / 2 / scale, y: box.y - height / 2 / scale, scale });
  };
  const zoom = (by: number): void => setSight(zoomed(sight, by, width / 2, height / 2));
  const tiles = graph.parts.flatMap((part) => (part.node === null || part.op !== null ? [] : [part.node]));
  const steps = drawingEvents('Graph of the module', { id: selected.value, tiles });
  return (
    <>
      <div class="graph-tools">
        <input
          type="search"
          class="filter"
          placeholder="find a part"
          aria-label="Find a part of the graph"
          value={word}
          onInput={(event) => setWord(event.currentTarget.value)}
          onKeyDown={(event) => {
            const hits = event.key === 'Enter' ? matches(graph, event.currentTarget.value) : [];
            const [first] = hits;
            if (first === undefined) return;
            // Each Enter goes to the next one.
            const now = hits.findIndex((part) => part.node === selected.value && sameOp(part));
            const next = hits[(now + 1) % hits.length] ?? first;
            if (next.node !== null) select(next.node, next.op);
            goTo(next.id);
          }}
        />
        {found !== null && (
          <span class="quiet" role="status">
            {found.length} of {graph.parts.length}
          </span>
        )}
        <button type="button" onClick={() => zoom(1.3)} aria-label="Larger">
          +
        </button>
        <button type="button" onClick={() => zoom(1 / 1.3)} aria-label="Smaller">
          −
        </button>
        <button type="button" onClick={() => layout !== null && setSight(fitted(layout, width, height))}>
          Fit
        </button>
        {at !== 0 && (
          <button type="button" class="plain" onClick={() => zoomTo(sheet.nodes[at]?.parent ?? 0)}>
            the module around it
          </button>
        )}
      </div>
      <div class="canvas pans" ref={ref} {...steps} {...pan}>
        {layout === null ? (
          <p class="nothing">Laying out {graph.parts.length.toLocaleString('en-US')} parts …</p>
        ) : (
          <>
            <Drawing graph={graph} layout={layout} sight={sight} width={width} height={height} found={found} />
            {(layout.width * sight.scale > width || layout.height * sight.scale > height) && (
              <Minimap
                layout={layout}
                sight={sight}
                width={width}
                height={height}
                go={(x, y) => setSight({ ...sight, x: x - width / 2 / sight.scale, y: y - height / 2 / sight.scale })}
              />
            )}
          </>
        )}
      </div>
      <p class="legend">
        {crowded && (
          <Tickbox on={all} onTurn={setAll}>
            also parts that only move data
          </Tickbox>
        )}
        <span class="quiet">Drag to move, wheel to zoom; a double click opens a part.</span>
      </p>
    </>
  );
}

function sameOp({ op }: Part): boolean {
  return op === selectedOp.value;
}

function matches(graph: Parts, word: string): readonly Part[] {
  const words = word.trim().toLowerCase().split(/\s+/);
  return graph.parts.filter((part) => words.every((w) => `${part.label} ${part.type}`.toLowerCase().includes(w)));
}

/** Asked of the worker; null until it is there. */
function useLayout(graph: Parts | null): GraphLayout | null {
  const [drawn, setDrawn] = useState<{ readonly graph: unknown; readonly layout: GraphLayout } | null>(null);
  useEffect(() => {
    if (graph === null) return;
    let live = true;
    const nodes = graph.parts.map((part) => ({
      id: part.id,
      width: widthOf(part),
      height: part.node === null ? 24 : HEIGHT,
    }));
    ask({ kind: 'graph', nodes, edges: graph.edges }).then(
      (layout) => live && setDrawn({ graph, layout }),
      () => {},
    );
    return () => {
      live = false;
    };
  }, [graph]);
  return drawn?.graph === graph ? drawn.layout : null;
}

/** The whole width where that can be read, from the top. */
function start(layout: GraphLayout, width: number, height: number): Sight {
  const whole = fitted(layout, width, height);
  if (whole.scale >= 0.6) return whole;
  const scale = Math.max(0.7, Math.min(1, (width - 8) / layout.width));
  return { x: layout.width / 2 - width / 2 / scale, y: 0, scale };
}

function fitted(layout: GraphLayout, width: number, height: number): Sight {
  const scale = Math.max(FARTHEST, Math.min(1.15, (width - 8) / layout.width, (height - 8) / layout.height));
  return { x: (layout.width - width / scale) / 2, y: (layout.height - height / scale) / 2, scale };
}

function zoomed(sight: Sight, by: number, px: number, py: number): Sight {
  const scale = Math.max(FARTHEST, Math.min(NEAREST, sight.scale * by));
  return { x: sight.x + px / sight.scale - px / scale, y: sight.y + py / sight.scale - py / scale, scale };
}

/** Dragging moves, the wheel zooms to where the pointer is. */
function usePan(ref: { current: HTMLDivElement | null }, sight: Sight, setSight: (sight: Sight) => void) {
  const from = useRef<{ readonly x: number; readonly y: number; readonly sight: Sight } | null>(null);
  const now = useRef(sight);
  now.current = sight;
  useEffect(() => {
    const box = ref.current;
    if (box === null) return;
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { left, top } = box.getBoundingClientRect();
      setSight(zoomed(now.current, Math.exp(-event.deltaY * 0.0016), event.clientX - left, event.clientY - top));
    };
    box.addEventListener('wheel', wheel, { passive: false });
    return () => box.removeEventListener('wheel', wheel);
  }, [ref, setSight]);
  return {
    onPointerDown: (event: PointerEvent): void => {
      from.current = { x: event.clientX, y: event.clientY, sight };
    },
    onPointerMoveCapture: (event: PointerEvent): void => {
      const begin = from.current;
      if (begin === null || event.buttons !== 1) return;
      const [dx, dy] = [event.clientX - begin.x, event.clientY - begin.y];
      if (Math.abs(dx) + Math.abs(dy) < 4) return;
      const { scale } = begin.sight;
      setSight({ x: begin.sight.x - dx / scale, y: begin.sight.y - dy / scale, scale });
    },
    onPointerUp: (): void => {
      from.current = null;
    },
  };
}

interface DrawingProps {
  readonly graph: Parts;
  readonly layout: GraphLayout;
  readonly sight: Sight;
  readonly width: number;
  readonly height: number;
  readonly found: readonly Part[] | null;
}

/** Only what is in sight is drawn. */
function Drawing({ graph, layout, sight, width, height, found }: DrawingProps) {
  const sheet = model.value?.sheet;
  const by = measure.value;
  const heat = intensities.value;
  if (sheet === undefined || width === 0) return null;
  const [w, h] = [width / sight.scale, height / sight.scale];
  const inSight = (x: number, y: number): boolean =>
    x > sight.x - 140 && x < sight.x + w + 140 && y > sight.y - 60 && y < sight.y + h + 60;
  const hits = found === null ? null : new Set(found.map(({ id }) => id));
  const total = by?.nodes[focus.value] ?? 0;
  return (
    <svg
      width={width}
      height={height}
      viewBox={`${sight.x} ${sight.y} ${w} ${h}`}
      data-drawing="graph"
      aria-hidden="true"
    >
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path class="arrow" d="M0,0.6L8,4L0,7.4z" />
        </marker>
      </defs>
      {layout.edges.map(
        (points, i) =>
          crosses(points, sight, w, h) && (
            <path key={graph.edges[i]?.join(' ')} class="edge" marker-end="url(#arrow)" d={curve(points)} />
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
            class={`tile leaf heat${part.op === null ? stepOf(heat[part.node] ?? 0) : 1}${chosen ? ' chosen' : ''}${faint}`}
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
