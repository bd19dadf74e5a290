// The graph of one module. In: its parts and edges from state/graph.ts, places from the worker. Out: markup of what is in sight.
// Add: what a part shows in graph-drawing.tsx, with room for it in geometry.ts.
import { useCallback, useMemo, useState } from 'preact/hooks';
import type { PageModel } from '../../sheet.js';
import type { Part } from '../../state/graph.js';
import { CROWDED, computing, graphOf, type ModuleGraph as Parts } from '../../state/graph.js';
import { intensities } from '../../state/intensities.js';
import { measure } from '../../state/measure.js';
import { model } from '../../state/model.js';
import { chosenPaint, type Paint } from '../../state/paint.js';
import { focus, selected, sharing } from '../../state/view.js';
import { useSize } from '../../ui/size.js';
import type { GraphLayout } from '../../worker/protocol.js';
import { drawingEvents } from '../parts/drawing.js';
import { Legend } from '../parts/legend.js';
import { Tickbox } from '../parts/tickbox.js';
import { GraphDrawing } from './graph-drawing.js';
import { Minimap } from './graph-minimap.js';
import { graphPaint } from './graph-paint.js';
import { centred, fitted, overflows, type Sight, start, usePan, zoomed } from './graph-sight.js';
import { GraphTools, partsWith } from './graph-tools.js';
import { useLayout } from './use-layout.js';

/** The module that is zoomed to: its parts at each of their calls, and what flows between them. */
export function ModuleGraph() {
  const sheet = model.value?.sheet;
  const at = focus.value;
  const whole = useMemo(() => (sheet === undefined ? null : graphOf(sheet, at)), [sheet, at]);
  return sheet === undefined || whole === null ? null : <Graph sheet={sheet} whole={whole} />;
}

function Graph({ sheet, whole }: { readonly sheet: PageModel; readonly whole: Parts }) {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const [all, setAll] = useState(false);
  const [words, setWords] = useState('');
  const crowded = whole.parts.length > CROWDED;
  const graph = useMemo(() => (all || !crowded ? whole : computing(sheet, whole)), [sheet, whole, all, crowded]);
  const { layout, wrong } = useLayout(graph);
  const [sight, setSight] = useSight(graph, layout, width, height);
  const pan = usePan(ref, sight, setSight);
  const paint = usePaint(graph);
  const found = words.trim() === '' ? null : partsWith(graph, words);
  const tiles = graph.parts.flatMap(({ node, op }) => (node === null || op !== null ? [] : [node]));
  return (
    <>
      <GraphTools
        graph={graph}
        words={words}
        found={found}
        onWords={setWords}
        onGo={(id) => {
          const box = layout?.boxes.find((b) => b.id === id);
          if (box !== undefined) setSight(centred(box, Math.max(0.8, sight.scale), width, height));
        }}
        onZoom={(factor) => setSight(zoomed(sight, factor, width / 2, height / 2))}
        onFit={() => setSight('fit')}
      />
      <div
        class="canvas pans"
        ref={ref}
        {...drawingEvents('Graph of the module', { id: selected.value, tiles })}
        {...pan}
        aria-busy={layout === null && wrong === null}
      >
        {wrong !== null ? (
          <p class="nothing" role="alert">
            This graph could not be laid out: {wrong}
          </p>
        ) : layout === null ? (
          <p class="nothing">Laying out {graph.parts.length.toLocaleString('en-US')} parts …</p>
        ) : (
          <>
            <GraphDrawing {...{ graph, layout, sight, width, height, found, paint }} />
            {overflows(layout, sight, width, height) && (
              <Minimap
                {...{ layout, sight, width, height }}
                go={(x, y) => setSight(centred({ x, y }, sight.scale, width, height))}
              />
            )}
            <WholeDrawing graph={graph} layout={layout} paint={paint} />
          </>
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

/**
 * The stretch in sight: at first the beginning of the graph, or all of it where that can be read; all of it once that is asked
 * for, be the places of its parts known by then or not; else where it was moved to.
 */
function useSight(graph: Parts, layout: GraphLayout | null, width: number, height: number) {
  const [chosen, setChosen] = useState<{ readonly of: Parts; readonly view: Sight | 'fit' } | null>(null);
  const view = chosen?.of === graph ? chosen.view : 'start';
  const sight = useMemo(() => {
    if (layout === null || width === 0) return { x: 0, y: 0, scale: 1 };
    if (view === 'start') return start(layout, width, height);
    return view === 'fit' ? fitted(layout, width, height) : view;
  }, [layout, width, height, view]);
  const isLaidOut = layout !== null;
  const setSight = useCallback(
    (to: Sight | 'fit') => {
      if (to === 'fit' || isLaidOut) setChosen({ of: graph, view: to });
    },
    [graph, isLaidOut],
  );
  return [sight, setSight] as const;
}

function usePaint(graph: Parts): Paint<Part> {
  const by = measure.value;
  const heat = intensities.value;
  return useMemo(() => graphPaint(graph, by?.nodes ?? null, heat), [graph, by, heat, chosenPaint.value]);
}

interface WholeProps {
  readonly graph: Parts;
  readonly layout: GraphLayout;
  readonly paint: Paint<Part>;
}

/** A drawing of more parts is saved as it is in sight: nobody opens a file of so many. */
const MOST_IN_A_FILE = 2000;

/** The whole graph out of sight, as long as the share dialog is open: this is what is saved. */
function WholeDrawing({ graph, layout, paint }: WholeProps) {
  if (!sharing.value || layout.boxes.length > MOST_IN_A_FILE) return null;
  const { width, height } = layout;
  return (
    <div class="off-screen" aria-hidden="true">
      <GraphDrawing {...{ graph, layout, width, height, paint }} sight={{ x: 0, y: 0, scale: 1 }} found={null} whole />
    </div>
  );
}
