import { uncountedIn } from '../../state/measure.js';
import { model } from '../../state/model.js';
import { Gap } from './gap.js';
import { FormulaFile, GivenFormulas } from './given-formulas.js';

/** The operators that the numbers leave out, with a form for their formulas. */
export function Uncounted() {
  const sheet = model.value?.sheet;
  if (sheet === undefined) return null;
  if (sheet.coverage.unknown.length === 0) return <GivenFormulas />;
  const n = uncountedIn(sheet);
  return (
    <details class="uncounted" open>
      <summary>
        <b>
          Not counted: {n.toLocaleString('en-US')} {n === 1 ? 'operator' : 'operators'}
        </b>{' '}
        ({sheet.coverage.unknown.map((gap) => `${gap.op}${gap.nodes > 1 ? ` ×${gap.nodes}` : ''}`).join(', ')}). The
        numbers above leave them out.
      </summary>
      <div class="gaps">
        {sheet.coverage.unknown.map((gap) => (
          <div key={`${gap.op} ${gap.why}`}>
            <h3>
              {gap.op}
              {gap.nodes > 1 && ` ×${gap.nodes}`}
            </h3>
            <Gap type={gap.op} why={gap.why} op={sheet.ops.find((op) => op.type === gap.op && op.gap !== null)} />
          </div>
        ))}
      </div>
      <FormulaFile />
      <GivenFormulas />
    </details>
  );
}
