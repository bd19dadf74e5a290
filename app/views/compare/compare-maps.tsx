import type { PageModel } from '../../sheet.js';
import type { BothCounts, OneCount } from '../../state/compare.js';
import { intensities, intensitiesOf } from '../../state/intensities.js';
import { otherValues } from '../../state/model.js';
import { chosenPaint, intensityPaint, type Paint, type Side, sidesPaint } from '../../state/paint.js';
import { amount, knownAmount } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import { Tiles } from '../maps/tiles.js';
import { treemap } from '../maps/treemap-layout.js';
import { Legend } from '../parts/legend.js';

interface MapsProps {
  readonly a: PageModel;
  readonly b: PageModel;
  readonly by: BothCounts | undefined;
}

/** Narrower than this the drawings stand one below the other. */
const NARROW = 620;
const GAP = 20;
const MOST_HEIGHT = 280;

/** Both models as treemaps of one scale: the larger number has the larger drawing. */
export function Maps({ a, b, by }: MapsProps) {
  const [ref, { width }] = useSize<HTMLDivElement>();
  const heat = [intensities.value, intensitiesOf(b, otherValues.value)] as const;
  if (by === undefined) return null;
  const sides = sidesPaint([sideOf(a, by.left), sideOf(b, by.right)]);
  const paints = chosenPaint.value === 'intensity' ? heat.map(intensityPaint) : sides.paints;
  const [paint] = paints;
  const most = Math.max(by.left.total, by.right.total);
  const each = width < NARROW ? width : (width - GAP) / 2;
  const sheets = [
    { id: 'compare', sheet: a, count: by.left },
    { id: 'compare-with', sheet: b, count: by.right },
  ];
  return (
    <>
      <div class="maps" ref={ref}>
        {sheets.map(({ id, sheet, count }, i) => (
          <OneMap key={id} id={id} sheet={sheet} count={count} by={by} most={most} width={each} paint={paints[i]} />
        ))}
      </div>
      {paint !== undefined && (
        <Legend
          paint={paint}
          other={sides.by}
          graph={a.graph && b.graph && sides.paints.some(({ parts }) => parts.length > 0)}
          first={<span>area: {by.label}, one scale</span>}
        />
      )}
    </>
  );
}

interface MapProps {
  /** Of the drawing, when it is saved. */
  readonly id: string;
  readonly sheet: PageModel;
  readonly count: OneCount;
  readonly by: BothCounts;
  /** The larger of both totals, which has the whole drawing. */
  readonly most: number;
  readonly width: number;
  readonly paint: Paint | undefined;
}

function OneMap({ id, sheet, count: { nodes, total, partial }, by, most, width, paint }: MapProps) {
  const height = Math.min(MOST_HEIGHT, width * 0.5);
  const side = most === 0 ? 0 : Math.sqrt(total / most);
  const [w, h] = [width * side, height * side];
  const tiles = nodes === null || width <= 0 ? [] : treemap(sheet.nodes, nodes, 0, w, h, { fold: true });
  return (
    <figure style={{ width: `${width}px` }}>
      <figcaption>
        <b>{sheet.model.name}</b> {knownAmount(total, by.unit, partial)} {by.label}
      </figcaption>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" data-drawing={id}>
        <Tiles
          sheet={sheet}
          tiles={tiles}
          whole={total}
          chosen={null}
          paint={paint?.of ?? String}
          text={(value) => amount(value, by.unit)}
        />
      </svg>
    </figure>
  );
}

function sideOf(sheet: PageModel, { nodes }: OneCount): Side {
  return { sheet, value: nodes ?? new Float64Array(sheet.nodes.length) };
}
