import { model } from '../../state/model.js';
import { paint } from '../../state/paint.js';
import { drawnMeasure } from '../../state/settled.js';
import { filter } from '../../state/table.js';
import { focus, folds, selected, zoomTo } from '../../state/view.js';
import { amount } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import { drawingEvents } from '../parts/drawing.js';
import { GapStrip } from './gap-strip.js';
import { Tiles } from './tiles.js';
import { useTreemap } from './use-treemap.js';

/** Area is the measure, colour is how much is computed for each byte moved. */
export function Treemap() {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const sheet = model.value?.sheet;
  const by = drawnMeasure.value;
  const fold = folds.treemap.value;
  const { tiles, gaps, strip } = useTreemap(sheet, by, focus.value, { width, height }, fold);
  if (sheet === undefined || by === null) return null;
  const whole = by.nodes[focus.value] ?? 0;
  const steps = { id: selected.value, tiles: tiles.map((tile) => tile.id) };
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
          {strip > 0 && (
            <GapStrip nodes={sheet.nodes} gaps={gaps} chosen={selected.value} width={width} bottom={height} />
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
