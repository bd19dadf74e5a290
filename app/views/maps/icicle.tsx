import { useMemo } from 'preact/hooks';
import type { NodeSheet } from '../../sheet.js';
import { model } from '../../state/model.js';
import { paint } from '../../state/paint.js';
import { drawnMeasure } from '../../state/settled.js';
import { focus, folds, selected } from '../../state/view.js';
import { fitting, LINE } from '../../ui/fitting.js';
import { amount, className, percent } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import { drawingEvents } from '../parts/drawing.js';
import { type Members, partsOf, totalOf } from './repeats.js';

interface Bar {
  readonly members: Members;
  readonly id: number;
  readonly level: number;
  readonly y: number;
  readonly height: number;
  readonly value: number;
}

/** A level is no narrower than this: what lies deeper is shown when one zooms in. */
const NARROWEST = 92;
/** Pixels below which a bar is not seen. */
const THINNEST = 0.7;
/** Average width of a character of the smaller text. */
const SMALL = 6.4;

/** Levels of modules from left to right, each as high as its share, from top to bottom in the order in which they run. */
function bars(nodes: readonly NodeSheet[], value: Float64Array, root: number, height: number, fold: boolean): Bar[] {
  const whole = value[root] ?? 0;
  const out: Bar[] = [];
  if (whole === 0) return out;
  const fill = (members: Members, level: number, y: number): void => {
    const own = totalOf(value, members);
    const h = (own / whole) * height;
    if (h < THINNEST) return;
    out.push({ members, id: members.ids[0] as number, level, y, height: h, value: own });
    let at = y;
    for (const part of partsOf(nodes, value, members, fold)) {
      fill(part, level + 1, at);
      at += (totalOf(value, part) / whole) * height;
    }
  };
  fill({ ids: [root], name: nodes[root]?.name ?? '' }, 0, 0);
  return out;
}

export function Icicle() {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const sheet = model.value?.sheet;
  const by = drawnMeasure.value;
  const fold = folds.icicle.value;
  const all = useMemo(
    () => (sheet === undefined || by === null ? [] : bars(sheet.nodes, by.nodes, focus.value, height, fold)),
    [sheet, by, focus.value, height, fold],
  );
  if (sheet === undefined || by === null) return null;
  const deepest = all.reduce((n, bar) => Math.max(n, bar.level), 0);
  const levels = Math.max(1, Math.min(deepest + 1, Math.floor(width / NARROWEST)));
  const shown = all.filter((bar) => bar.level < levels);
  const steps = { id: selected.value, tiles: shown.map(({ id }) => id) };
  return (
    <div class="canvas" ref={ref} {...drawingEvents(`Icicle by ${by.label}`, steps)}>
      {all.length === 0 && height > 0 ? (
        <p class="nothing">Nothing here has {by.label}.</p>
      ) : (
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} data-drawing="icicle" aria-hidden="true">
          {shown.map((bar) => (
            <BarShape
              key={bar.id}
              bar={bar}
              node={sheet.nodes[bar.id] as NodeSheet}
              name={bar.members.name === '' && bar.level === 0 ? sheet.model.name : bar.members.name}
              step={width / levels}
              last={levels - 1}
              whole={width}
              chosen={selected.value !== null && bar.members.ids.includes(selected.value)}
              text={[amount(bar.value, by.unit), percent(bar.value, by.total)]}
            />
          ))}
        </svg>
      )}
    </div>
  );
}

interface BarProps {
  readonly bar: Bar;
  readonly node: NodeSheet;
  readonly name: string;
  /** Width of a level, the number of the last one, and the width of all of them. */
  readonly step: number;
  readonly last: number;
  readonly whole: number;
  readonly chosen: boolean;
  readonly text: readonly [amount: string, share: string];
}

function BarShape({ bar, node, name, step, last, whole, chosen, text: [amount, share] }: BarProps) {
  const { id, level, y, height } = bar;
  const leaf = node.children.length === 0;
  const ends = leaf || level === last;
  const x = level * step;
  // A bar without parts reaches to the right edge.
  const width = Math.max(0, (leaf ? whole - x : step) - 1);
  const high = Math.max(0.5, height - (height > 3 ? 1 : 0));
  // Amounts go below the name where there is room, else behind it.
  const tall = height > 2 * LINE + 4;
  const value = tall ? (width > 130 ? `${amount} · ${share}` : share) : width > 170 ? share : '';
  const beside = tall || value === '' ? 0 : value.length * SMALL + 12;
  const label = height < LINE ? '' : fitting(name, width - beside, height);
  const copies = bar.members.ids.length;
  const type = node.kind === 'op' ? '' : className(node.type);
  const kind = copies > 1 && type !== '' ? `${copies} × ${type}` : type;
  const room = width - beside - (label.length + kind.length) * (SMALL + 0.4) - 16;
  const base = y + Math.min(height / 2 + 4, 14);
  return (
    <g
      data-id={id}
      data-copies={copies}
      class={`tile ${ends ? `leaf ${paint.value.of(id)}` : 'level'}${chosen ? ' chosen' : ''}`}
    >
      <rect x={x} y={y} width={width} height={high} />
      {node.unknown > 0 && ends && <rect class="hatch" x={x} y={y} width={width} height={high} />}
      {label !== '' && (
        <>
          <text x={x + 5} y={base}>
            {label}
            {kind !== '' && kind !== label && room > 0 && (
              <tspan class="kind" dx={5}>
                {kind}
              </tspan>
            )}
          </text>
          {value !== '' && (
            <text
              class={`second${tall ? '' : ' end'}`}
              x={tall ? x + 5 : x + width - 6}
              y={tall ? base + LINE - 1 : base}
            >
              {value}
            </text>
          )}
        </>
      )}
    </g>
  );
}
