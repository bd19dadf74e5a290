import type { PageModel } from '../../sheet.js';
import type { BothCounts } from '../../state/compare.js';
import { knownAmount } from '../../ui/numbers.js';
import { deltaOf } from './delta.js';
import { differenceOf } from './pairs.js';

interface TotalsProps {
  readonly a: PageModel;
  readonly b: PageModel;
  readonly counts: readonly BothCounts[];
}

/** The totals of both models, their difference and ratio. */
export function Totals({ a, b, counts }: TotalsProps) {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Totals side by side">
      <table class="pairs totals" aria-label="Totals of both models">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">count</span>
            </th>
            {[a.model.name, b.model.name, 'Δ', 'ratio'].map((title, i) => (
              <th key={i} scope="col" class="r">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counts.map((count) => (
            <TotalRow key={count.id} {...count} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TotalRow({ label, left, right, unit }: BothCounts) {
  const delta = deltaOf(differenceOf({ ...left, value: left.total }, { ...right, value: right.total }), unit);
  const open = left.partial || right.partial || left.total === 0;
  return (
    <tr class={delta.state}>
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
}
