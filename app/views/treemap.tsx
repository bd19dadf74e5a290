import { useMemo } from 'preact/hooks';
import { measure } from '../state/measure.js';
import { model } from '../state/model.js';
import { focus, selected, zoomTo } from '../state/view.js';
import { intensities, stepOf } from '../ui/heat.js';
import { amount, percent } from '../ui/numbers.js';
import { useSize } from '../ui/size.js';
import { drawingEvents } from './drawing.js';
import { HEAD, type Tile, treemap } from './treemap-layout.js';

/** Area is the measure, colour is how much is computed for each byte moved. */
export function Treemap() {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const sheet = model.value?.sheet;
  const by = measure.value;
  const tiles = useMemo(
    () => (sheet === undefined || by === null ? [] : treemap(sheet.nodes, by.nodes, focus.value, width, height)),
    [sheet, by, focus.value, width, height],
  );
  if (sheet === undefined || by === null) return null;
  const whole = by.nodes[focus.value] ?? 0;
  const heat = intensities.value;
  const steps = { id: selected.value, tiles: tiles.map((tile) => tile.id) };
  return (
    <div class="canvas" ref={ref} {...drawingEvents(`Treemap by ${by.label}`, steps)}>
      {whole === 0 && width > 0 ? (
        <p class="nothing">
          Nothing here has {by.label}.{' '}
          {focus.value !== 0 && (
            <button type="button" onClick={() => zoomTo(0)}>
              Show the whole model
            </button>
          )}
        </p>
      ) : (
        <svg width={width} height={height} data-drawing="treemap" aria-hidden="true">
          {tiles.map((tile) => (
            <Rect
              key={tile.id}
              tile={tile}
              chosen={tile.id === selected.value}
              step={stepOf(heat[tile.id] ?? 0)}
              gap={(sheet.nodes[tile.id]?.unknown ?? 0) > 0}
              value={by.nodes[tile.id] ?? 0}
              unit={by.unit}
              whole={whole}
            />
          ))}
        </svg>
      )}
    </div>
  );
}

interface RectProps {
  readonly tile: Tile;
  readonly chosen: boolean;
  readonly step: number;
  readonly gap: boolean;
  readonly value: number;
  readonly unit: 'count' | 'bytes';
  readonly whole: number;
}

function Rect({ tile, chosen, step, gap, value, unit, whole }: RectProps) {
  const { id, x, y, width, height, group, label, level } = tile;
  const kind = group ? (level === 0 ? 'tile root' : 'tile group') : `tile leaf heat${step}`;
  const second = !group && height > 32 && width > 62;
  return (
    <g class={`${kind}${chosen ? ' chosen' : ''}`} data-id={id}>
      <rect x={x} y={y} width={width} height={height} />
      {gap && !group && <rect class="hatch" x={x} y={y} width={width} height={height} />}
      {label !== '' && (!group || (level > 0 && height > 46 && width > 44)) && (
        <text x={x + 4} y={y + (group ? HEAD - 5 : 13)}>
          {label}
        </text>
      )}
      {second && (
        <text class="second" x={x + 4} y={y + 27}>
          {width > 130 ? `${amount(value, unit)} · ${percent(value, whole)}` : percent(value, whole)}
        </text>
      )}
    </g>
  );
}
