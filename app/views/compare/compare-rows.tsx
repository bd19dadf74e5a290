import type { PageModel } from '../../sheet.js';
import type { BothCounts, Tree } from '../../state/compare.js';
import { select } from '../../state/view.js';
import { amount, className, count, digits, knownAmount } from '../../ui/numbers.js';

/** What one of two modules has of a count, and whether that is all of it. */
export interface OneSide {
  readonly value: number;
  readonly partial: boolean;
}

/** How much more the second has, which has nothing of what is not there; null where one of them leaves something out. */
export function differenceOf(left: OneSide | null, right: OneSide | null): number | null {
  if (left?.partial === true || right?.partial === true) return null;
  return (right?.value ?? 0) - (left?.value ?? 0);
}

function deltaOf(delta: number | null, unit: 'count' | 'bytes') {
  if (delta === null) return { text: '?', words: 'not known: operators without a formula are left out', state: 'same' };
  if (delta === 0) return { text: '=', words: 'the same', state: 'same' };
  return {
    text: `${delta > 0 ? '+' : '−'}${amount(Math.abs(delta), unit)}`,
    words: digits(delta),
    state: delta > 0 ? 'more' : 'less',
  };
}

interface PairRowProps {
  readonly row: {
    readonly name: string;
    readonly level: number;
    readonly a: Tree | null;
    readonly b: Tree | null;
    readonly left: OneSide | null;
    readonly right: OneSide | null;
  };
  /** The largest difference of all rows. */
  readonly most: number;
}

/** Two modules that stand for each other, or one that the other model does not have. */
export function PairRow({ row: { name, level, a, b, left, right }, most }: PairRowProps) {
  const difference = differenceOf(left, right);
  const delta = deltaOf(difference, 'count');
  return (
    <tr class={left === null ? 'added' : right === null ? 'gone' : delta.state}>
      <th scope="row" style={{ paddingLeft: `${(level - 1) * 16}px` }}>
        {a === null ? (
          (b?.node.name ?? name)
        ) : (
          <button type="button" class="bare" onClick={() => select(a.node.id)}>
            {name}
          </button>
        )}
      </th>
      <td class="quiet">{a === null ? '' : className(a.node.type)}</td>
      <td class="r">
        <Amount side={left} />
      </td>
      <td class="quiet">
        {b === null ? '' : className(b.node.type)}
        {a !== null && b !== null && b.node.name !== a.node.name && <small> {b.node.name}</small>}
      </td>
      <td class="r">
        <Amount side={right} />
      </td>
      <td class={`r delta ${delta.state}`} title={delta.words}>
        {delta.text}
      </td>
      <td class="diverge" aria-hidden="true">
        {difference !== null && difference !== 0 && (
          <i style={{ width: `${(50 * Math.abs(difference)) / most}%`, [difference < 0 ? 'right' : 'left']: '50%' }} />
        )}
      </td>
    </tr>
  );
}

function Amount({ side }: { readonly side: OneSide | null }) {
  if (side === null) return <span class="quiet">not there</span>;
  return <>{side.partial ? knownAmount(side.value, 'count', true) : count(side.value)}</>;
}

interface TotalsProps {
  readonly a: PageModel;
  readonly b: PageModel;
  readonly counts: readonly BothCounts[];
}

export function Totals({ a, b, counts }: TotalsProps) {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Totals side by side">
      <table class="pairs totals" aria-label="Totals of both models">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">count</span>
            </th>
            <th scope="col" class="r">
              {a.model.name}
            </th>
            <th scope="col" class="r">
              {b.model.name}
            </th>
            <th scope="col" class="r">
              Δ
            </th>
            <th scope="col" class="r">
              ratio
            </th>
          </tr>
        </thead>
        <tbody>
          {counts.map(({ id, label, left, right, unit }) => {
            const delta = deltaOf(differenceOf({ ...left, value: left.total }, { ...right, value: right.total }), unit);
            const open = left.partial || right.partial || left.total === 0;
            return (
              <tr key={id} class={delta.state}>
                <th scope="row">{label}</th>
                <td class="r">
                  <b>{knownAmount(left.total, unit, left.partial)}</b>
                </td>
                <td class="r">
                  <b>{knownAmount(right.total, unit, right.partial)}</b>
                </td>
                <td class="r delta" title={delta.words}>
                  {delta.text}
                </td>
                <td class="r">{open ? '–' : `${(right.total / left.total).toFixed(3)} ×`}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
