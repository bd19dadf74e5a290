import { start } from '../../state/model.js';
import { convention } from '../../state/view.js';
import { count, formula } from '../../ui/numbers.js';
import type { Reconciled } from '../../worker/protocol.js';

type Report = Reconciled['report'];
type Tool = Report['tools'][number];
type ToolCount = Tool['counts'][number];
/** A formula where sizes are left free. */
type Amount = bigint | string;

/** Every tool's numbers, each with the steps that lead to it from the exact MACs. */
export function ToolTable({ report }: { readonly report: Report }) {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Every tool’s numbers">
      <table class="tools">
        <thead>
          <tr>
            <th scope="col">tool</th>
            <th scope="col" class="r">
              prints
            </th>
            <th scope="col">the unit is</th>
            <th scope="col">from {show(report.exact.macs)} exact MACs by</th>
            <th scope="col" class="r">
              params
            </th>
            <th scope="col">
              <span class="unseen">use</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {report.tools.map((tool) => (
            <ToolRows key={tool.id} tool={tool} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A row for each count of a tool; its name, parameters and button are in the first. */
function ToolRows({ tool }: { readonly tool: Tool }) {
  const rows = tool.counts.length === 0 ? [null] : tool.counts;
  return rows.map((own, i) => (
    <tr key={own?.name ?? ''} class={i === 0 ? 'first' : ''}>
      {i === 0 && <ToolName tool={tool} rows={rows.length} />}
      {own === null ? (
        <td colSpan={3} class="fails quiet">
          fails: {tool.fails}
        </td>
      ) : (
        <CountCells own={own} />
      )}
      {i === 0 && (
        <>
          <td class="params r" rowSpan={rows.length}>
            {show(tool.params)}
            {tool.paramsDifference !== 0n && <div class="digits">{signed(tool.paramsDifference)}</div>}
          </td>
          <td class="use" rowSpan={rows.length}>
            <UseButton id={tool.id} />
          </td>
        </>
      )}
    </tr>
  ));
}

function ToolName({ tool, rows }: { readonly tool: Tool; readonly rows: number }) {
  const listed = start.value?.conventions.find(({ id }) => id === tool.id);
  return (
    <th scope="row" rowSpan={rows}>
      {tool.id} <small>{tool.version}</small>
      <details>
        <summary>rule</summary>
        <p>{listed?.words}</p>
        <p class="quiet">{listed?.source}</p>
      </details>
    </th>
  );
}

function CountCells({ own }: { readonly own: ToolCount }) {
  return (
    <>
      <td class="prints r">
        <b>{show(own.value)}</b> <small>{own.name}</small>
        <div class="digits">{long(own.value)}</div>
      </td>
      <td class="unit">{own.unit === 'mac' ? 'MACs' : 'FLOPs'}</td>
      <td class="by">
        {own.terms.length === 0 ? (
          <span class="quiet">nothing: it is exact</span>
        ) : (
          <ul class="terms">
            {own.terms.map((term) => (
              <li key={`${term.term} ${term.words}`}>
                <b>{signed(term.amount)}</b> {term.words} <span class="quiet">{layersOf(term.on)}</span>
              </li>
            ))}
          </ul>
        )}
      </td>
    </>
  );
}

/** Has the whole page show this tool's numbers. */
function UseButton({ id }: { readonly id: string }) {
  const shown = convention.value === id;
  return (
    <button
      type="button"
      class="plain"
      aria-pressed={shown}
      onClick={() => {
        convention.value = id;
      }}
    >
      {shown ? 'shown' : 'show'}
    </button>
  );
}

function show(n: Amount): string {
  return typeof n === 'string' ? formula(n) : count(Number(n));
}

/** All digits; of a formula there are none. */
function long(n: Amount): string {
  return typeof n === 'string' ? '' : n.toLocaleString('en-US');
}

function signed(n: Amount): string {
  if (typeof n === 'string') return formula(n);
  return n < 0n ? `− ${count(Number(-n))}` : `+ ${count(Number(n))}`;
}

/** The layers that a term is about, the first few of them. */
function layersOf(on: Readonly<Record<string, number>>): string {
  const all = Object.entries(on);
  const some = all.slice(0, 4).map(([name, n]) => (n > 1 ? `${name} ×${n}` : name));
  return all.length === 0 ? '' : `(${some.join(', ')}${all.length > 4 ? ' …' : ''})`;
}
