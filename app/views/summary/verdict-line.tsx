import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { PageModel } from '../../sheet.js';
import { needDevices, roof } from '../../state/devices.js';
import { uncountedIn } from '../../state/measure.js';
import { model } from '../../state/model.js';
import { settled } from '../../state/settled.js';
import { select } from '../../state/view.js';
import { percent } from '../../ui/numbers.js';
import { brief } from '../../ui/text.js';
import { ToView } from '../parts/to-view.js';

/** In short: hottest layers, operator types, what repeats, what waits for memory, and how much was counted. */
export function VerdictLine() {
  const sheet = model.value?.sheet;
  const graph = sheet?.graph ?? false;
  useEffect(() => {
    if (!graph) return;
    const timer = setTimeout(() => void needDevices(), 400);
    return () => clearTimeout(timer);
  }, [graph]);
  if (sheet === undefined) return null;
  const { types, repeats } = settled.value.verdict;
  return (
    <dl class="verdict" aria-label="In short">
      <Hottest />
      {types.length > 0 && (
        <Line title="By type">{types.map(({ type, share }) => `${brief(type)} ${percent(share, 1)}`).join(', ')}</Line>
      )}
      {repeats.length > 0 && (
        <Line title="What repeats">
          {repeats.map(({ type, copies, share }) => `${copies} × ${brief(type)}, ${percent(share, 1)}`).join('; ')}
        </Line>
      )}
      {graph && <BoundByMemory />}
      {graph && <Counted sheet={sheet} />}
    </dl>
  );
}

function Line({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Hottest() {
  const { hottest } = settled.value.verdict;
  if (hottest.length === 0) return null;
  return (
    <Line title="Most in one layer">
      {hottest.map(({ id, name, share }, i) => (
        <span key={id}>
          {i > 0 && ', '}
          <button type="button" class="bare" title={name} onClick={() => select(id)}>
            {brief(name)}
          </button>{' '}
          {percent(share, 1)}
        </span>
      ))}
    </Line>
  );
}

function BoundByMemory() {
  const now = roof.value;
  const { time, memoryTime } = settled.value.bound;
  if (now === null || time <= 0) return null;
  return (
    <Line title="Bound by memory">
      {memoryTime === 0 ? '0 %' : percent(memoryTime, time)} of the time on {now.device.name}, {now.peak.id}{' '}
      <ToView id="roofline">another device</ToView>
    </Line>
  );
}

function Counted({ sheet }: { readonly sheet: PageModel }) {
  const { nodes } = sheet.coverage;
  const unknown = uncountedIn(sheet);
  return (
    <div class={`figure coverage${unknown > 0 ? ' bad' : ''}`}>
      <dt class="label">Counted</dt>
      <dd>
        <strong>
          {unknown === 0 ? 'all' : `${(nodes - unknown).toLocaleString('en-US')} of`} {nodes.toLocaleString('en-US')}
        </strong>{' '}
        <span class="digits">{nodes === 1 ? 'operator' : 'operators'}</span>
      </dd>
    </div>
  );
}
