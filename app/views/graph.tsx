import { useEffect, useMemo, useState } from 'preact/hooks';
import { ask } from '../state/client.js';
import { CROWDED, computing, graphOf, MOST_PARTS, type Part } from '../state/graph.js';
import { measure } from '../state/measure.js';
import { model } from '../state/model.js';
import { focus, select, selected, selectedOp, zoomTo } from '../state/view.js';
import { intensities, stepOf } from '../ui/heat.js';
import { className, percent, shape } from '../ui/numbers.js';
import { useSize } from '../ui/size.js';
import type { GraphLayout } from '../worker/protocol.js';
import { drawingEvents } from './drawing.js';
import { fitting } from './treemap-layout.js';

const HEIGHT = 42;

/** Room for both lines of a part; the second has the class and, as it is for most, four extents. */
function widthOf(part: Part): number {
  if (part.node === null) return 44;
  return Math.min(250, Math.max(part.label.length * 7 + 60, className(part.type).length * 6.7 + 96));
}

/** The module that is zoomed to, one level deep: its parts and what flows between them. */
export function ModuleGraph() {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const sheet = model.value?.sheet;
  const at = focus.value;
  const whole = useMemo(() => (sheet === undefined ? null : graphOf(sheet, at)), [sheet, at]);
  const [all, setAll] = useState(false);
  const crowded = whole !== null && whole.parts.length > CROWDED;
  const graph = useMemo(
    () => (sheet === undefined || whole === null || all || !crowded ? whole : computing(sheet, whole)),
    [sheet, whole, all, crowded],
  );
  const [drawn, setDrawn] = useState<{ readonly graph: unknown; readonly layout: GraphLayout } | null>(null);
  const [zoom, setZoom] = useState(1);
  useEffect(() => {
    if (graph === null || graph.parts.length > MOST_PARTS) return;
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
  useEffect(() => {
    const box = ref.current;
    if (box !== null && drawn !== null) box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2;
  }, [drawn, ref]);
  if (sheet === undefined || graph === null || whole === null) return null;
  if (graph.parts.length > MOST_PARTS)
    return (
      <div class="canvas" ref={ref}>
        <p class="nothing">
          {graph.parts.length.toLocaleString('en-US')} parts side by side are more than a drawing can show. Choose a
          module in the table and press its Graph.
        </p>
      </div>
    );
  const layout = drawn?.graph === graph ? drawn.layout : null;
  const fit = layout === null || layout.width === 0 ? 1 : Math.min(1.15, (width - 4) / layout.width);
  const scale = Math.max(0.25, fit < 0.6 ? 0.75 : fit) * zoom;
  const by = measure.value;
  const total = by?.nodes[at] ?? 0;
  const heat = intensities.value;
  const tiles = graph.parts.flatMap((part) => (part.node === null || part.op !== null ? [] : [part.node]));
  return (
    <>
      <div class="canvas scrolls" ref={ref} {...drawingEvents('Graph of the module', { id: selected.value, tiles })}>
        {layout === null ? (
          <p class="nothing">Laying out {graph.parts.length} parts …</p>
        ) : (
          <svg
            width={Math.max(width - 4, layout.width * scale)}
            height={Math.max(height - 4, layout.height * scale)}
            viewBox={`${Math.min(0, (layout.width - (width - 4) / scale) / 2)} 0 ${Math.max((width - 4) / scale, layout.width)} ${Math.max((height - 4) / scale, layout.height)}`}
            data-drawing="graph"
            aria-hidden="true"
          >
            <defs>
              <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
                <path class="arrow" d="M0,0.6L8,4L0,7.4z" />
              </marker>
            </defs>
            {layout.edges.map((points, i) => (
              <path key={graph.edges[i]?.join(' ')} class="edge" marker-end="url(#arrow)" d={curve(points)} />
            ))}
            {layout.boxes.map(({ id, x, y }, i) => {
              const part = graph.parts[i] as Part;
              const w = widthOf(part);
              if (part.node === null)
                return (
                  <g key={id} class="port">
                    <rect x={x - w / 2} y={y - 12} width={w} height={24} rx={12} />
                    <text class="mid" x={x} y={y + 4}>
                      {part.label}
                    </text>
                  </g>
                );
              const node = sheet.nodes[part.node];
              const chosen = part.op === null ? part.node === selected.value : part.op === selectedOp.value;
              const out = part.op === null ? node?.output : sheet.ops[part.op]?.outputs[0]?.shape;
              return (
                <g
                  key={id}
                  data-id={part.node}
                  class={`tile leaf heat${part.op === null ? stepOf(heat[part.node] ?? 0) : 1}${chosen ? ' chosen' : ''}`}
                  onClick={(event) => {
                    if (part.op === null) return;
                    event.stopPropagation();
                    select(part.node, part.op);
                  }}
                >
                  <rect x={x - w / 2} y={y - HEIGHT / 2} width={w} height={HEIGHT} />
                  {(node?.unknown ?? 0) > 0 && (
                    <rect class="hatch" x={x - w / 2} y={y - HEIGHT / 2} width={w} height={HEIGHT} />
                  )}
                  <text x={x - w / 2 + 7} y={y - 4}>
                    {fitting(part.label, w - (by === null ? 0 : 44), HEIGHT)}
                  </text>
                  {part.op === null && by !== null && (
                    <text class="second end" x={x + w / 2 - 7} y={y - 4}>
                      {percent(by.nodes[part.node] ?? 0, total)}
                    </text>
                  )}
                  <text class="second" x={x - w / 2 + 7} y={y + 13}>
                    {fitting(`${className(part.type)}${out == null ? '' : `  ${shape(out)}`}`, w, HEIGHT)}
                  </text>
                </g>
              );
            })}
          </svg>
        )}
      </div>
      <p class="legend">
        <button type="button" class="plain" onClick={() => setZoom(zoom * 1.25)}>
          larger
        </button>
        <button type="button" class="plain" onClick={() => setZoom(zoom / 1.25)}>
          smaller
        </button>
        {at !== 0 && (
          <button type="button" class="plain" onClick={() => zoomTo(sheet.nodes[at]?.parent ?? 0)}>
            the module around it
          </button>
        )}
        {crowded && (
          <label class="tickbox">
            <input
              type="checkbox"
              checked={all}
              onChange={(event) => {
                setAll(event.currentTarget.checked);
              }}
            />{' '}
            also the {whole.parts.length - (all ? computing(sheet, whole) : graph).parts.length} parts that only move
            data
          </label>
        )}
        <span class="quiet">double click opens a part</span>
      </p>
    </>
  );
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
