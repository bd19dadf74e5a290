import { useMemo } from 'preact/hooks';
import { model } from '../state/model.js';
import { paint } from '../state/paint.js';
import { drawnMeasure } from '../state/settled.js';
import { filter } from '../state/table.js';
import { focus, folds, select, selected, zoomTo } from '../state/view.js';
import { amount } from '../ui/numbers.js';
import { useSize } from '../ui/size.js';
import { drawingEvents } from './drawing.js';
import { Tiles } from './tiles.js';
import { treemap } from './treemap-layout.js';

/** Height of the strip of what has no formula. */
const STRIP = 34;
/** More than this are shown as a number. */
const MOST_GAPS = 12;

/** Area is the measure, colour is how much is computed for each byte moved. */
export function Treemap() {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const sheet = model.value?.sheet;
  const by = drawnMeasure.value;
  const fold = folds.treemap.value;
  const gaps = useMemo(() => (sheet === undefined ? [] : gapsBelow(sheet.nodes, focus.value)), [sheet, focus.value]);
  const strip = gaps.length > 0 && by?.partial === true ? STRIP : 0;
  const tiles = useMemo(
    () =>
      sheet === undefined || by === null
        ? []
        : treemap(sheet.nodes, by.nodes, focus.value, width, height - strip, { fold }),
    [sheet, by, focus.value, width, height, strip, fold],
  );
  if (sheet === undefined || by === null) return null;
  const whole = by.nodes[focus.value] ?? 0;
  const steps = { id: selected.value, tiles: tiles.map((tile) => tile.id) };
  const shownGaps = gaps.slice(0, gaps.length > MOST_GAPS ? MOST_GAPS - 1 : MOST_GAPS);
  const each = width / (shownGaps.length + (gaps.length > shownGaps.length ? 1 : 0));
  return (
    <div class="canvas" ref={ref} {...drawingEvents(`Treemap by ${by.label}`, steps)}>
      {whole === 0 && width > 0 && strip === 0 ? (
        <p class="nothing">
          Nothing here has {by.label}.{' '}
          {focus.value !== 0 && (
            <button type="button" onClick={() => zoomTo(0)}>
              Show the whole model
            </button>
          )}
        </p>
      ) : (
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} data-drawing="treemap" aria-hidden="true">
          <Tiles
            sheet={sheet}
            tiles={tiles}
            whole={by.total}
            chosen={selected.value}
            paint={paint.value.of}
            text={(value) => amount(value, by.unit)}
            found={searchedFor(sheet.nodes)}
          />
          {strip > 0 &&
            shownGaps.map((id, i) => {
              const node = sheet.nodes[id];
              return (
                <g
                  key={id}
                  class={`tile uncounted-tile${id === selected.value ? ' chosen' : ''}`}
                  data-id={id}
                  onClick={() => select(id)}
                >
                  <rect x={i * each} y={height - strip + 3} width={Math.max(0, each - 2)} height={strip - 3} />
                  <rect
                    class="hatch"
                    x={i * each}
                    y={height - strip + 3}
                    width={Math.max(0, each - 2)}
                    height={strip - 3}
                  />
                  <text x={i * each + 6} y={height - strip + 22}>
                    {`${node?.path || node?.name} ?`.slice(0, Math.max(1, Math.floor(each / 7)))}
                  </text>
                </g>
              );
            })}
          {strip > 0 && gaps.length > shownGaps.length && (
            <text class="axis start" x={shownGaps.length * each + 6} y={height - strip + 22}>
              and {gaps.length - shownGaps.length} more
            </text>
          )}
        </svg>
      )}
    </div>
  );
}

/** Parts that have the words of the table's filter in their path or class; undefined where nothing is searched for. */
function searchedFor(
  nodes: readonly { readonly path: string; readonly name: string; readonly type: string }[],
): ((id: number) => boolean) | undefined {
  const words = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  return (id) => {
    const node = nodes[id];
    const text = `${node?.path} ${node?.name} ${node?.type}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

/** The smallest parts below a module that have operators without a formula. */
function gapsBelow(
  nodes: readonly { readonly unknown: number; readonly children: readonly number[]; readonly level: number }[],
  root: number,
): number[] {
  const found: number[] = [];
  const visit = (id: number): void => {
    const node = nodes[id];
    if (node === undefined || node.unknown === 0) return;
    const below = node.children.filter((child) => (nodes[child]?.unknown ?? 0) > 0);
    if (below.length === 0) found.push(id);
    else for (const child of below) visit(child);
  };
  visit(root);
  return found;
}
