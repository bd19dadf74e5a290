import { model, rereadable } from '../../state/model.js';
import { settled } from '../../state/settled.js';
import { MANY_OPERATORS, refreshTools, toolPrints } from '../../state/tools.js';
import { convention } from '../../state/view.js';
import { stated } from '../../ui/numbers.js';
import { ToView } from '../parts/to-view.js';

/** What each tool prints of this model at these sizes; a tool is chosen by a click. */
export function ToolStrip() {
  const ops = model.value?.sheet.ops.length ?? 0;
  const { printed: tools, macs: exact } = settled.value;
  if (tools.length === 0)
    return (
      <div class="strip">
        <h2>What each tool prints</h2>
        {ops > MANY_OPERATORS && toolPrints.value === null ? (
          <p>
            <button type="button" onClick={refreshTools}>
              Work it out
            </button>{' '}
            <span class="quiet">{ops.toLocaleString('en-US')} operators, some seconds</span>
          </p>
        ) : (
          <p class="quiet">Working it out …</p>
        )}
      </div>
    );
  return (
    <div class="strip">
      <h2>What each tool prints</h2>
      <ul>
        {tools.map((tool) => {
          const [first, ...more] = tool.printed;
          const same = tool.printed.some(({ unit, value }) => unit === 'mac' && value === exact);
          return (
            <li key={tool.id} class={convention.value === tool.id ? 'on' : ''}>
              <button
                type="button"
                class="bare"
                aria-pressed={convention.value === tool.id}
                disabled={first === undefined || !rereadable.value}
                title={tool.fails ?? `${tool.title} ${tool.version}`}
                onClick={() => {
                  convention.value = convention.value === tool.id ? 'exact' : tool.id;
                }}
              >
                {tool.id}
              </button>
              {first === undefined ? (
                <span class="quiet">fails on this model</span>
              ) : (
                <span>
                  <b>{stated(first.value, 'count')}</b> <small>{unitOf(first.unit, first.name)}</small>
                  {more
                    .filter(({ unit }) => unit === 'mac' || unit === 'flop')
                    .slice(0, 1)
                    .map((m) => (
                      <span key={m.name} class="also">
                        <b>{stated(m.value, 'count')}</b> <small>{unitOf(m.unit, m.name)}</small>
                      </span>
                    ))}
                  {same && <i title="the same number of MACs as opcount">=</i>}
                </span>
              )}
            </li>
          );
        })}
      </ul>
      <p hidden={!rereadable.value}>
        <ToView id="conventions">Why they differ</ToView>
      </p>
    </div>
  );
}

function unitOf(unit: string, name: string): string {
  return unit === 'mac' ? 'MACs' : unit === 'flop' ? 'FLOPs' : name;
}
