import { useEffect } from 'preact/hooks';
import { needDevices, roof } from '../../state/devices.js';
import { uncountedIn } from '../../state/measure.js';
import { model } from '../../state/model.js';
import { settled } from '../../state/settled.js';
import { select } from '../../state/view.js';
import { percent } from '../../ui/numbers.js';
import { brief } from '../../ui/text.js';
import { ToView } from '../parts/to-view.js';

/** Hottest layers, operator types, what repeats, and what waits for memory. */
export function VerdictLine() {
  const sheet = model.value?.sheet;
  const graph = sheet?.graph ?? false;
  useEffect(() => {
    if (!graph) return;
    const timer = setTimeout(() => void needDevices(), 400);
    return () => clearTimeout(timer);
  }, [graph]);
  if (sheet === undefined) return null;
  const { verdict, bound } = settled.value;
  const { hottest, types, repeats } = verdict;
  const now = roof.value;
  const share = (n: number): string => percent(n, 1);
  const { coverage } = sheet;
  const unknown = uncountedIn(sheet);
  return (
    <dl class="verdict" aria-label="In short">
      {hottest.length > 0 && (
        <div>
          <dt>Most in one layer</dt>
          <dd>
            {hottest.map(({ id, name, share: own }, i) => (
              <span key={id}>
                {i > 0 && ', '}
                <button type="button" class="bare" title={name} onClick={() => select(id)}>
                  {brief(name)}
                </button>{' '}
                {share(own)}
              </span>
            ))}
          </dd>
        </div>
      )}
      {types.length > 0 && (
        <div>
          <dt>By type</dt>
          <dd>{types.map(({ type, share: own }) => `${brief(type)} ${share(own)}`).join(', ')}</dd>
        </div>
      )}
      {repeats.length > 0 && (
        <div>
          <dt>What repeats</dt>
          <dd>
            {repeats.map(({ type, copies, share: own }) => `${copies} × ${brief(type)}, ${share(own)}`).join('; ')}
          </dd>
        </div>
      )}
      {graph && now !== null && bound.time > 0 && (
        <div>
          <dt>Bound by memory</dt>
          <dd>
            {bound.memoryTime === 0 ? '0 %' : percent(bound.memoryTime, bound.time)} of the time on {now.device.name},{' '}
            {now.peak.id} <ToView id="roofline">another device</ToView>
          </dd>
        </div>
      )}
      {graph && (
        <div class={`figure coverage${unknown > 0 ? ' bad' : ''}`}>
          <dt class="label">Counted</dt>
          <dd>
            <strong>
              {unknown === 0 ? 'all' : `${(coverage.nodes - unknown).toLocaleString('en-US')} of`}{' '}
              {coverage.nodes.toLocaleString('en-US')}
            </strong>{' '}
            <span class="digits">{coverage.nodes === 1 ? 'operator' : 'operators'}</span>
          </dd>
        </div>
      )}
    </dl>
  );
}
