import { model, rereadable } from '../../state/model.js';
import { settled } from '../../state/settled.js';
import {
  MANY_OPERATORS,
  type PrintedCount,
  type PrintedTool,
  refreshTools,
  toolPrints,
  toolsFailure,
} from '../../state/tools.js';
import { convention } from '../../state/view.js';
import { stated } from '../../ui/numbers.js';
import { ToView } from '../parts/to-view.js';

/** The numbers that each tool prints for this model at these sizes; a click chooses the tool. */
export function ToolStrip() {
  const { printed: tools, macs } = settled.value;
  const failed = toolsFailure.value?.of === model.value ? toolsFailure.value : null;
  return (
    <div class="strip">
      <h2>What each tool prints</h2>
      {failed !== null ? (
        <NotWorkedOut why={failed.why} />
      ) : tools.length === 0 ? (
        <WorkItOut />
      ) : (
        <>
          <ul>
            {tools.map((tool) => (
              <ToolItem key={tool.id} tool={tool} exact={macs} />
            ))}
          </ul>
          <p hidden={!rereadable.value}>
            <ToView id="conventions">Why they differ</ToView>
          </p>
        </>
      )}
    </div>
  );
}

/** Large models are asked about only when somebody wants to know. */
function WorkItOut() {
  const ops = model.value?.sheet.ops.length ?? 0;
  if (ops <= MANY_OPERATORS || toolPrints.value !== null) return <p class="quiet">Working it out …</p>;
  return (
    <p>
      <button type="button" onClick={refreshTools}>
        Work it out
      </button>{' '}
      <span class="quiet">{ops.toLocaleString('en-US')} operators, some seconds</span>
    </p>
  );
}

function NotWorkedOut({ why }: { readonly why: string }) {
  return (
    <p role="alert">
      <span class="refused">It could not be worked out: {why}</span>{' '}
      <button type="button" onClick={refreshTools}>
        Try again
      </button>
    </p>
  );
}

interface ToolProps {
  readonly tool: PrintedTool;
  /** The exact MACs, to mark a tool that prints the same. */
  readonly exact: number;
}

function ToolItem({ tool, exact }: ToolProps) {
  const [first, ...more] = tool.printed;
  const chosen = convention.value === tool.id;
  const also = more.find(({ unit }) => unit === 'mac' || unit === 'flop');
  const same = tool.printed.some(({ unit, value }) => unit === 'mac' && value === exact);
  return (
    <li class={chosen ? 'on' : ''}>
      <button
        type="button"
        class="bare"
        aria-pressed={chosen}
        disabled={first === undefined || !rereadable.value}
        title={tool.fails ?? `${tool.title} ${tool.version}`}
        onClick={() => {
          convention.value = chosen ? 'exact' : tool.id;
        }}
      >
        {tool.id}
      </button>
      {first === undefined ? (
        <span class="quiet">fails on this model</span>
      ) : (
        <span>
          <Count own={first} />
          {also !== undefined && (
            <span class="also">
              <Count own={also} />
            </span>
          )}
          {same && <i title="the same number of MACs as opcount">=</i>}
        </span>
      )}
    </li>
  );
}

function Count({ own: { value, unit, name } }: { readonly own: PrintedCount }) {
  return (
    <>
      <b>{stated(value, 'count')}</b> <small>{unitOf(unit, name)}</small>
    </>
  );
}

function unitOf(unit: string, name: string): string {
  return unit === 'mac' ? 'MACs' : unit === 'flop' ? 'FLOPs' : name;
}
