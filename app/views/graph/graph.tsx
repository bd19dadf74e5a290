import { useEffect, useMemo, useState } from 'preact/hooks';
import { ask } from '../../state/client.js';
import { CROWDED, computing, graphOf, type Part, type ModuleGraph as Parts } from '../../state/graph.js';
import { measure } from '../../state/measure.js';
import { model } from '../../state/model.js';
import { chosenPaint, intensityPaint, type Paint, partPaint } from '../../state/paint.js';
import { focus, select, selected, selectedOp, sharing, zoomTo } from '../../state/view.js';
import { intensities } from '../../ui/heat.js';
import { className } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import type { GraphLayout } from '../../worker/protocol.js';
import { drawingEvents } from '../parts/drawing.js';
import { Legend } from '../parts/legend.js';
import { Tickbox } from '../parts/tickbox.js';
import { GraphDrawing, HEIGHT, widthOf } from './graph-drawing.js';
import { Minimap } from './graph-minimap.js';
import { fitted, type Sight, start, usePan, zoomed } from './graph-sight.js';

/** A drawing of more parts is saved as it is in sight: nobody opens a file of so many. */
const MOST_IN_A_FILE = 2000;

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
  const by = measure.value;
  const heat = intensities.value;
  const paint = useMemo(
    () => (graph === null ? intensityOf(heat) : paintOf(graph, by?.nodes ?? null, heat)),
    [graph, by, heat, chosenPaint.value],
  );
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
            <GraphDrawing
              graph={graph}
              layout={layout}
              sight={sight}
              width={width}
              height={height}
              found={found}
              paint={paint}
            />
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
        {sharing.value && layout !== null && layout.boxes.length <= MOST_IN_A_FILE && (
          <div class="off-screen" aria-hidden="true">
            <GraphDrawing
              graph={graph}
              layout={layout}
              sight={{ x: 0, y: 0, scale: 1 }}
              width={layout.width}
              height={layout.height}
              found={null}
              paint={paint}
              whole
            />
          </div>
        )}
      </div>
      <Legend paint={paint} other="class" graph={true}>
        {crowded && (
          <Tickbox on={all} onTurn={setAll}>
            also parts that only move data
          </Tickbox>
        )}
        <span class="quiet">Drag to move, wheel to zoom; a double click opens a part.</span>
      </Legend>
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

/** By class, unless intensity was chosen: what a part is counts more here than how much of the model it takes. */
function paintOf(graph: Parts, value: Float64Array | null, heat: Float64Array): Paint<Part> {
  if (chosenPaint.value === 'intensity') return intensityOf(heat);
  const sums = new Map<string, number>();
  for (const part of graph.parts) {
    if (part.node === null) continue;
    // Whatever is there has a colour, be there none of the count in it.
    const own = part.op === null ? (value?.[part.node] ?? 0) : 0;
    sums.set(className(part.type), (sums.get(className(part.type)) ?? 0) + own + Number.MIN_VALUE);
  }
  const paint = partPaint(sums, ({ type }: Part) => className(type));
  return paint.parts.length === 0 && chosenPaint.value === null ? intensityOf(heat) : paint;
}

/** Of single operators the intensity is not known: they have the colour of what moves data. */
function intensityOf(heat: Float64Array): Paint<Part> {
  const paint = intensityPaint(heat);
  return { ...paint, of: ({ node, op }) => (op === null && node !== null ? paint.of(node) : 'heat1') };
}
