import { useState } from 'preact/hooks';
import { useAnswer } from '../../state/asking.js';
import { bindings, model } from '../../state/model.js';
import { ToolTable } from './tool-table.js';
import { Who } from './who-prints.js';

/** Which published number is this: every tool's number, and the steps from exact MACs to it. */
export function Conventions() {
  const [number, setNumber] = useState('');
  const { answer, wrong, waits } = useAnswer(
    model.value === null ? null : { kind: 'reconcile', slot: 'a', bind: bindings.value, number },
  );
  return (
    <div class={`reconcile${waits ? ' waits' : ''}`} aria-busy={waits}>
      <div class="asked">
        <label for="published">Which published number is this?</label>
        <input
          id="published"
          type="text"
          placeholder="4.1G, 8.2 GFLOPs, 25.6 M params"
          spellcheck={false}
          value={number}
          onInput={(event) => setNumber(event.currentTarget.value)}
        />
        <div role="status">
          {number.trim() === '' ? (
            <p class="quiet">
              Type it as it stands in the paper or in the tool’s output; the table shows how every tool arrives at its
              own.
            </p>
          ) : answer?.wrong != null ? (
            <p>
              {answer.wrong.message}. <span class="quiet">{answer.wrong.hint}</span>
            </p>
          ) : (
            answer?.who != null && <Who who={answer.who} />
          )}
        </div>
      </div>
      {wrong !== null && (
        <p class="refused" role="alert">
          {wrong}
        </p>
      )}
      {answer !== null && <ToolTable report={answer.report} />}
      {answer === null && wrong === null && <p class="quiet">Working it out …</p>}
    </div>
  );
}
