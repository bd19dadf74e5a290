import type { Roof } from '../../state/devices.js';
import type { Point } from '../../state/roofline.js';
import { flopsASecond, ratio } from '../../ui/numbers.js';
import { LinesAcross } from '../parts/axes.js';
import { DOT_SIZES, dotSize, MARGIN, type PlotScales, powersOfTen, roofPath } from './plot-scales.js';
import type { DotLabel } from './roofline-labels.js';

interface DrawingProps {
  readonly roof: Roof;
  readonly scales: PlotScales;
  readonly points: readonly Point[];
  readonly labels: readonly DotLabel[];
  readonly chosen: Point | undefined;
}

/** The axes, the roofs of all peaks of the device with the chosen one on top, and the layers as dots. */
export function PlotDrawing({ roof, scales, points, labels, chosen }: DrawingProps) {
  const { x, y, width, height } = scales;
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} data-drawing="roofline" aria-hidden="true">
      <Axes scales={scales} />
      <Roofs roof={roof} scales={scales} />
      <Dots scales={scales} points={points} />
      <Labels labels={labels} />
      {chosen !== undefined && <circle class="point-chosen" cx={x(chosen.intensity)} cy={y(chosen.rate)} r={9} />}
    </svg>
  );
}

function Axes({ scales: { x, y, intensities, rates, width, height } }: { readonly scales: PlotScales }) {
  const right = width - MARGIN.right;
  return (
    <>
      {powersOfTen(intensities).map((tick) => (
        <g key={tick} class="tick">
          <line x1={x(tick)} x2={x(tick)} y1={MARGIN.top} y2={height - MARGIN.bottom} />
          <text class="mid" x={x(tick)} y={height - MARGIN.bottom + 15}>
            {tick >= 1 ? tick.toLocaleString('en-US') : tick}
          </text>
        </g>
      ))}
      <LinesAcross
        ticks={powersOfTen(rates).map((at) => ({ at, text: flopsASecond(at) }))}
        y={y}
        left={MARGIN.left}
        right={right}
      />
      <text class="axis" x={right} y={height - 4}>
        FLOPs a byte
      </text>
    </>
  );
}

function Roofs({ roof: { peak, bandwidth, ridge }, scales }: Pick<DrawingProps, 'roof' | 'scales'>) {
  const { x, y, peaks, width, height } = scales;
  const top = y(peak.perSecond);
  const floor = height - MARGIN.bottom;
  return (
    <>
      {peaks
        .filter((p) => p.id !== peak.id)
        .map((p) => (
          <path
            key={p.id}
            class={`roof other${p.sparse ? ' sparse' : ''}`}
            d={roofPath(scales, bandwidth, p.perSecond)}
          />
        ))}
      <path class={`roof${peak.sparse ? ' sparse' : ''}`} d={roofPath(scales, bandwidth, peak.perSecond)} />
      <text class="roof-label" x={width - MARGIN.right - 2} y={top - 13}>
        {peak.id}: {flopsASecond(peak.perSecond)}
      </text>
      <line class="ridge" x1={x(ridge)} x2={x(ridge)} y1={top} y2={floor} />
      <text class="axis start" x={x(ridge) + 5} y={floor - 6}>
        ridge {ratio(ridge)}
      </text>
    </>
  );
}

/** One path for all dots of a size keeps thousands of them as quick as ten. */
function Dots({ scales: { x, y }, points }: Pick<DrawingProps, 'scales' | 'points'>) {
  const longest = points.reduce((most, p) => Math.max(most, p.time), 1e-30);
  return DOT_SIZES.map((size, i) => (
    <path
      key={size}
      class="points"
      stroke-width={size}
      d={points
        .filter((p) => dotSize(p.time / longest) === i)
        .map((p) => `M${x(p.intensity).toFixed(1)},${y(p.rate).toFixed(1)}h0`)
        .join('')}
    />
  ));
}

function Labels({ labels }: Pick<DrawingProps, 'labels'>) {
  return labels.map((label) => (
    <g key={label.id} class="dot-label">
      <line x1={label.dot.x} y1={label.dot.y} x2={label.x} y2={label.y - 4} />
      <text x={label.x} y={label.y} class={label.left ? 'left' : ''}>
        {label.text}
      </text>
    </g>
  ));
}
