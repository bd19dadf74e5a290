import type { PageModel } from '../../sheet.js';
import type { BothCounts } from '../../state/compare.js';
import { otherValues } from '../../state/model.js';
import { chosenPaint, intensityPaint, type Side, sidesPaint } from '../../state/paint.js';
import { intensities, intensitiesOf } from '../../ui/heat.js';
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

/** Both models as treemaps of one scale: the larger number has the larger drawing. */
export function Maps({ a, b, by }: MapsProps) {
  const [ref, { width }] = useSize<HTMLDivElement>();
  const heat = [intensities.value, intensitiesOf(b, otherValues.value)] as const;
  if (by === undefined) return null;
  const sides = sidesPaint([sideOf(a, by.left), sideOf(b, by.right)]);
  const paints = chosenPaint.value === 'intensity' ? heat.map(intensityPaint) : sides.paints;
  const [paint] = paints;
  const most = Math.max(by.left.total, by.right.total);
  const narrow = width < 620;
  const each = narrow ? width : (width - 20) / 2;
  const high = Math.min(280, each * 0.5);
  return (
    <>
      <div class="maps" ref={ref}>
        {([a, b] as const).map((sheet, i) => {
          const { nodes, total, partial } = i === 0 ? by.left : by.right;
          // Areas of both drawings are of one scale.
          const side = most === 0 ? 0 : Math.sqrt(total / most);
          const [w, h] = [each * side, high * side];
          const tiles = nodes === null || width === 0 ? [] : treemap(sheet.nodes, nodes, 0, w, h, { fold: true });
          return (
            <figure key={i === 0 ? 'left' : 'right'} style={{ width: `${each}px` }}>
              <figcaption>
                <b>{sheet.model.name}</b> {knownAmount(total, by.unit, partial)} {by.label}
              </figcaption>
              <svg
                width={each}
                height={high}
                viewBox={`0 0 ${each} ${high}`}
                aria-hidden="true"
                data-drawing={i === 0 ? 'compare' : 'compare-with'}
              >
                <Tiles
                  sheet={sheet}
                  tiles={tiles}
                  whole={total}
                  chosen={null}
                  paint={paints[i]?.of ?? String}
                  text={(value) => amount(value, by.unit)}
                />
              </svg>
            </figure>
          );
        })}
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

function sideOf(sheet: PageModel, { nodes }: BothCounts['left']): Side {
  return { sheet, value: nodes ?? new Float64Array(sheet.nodes.length) };
}
