/** Parts of drawings with axes: lines across at round numbers, sizes along the lower edge, and a point with its label. */

interface LinesProps {
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  readonly y: (value: number) => number;
  readonly left: number;
  readonly right: number;
}

/** A line across the drawing for each tick, its text to the left. */
export function LinesAcross({ ticks, y, left, right }: LinesProps) {
  return ticks.map(({ at, text }) => (
    <g key={at} class="tick">
      <line x1={left} x2={right} y1={y(at)} y2={y(at)} />
      <text x={left - 8} y={y(at) + 4}>
        {text}
      </text>
    </g>
  ));
}

interface QuartersProps {
  readonly most: number;
  readonly x: (size: number) => number;
  /** The base line of the text. */
  readonly y: number;
}

/** Sizes at the quarters of a linear axis from 0 to `most`. */
export function Quarters({ most, x, y }: QuartersProps) {
  return [0, 0.25, 0.5, 0.75, 1].map((part) => (
    <text key={part} class="axis" style={{ textAnchor: part === 1 ? 'end' : 'middle' }} x={x(most * part)} y={y}>
      {Math.round(most * part).toLocaleString('en-US')}
    </text>
  ));
}

interface MarkedPointProps {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  /** The label stands to the left of the point, where there is no room to its right. */
  readonly toLeft: boolean;
  /** From the point to the label's edge and to its base line. */
  readonly gap?: number;
  readonly textY: number;
  readonly radius?: number;
}

export function MarkedPoint({ x, y, text, toLeft, gap = 9, textY, radius = 4 }: MarkedPointProps) {
  return (
    <>
      <circle class="peak" cx={x} cy={y} r={radius} />
      <text class={`peak-label${toLeft ? ' left' : ''}`} x={x + (toLeft ? -gap : gap)} y={textY}>
        {text}
      </text>
    </>
  );
}
