import { useMemo } from 'preact/hooks';
import type { NodeSheet } from '../sheet.js';
import { model } from '../state/model.js';
import { paint } from '../state/paint.js';
import { drawnMeasure } from '../state/settled.js';
import { focus, selected } from '../state/view.js';
import { amount, percent } from '../ui/numbers.js';
import { useSize } from '../ui/size.js';
import { drawingEvents } from './drawing.js';
import { fitting } from './treemap-layout.js';

interface Bar {
  readonly id: number;
  readonly level: number;
  readonly y: number;
  readonly height: number;
}

const NARROWEST = 92;

/** Levels of modules from left to right, each as high as its share, from top to bottom in the order in which they run. */
function bars(nodes: readonly NodeSheet[], value: Float64Array, root: number, height: number): Bar[] {
  const whole = value[root] ?? 0;
  const out: Bar[] = [];
  if (whole === 0) return out;
  const fill = (id: number, level: number, y: number): void => {
    const h = ((value[id] ?? 0) / whole) * height;
    if (h < 0.7) return;
    out.push({ id, level, y, height: h });
    let at = y;
    for (const child of nodes[id]?.children ?? []) {
      fill(child, level + 1, at);
      at += ((value[child] ?? 0) / whole) * height;
    }
  };
  fill(root, 0, 0);
  return out;
}

export function Icicle() {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const sheet = model.value?.sheet;
  const by = drawnMeasure.value;
  const all = useMemo(
    () => (sheet === undefined || by === null ? [] : bars(sheet.nodes, by.nodes, focus.value, height)),
    [sheet, by, focus.value, height],
  );
  if (sheet === undefined || by === null) return null;
  const deepest = all.reduce((n, bar) => Math.max(n, bar.level), 0);
  const levels = Math.max(1, Math.min(deepest + 1, Math.floor(width / NARROWEST)));
  const step = width / levels;
  const shown = all.filter((bar) => bar.level < levels);
  return (
    <div
      class="canvas"
      ref={ref}
      {...drawingEvents(`Icicle by ${by.label}`, { id: selected.value, tiles: shown.map((bar) => bar.id) })}
    >
      {all.length === 0 && height > 0 ? (
        <p class="nothing">Nothing here has {by.label}.</p>
      ) : (
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} data-drawing="icicle" aria-hidden="true">
          {shown.map(({ id, level, y, height: h }) => {
            const node = sheet.nodes[id] as NodeSheet;
            const ends = node.children.length === 0 || level === levels - 1;
            const w = node.children.length === 0 ? width - level * step : step;
            const name = id === focus.value && node.name === '' ? sheet.model.name : node.name;
            const value = by.nodes[id] ?? 0;
            return (
              <g
                key={id}
                data-id={id}
                class={`tile ${ends ? `leaf ${paint.value.of(id)}` : 'level'}${id === selected.value ? ' chosen' : ''}`}
              >
                <rect x={level * step} y={y} width={Math.max(0, w - 1)} height={Math.max(0.5, h - (h > 3 ? 1 : 0))} />
                {node.unknown > 0 && ends && (
                  <rect class="hatch" x={level * step} y={y} width={Math.max(0, w - 1)} height={Math.max(0.5, h - 1)} />
                )}
                {h >= 15 && (
                  <text x={level * step + 5} y={y + Math.min(h / 2 + 4, 14)}>
                    {fitting(name, w - (w > 170 ? 80 : 0), h)}
                  </text>
                )}
                {h >= 15 && w > 170 && fitting(name, w - 80, h) !== '' && (
                  <text class="second end" x={level * step + w - 7} y={y + Math.min(h / 2 + 4, 14)}>
                    {w > 260 ? `${amount(value, by.unit)} · ${percent(value, by.total)}` : percent(value, by.total)}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}
