import { signal } from '@preact/signals';
import { keepsAt, runDims } from 'opcount/ledger';
import { useMemo, useState } from 'preact/hooks';
import type { PageModel } from '../../sheet.js';
import { timelineOf } from '../../state/memory.js';
import { bind, bindings, model } from '../../state/model.js';
import { amount } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import { roundTicks, ticksOf } from '../../ui/ticks.js';
import { Pick } from '../parts/parts.js';

const dimension = signal('');
const cost = signal('macs');
/** How much higher than its highest point the axis of a curve goes. */
const AIR = 1.06;
const POINTS = 64;

interface Point {
  readonly size: number;
  /** Null at sizes that the model refuses. */
  readonly value: number | null;
}

const COSTS = [
  ['macs', 'MACs'],
  ['flops', 'FLOPs'],
  ['moved', 'Bytes moved'],
  ['peak', 'Peak memory'],
] as const;

/** A cost against the size of one free dimension, from the formula; all others are as the sliders have them. */
export function Curve() {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const [over, setOver] = useState<number | null>(null);
  const sheet = model.value?.sheet;
  const names = sheet?.program.symbols.map(({ name }) => name) ?? [];
  const name = names.includes(dimension.value) ? dimension.value : (names[0] ?? '');
  const now = bindings.value;
  const at = now[name] ?? 1;
  const most = reach(sheet, name, at);
  const others = JSON.stringify({ ...now, [name]: 0 });
  const points = useMemo(
    () => (sheet === undefined ? [] : pointsOf(sheet, name, most, cost.value, now)),
    [sheet, name, most, cost.value, others],
  );
  if (sheet === undefined) return null;
  const unit = cost.value === 'macs' || cost.value === 'flops' ? 'count' : 'bytes';
  const [L, B] = [92, 30];
  const high = Math.max(1, ...points.map(({ value }) => value ?? 0));
  const x = (n: number): number => L + ((width - L - 14) * n) / most;
  const y = (v: number): number => 14 + (height - B - 14) * (1 - v / (high * AIR));
  const nearest = (size: number): Point | null =>
    points.reduce<Point | null>(
      (best, p) =>
        p.value !== null && (best === null || Math.abs(p.size - size) < Math.abs(best.size - size)) ? p : best,
      null,
    );
  const sizeAt = (event: MouseEvent): number => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return ((event.clientX - box.left - L) / (width - L - 14)) * most;
  };
  const mark = over === null ? nearest(at) : nearest(over);
  const labels = sheet.labels;
  return (
    <div class="curve">
      <div class="controls">
        <Pick label="cost" value={cost.value} options={COSTS} onPick={(id) => (cost.value = id)} />
        <Pick
          label="against"
          value={name}
          options={names.map((n) => [n, labels[n] ?? n])}
          onPick={(id) => (dimension.value = id)}
        />
        <span class="quiet">A click sets the size.</span>
      </div>
      <div
        class="canvas plot"
        ref={ref}
        onPointerMove={(event) => setOver(sizeAt(event))}
        onPointerLeave={() => setOver(null)}
        onClick={(event) => {
          const point = nearest(sizeAt(event));
          if (point !== null) bind(name, point.size);
        }}
      >
        {width > 0 && (
          <svg
            width={width}
            height={height}
            viewBox={`0 0 ${width} ${height}`}
            data-drawing="curve"
            role="img"
            aria-label={`${cost.value} against ${name}: ${mark === null ? '' : `${amount(mark.value ?? 0, unit)} at ${mark.size}`}`}
          >
            {(unit === 'bytes' ? ticksOf : roundTicks)(high * AIR, 4).map((tick) => (
              <g key={tick} class="tick">
                <line x1={L} x2={width - 14} y1={y(tick)} y2={y(tick)} />
                <text x={L - 8} y={y(tick) + 4}>
                  {tick === 0 ? '0' : amount(tick, unit)}
                </text>
              </g>
            ))}
            {[0, 0.25, 0.5, 0.75, 1].map((part) => (
              <text
                key={part}
                class="axis"
                style={{ textAnchor: part === 1 ? 'end' : 'middle' }}
                x={x(most * part)}
                y={height - 10}
              >
                {Math.round(most * part).toLocaleString('en-US')}
              </text>
            ))}
            <path class="curve-line" d={pathOf(points, x, y)} />
            {mark !== null && (
              <>
                <circle class="peak" cx={x(mark.size)} cy={y(mark.value ?? 0)} r={4.5} />
                <text
                  class={`peak-label${x(mark.size) > width * 0.6 ? ' left' : ''}`}
                  x={x(mark.size) + (x(mark.size) > width * 0.6 ? -10 : 10)}
                  y={Math.max(24, y(mark.value ?? 0) - 8)}
                >
                  {amount(mark.value ?? 0, unit)} at {labels[name] ?? name} {mark.size.toLocaleString('en-US')}
                </text>
              </>
            )}
          </svg>
        )}
      </div>
      {points.some(({ value }) => value === null) && (
        <p class="quiet">Where the line is broken, the model does not take the size.</p>
      )}
    </div>
  );
}

/** How far the axis goes: well beyond the size that is set, in round numbers. */
function reach(sheet: PageModel | undefined, name: string, at: number): number {
  const max = sheet?.program.symbols.find((s) => s.name === name)?.max ?? null;
  return Math.max(2, Math.min(max ?? Number.MAX_SAFE_INTEGER, 2 ** Math.ceil(Math.log2(Math.max(64, 2 * at)))));
}

function pointsOf(
  sheet: PageModel,
  name: string,
  most: number,
  what: string,
  sizes: Readonly<Record<string, number>>,
): Point[] {
  const { program, constraints, totals } = sheet;
  const min = program.symbols.find((s) => s.name === name)?.min ?? 1;
  const into = new Float64Array(program.formulas.length);
  // Sizes that networks take are multiples of 32 more often than not; the one that is set is there in any case.
  const step = most >= 2048 ? Math.max(32, Math.round(most / POINTS / 32) * 32) : most >= 256 ? 32 : 1;
  const all = new Set([sizes[name] ?? 1]);
  for (let n = Math.max(min, step); n <= most; n += step) all.add(n);
  return [...all]
    .sort((a, b) => a - b)
    .map((size) => {
      const at = runDims(
        program,
        program.symbols.map((s) => (s.name === name ? size : (sizes[s.name] ?? 1))),
        into,
      );
      const runs = constraints.every(({ kind, refs }) =>
        keepsAt(
          kind,
          refs.map((ref) => at[ref] ?? 0),
        ),
      );
      if (!runs) return { size, value: null };
      const value =
        what === 'macs'
          ? at[totals.macs]
          : what === 'flops'
            ? at[totals.flops]
            : what === 'peak'
              ? timelineOf(sheet, at).peak
              : (at[totals.readBytes] ?? 0) + (at[totals.writeBytes] ?? 0);
      return { size, value: value ?? 0 };
    });
}

function pathOf(points: readonly Point[], x: (n: number) => number, y: (v: number) => number): string {
  // A size that is refused between two that are taken breaks the line only where no others are near: models that take
  // every 32nd size are drawn through those.
  let d = '';
  let gap = true;
  for (const { size, value } of points) {
    if (value === null) {
      gap = true;
      continue;
    }
    d += `${gap ? 'M' : 'L'}${x(size).toFixed(1)},${y(value).toFixed(1)}`;
    gap = false;
  }
  return d;
}
