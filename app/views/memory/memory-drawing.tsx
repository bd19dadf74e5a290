import type { Signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { NodeSheet } from '../../sheet.js';
import type { Timeline } from '../../state/memory.js';
import { floorAxis } from '../../ui/floor-axis.js';
import { bytes } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import { MarkedPoint } from '../parts/axes.js';
import { ByteTicks, Floor, pointing } from '../parts/moments.js';
import { areaPath, type Band, bandsOf } from './bands.js';

const [LEFT, TOP, BOTTOM] = [70, 12, 20];
/** Average width of a character of a band's name. */
const CHARACTER = 6.4;

interface DrawingProps {
  readonly nodes: readonly NodeSheet[];
  readonly line: Timeline;
  /** Bytes that are there all the time: the floor that the others stand on. */
  readonly base: number;
  /** The operator that is looked at. */
  readonly at: number;
  readonly moment: Signal<number | null>;
}

/** Bytes over the schedule, over bands of the upper modules, with the peak and the operator that is looked at. */
export function MemoryDrawing({ nodes, line, base, at, moment }: DrawingProps) {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const bands = useMemo(() => bandsOf(nodes), [nodes]);
  const n = line.bytes.length;
  const [w, h] = [Math.max(0, width - LEFT), Math.max(0, height - BOTTOM - TOP)];
  const x = (i: number): number => LEFT + (i / Math.max(1, n)) * w;
  const axis = floorAxis(base, line.peak, TOP, h);
  const { y } = axis;
  const peakY = y(line.peak + base);
  return (
    <div class="canvas plot" ref={ref} {...pointing(moment, n, LEFT, w)}>
      {width > 0 && n > 0 && (
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          data-drawing="memory"
          role="img"
          aria-label={`Live activations over ${n} operators; the peak is ${bytes(line.peak)}`}
        >
          <Bands bands={bands} x={x} height={h} textY={height - 6} />
          <ByteTicks axis={axis} left={LEFT} right={width} />
          <Floor axis={axis} left={LEFT} right={width} floor={base} what="weights" />
          <path class="area" d={areaPath(line.bytes, base, x, y, w)} />
          <line class="cursor" x1={x(at + 0.5)} x2={x(at + 0.5)} y1={TOP} y2={TOP + h} />
          <MarkedPoint
            x={x(line.at + 0.5)}
            y={peakY}
            text={`peak ${bytes(line.peak + base)}`}
            toLeft={x(line.at) > LEFT + w * 0.7}
            textY={peakY + 4}
          />
        </svg>
      )}
    </div>
  );
}

interface BandsProps {
  readonly bands: readonly Band[];
  readonly x: (operator: number) => number;
  readonly height: number;
  /** The base line of their names. */
  readonly textY: number;
}

function Bands({ bands, x, height, textY }: BandsProps) {
  return bands.map(({ name, from, to }, i) => {
    const [left, width] = [x(from), x(to + 1) - x(from)];
    return (
      <g key={name} class={i % 2 === 0 ? 'band' : 'band odd'}>
        <rect x={left} y={TOP} width={Math.max(0, width)} height={height} />
        {width > name.length * CHARACTER + 6 && (
          <text x={left + 3} y={textY}>
            {name}
          </text>
        )}
      </g>
    );
  });
}
