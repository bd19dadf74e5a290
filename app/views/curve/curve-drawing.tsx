import { useState } from 'preact/hooks';
import { amount } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import { roundTicks, ticksOf } from '../../ui/ticks.js';
import { LinesAcross, MarkedPoint, Quarters } from '../parts/axes.js';
import { type CurvePoint, curvePath, nearestPoint } from './curve-points.js';

/** How much higher than its highest point the axis of a curve goes. */
const HEADROOM = 1.06;
const [LEFT, RIGHT, TOP, BOTTOM] = [92, 14, 14, 30];

interface DrawingProps {
  readonly points: readonly CurvePoint[];
  /** The last size of the axis, and the size that is set. */
  readonly end: number;
  readonly size: number;
  readonly unit: 'count' | 'bytes';
  /** The cost, the dimension as sizes are bound by, and as it is shown. */
  readonly cost: string;
  readonly name: string;
  readonly label: string;
  readonly onSize: (size: number) => void;
}

/** The curve with the size that is set, or the one under the pointer, marked on it; a click sets the size. */
export function CurveDrawing({ points, end, size, unit, cost, name, label, onSize }: DrawingProps) {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const [over, setOver] = useState<number | null>(null);
  const top = Math.max(1, ...points.map(({ value }) => value ?? 0)) * HEADROOM;
  const wide = width - LEFT - RIGHT;
  const x = (n: number): number => LEFT + (wide * n) / end;
  const y = (v: number): number => TOP + (height - BOTTOM - TOP) * (1 - v / top);
  const sizeAt = (event: MouseEvent): number => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return ((event.clientX - box.left - LEFT) / wide) * end;
  };
  const mark = nearestPoint(points, over ?? size);
  const value = mark?.value ?? 0;
  const ticks = (unit === 'bytes' ? ticksOf : roundTicks)(top, 4);
  return (
    <div
      class="canvas plot"
      ref={ref}
      onPointerMove={(event) => setOver(sizeAt(event))}
      onPointerLeave={() => setOver(null)}
      onClick={(event) => {
        const point = nearestPoint(points, sizeAt(event));
        if (point !== null) onSize(point.size);
      }}
    >
      {width > 0 && (
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          data-drawing="curve"
          role="img"
          aria-label={`${cost} against ${name}: ${mark === null ? '' : `${amount(value, unit)} at ${mark.size}`}`}
        >
          <LinesAcross
            ticks={ticks.map((at) => ({ at, text: at === 0 ? '0' : amount(at, unit) }))}
            y={y}
            left={LEFT}
            right={width - RIGHT}
          />
          <Quarters most={end} x={x} y={height - 10} />
          <path class="curve-line" d={curvePath(points, x, y)} />
          {mark !== null && (
            <MarkedPoint
              x={x(mark.size)}
              y={y(value)}
              radius={4.5}
              text={`${amount(value, unit)} at ${label} ${mark.size.toLocaleString('en-US')}`}
              toLeft={x(mark.size) > width * 0.6}
              gap={10}
              textY={Math.max(24, y(value) - 8)}
            />
          )}
        </svg>
      )}
    </div>
  );
}
