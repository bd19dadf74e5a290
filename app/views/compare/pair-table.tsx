import { select } from '../../state/view.js';
import { className, count, knownAmount } from '../../ui/numbers.js';
import { deltaOf } from './delta.js';
import { type CountedPair, differenceOf, type OneSide } from './pairs.js';

/** Rows beyond this many are not drawn; a smaller depth shows the same in fewer. */
const MOST_ROWS = 1500;

interface PairTableProps {
  /** Names of the models. */
  readonly a: string;
  readonly b: string;
  readonly rows: readonly CountedPair[];
}

/** Modules side by side, a row for each pair, and for each module that only one model has. */
export function PairTable({ a, b, rows }: PairTableProps) {
  const most = Math.max(1, ...rows.map(({ left, right }) => Math.abs(differenceOf(left, right) ?? 0)));
  return (
    <>
      <div class="scroll-x" tabIndex={0} role="region" aria-label="Modules side by side">
        <table class="pairs">
          <thead>
            <tr>
              <th scope="col">module</th>
              <SideHead name={a} />
              <SideHead name={b} />
              <th scope="col" class="r">
                Δ
              </th>
              <th scope="col" class="wide">
                <span class="unseen">difference</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map((row) => (
              <PairRow
                key={`${row.level} ${row.a?.node.path ?? row.b?.node.path ?? ''} ${row.name}`}
                row={row}
                most={most}
              />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > MOST_ROWS && (
        <p class="quiet">
          The first {MOST_ROWS.toLocaleString('en-US')} of {rows.length.toLocaleString('en-US')} rows: fewer levels show
          the rest.
        </p>
      )}
    </>
  );
}

/** The heads of a model's two columns: the class of a module, and its count. */
function SideHead({ name }: { readonly name: string }) {
  return (
    <>
      <th scope="col" class="wide">
        <span class="unseen">class in {name}</span>
      </th>
      <th scope="col" class="r side">
        {name}
      </th>
    </>
  );
}

interface PairRowProps {
  readonly row: CountedPair;
  /** The largest difference of all rows. */
  readonly most: number;
}

/** Two modules that stand for each other, or one that the other model does not have. */
function PairRow({ row: { name, level, a, b, left, right }, most }: PairRowProps) {
  const difference = differenceOf(left, right);
  const delta = deltaOf(difference, 'count');
  const otherName = a !== null && b !== null && b.node.name !== a.node.name ? b.node.name : '';
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
        {otherName !== '' && <small class="narrow"> {otherName}</small>}
      </th>
      <td class="quiet wide">{a === null ? '' : className(a.node.type)}</td>
      <td class="r">
        <Amount side={left} />
      </td>
      <td class="quiet wide">
        {b === null ? '' : className(b.node.type)}
        {otherName !== '' && <small> {otherName}</small>}
      </td>
      <td class="r">
        <Amount side={right} />
      </td>
      <td class={`r delta ${delta.state}`} title={delta.words}>
        {delta.text}
      </td>
      <td class="diverge wide" aria-hidden="true">
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
