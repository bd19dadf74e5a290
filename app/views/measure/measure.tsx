import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import {
  hasWebgpu,
  type Measurement,
  measure,
  measureFailure,
  measurement,
  measuring,
  stopMeasuring,
} from '../../state/measuring.js';
import { model } from '../../state/model.js';
import { bytes, count } from '../../ui/numbers.js';
import type { Provider } from '../../worker/measure.js';
import './measure.css';

const provider = signal<Provider>('wasm');

/** Runs the model here: how long it takes, how fast this machine is, and where the time goes. */
export function Measure() {
  const loaded = model.value;
  useEffect(() => stopMeasuring, []);
  if (loaded === null) return null;
  const now = measuring.value;
  const shown = measurement.value?.of === loaded ? measurement.value : null;
  return (
    <div class="measure">
      <div class="measure-bar">
        {now === null ? (
          <button type="button" onClick={() => void measure(loaded, provider.value)}>
            {shown === null ? 'Measure here' : 'Measure again'}
          </button>
        ) : (
          <button type="button" onClick={stopMeasuring}>
            Stop
          </button>
        )}
        {hasWebgpu && (
          <label>
            <span class="quiet">on</span>
            <select
              value={provider.value}
              disabled={now !== null}
              onChange={(event) => {
                provider.value = event.currentTarget.value as Provider;
              }}
            >
              <option value="wasm">WebAssembly</option>
              <option value="webgpu">WebGPU</option>
            </select>
          </label>
        )}
        <p role="status">{now === null ? '' : `${now} …`}</p>
      </div>
      {measureFailure.value !== null && (
        <p class="refused" role="alert">
          {measureFailure.value}
        </p>
      )}
      {shown === null ? (
        <p class="quiet">
          Runs the model on this machine, in this browser, at the sizes set above: its latency, frames a second, and the
          time of each operator beside its MACs. The model is read whole for it; nothing is uploaded.{' '}
          {self.crossOriginIsolated ? 'WebAssembly is slower than machine code' : 'The browser has one thread for it'},
          so a native runtime is faster: <code>opcount bench {loaded.sheet.model.name}</code>
        </p>
      ) : (
        <Result {...shown} />
      )}
    </div>
  );
}

function Result({ runtime, measured, missing, resized }: Measurement) {
  const { figures, kernels, inputs } = measured;
  return (
    <>
      <p class="quiet">
        {runtime}. {inputs.join('; ')}.
        {missing.tensors > 0 &&
          ` ${count(missing.tensors)} weights are not in the file (${bytes(missing.bytes)}): zeros in their place, which takes as long.`}
        {resized.length > 0 && ` The file states another size of ${resized.join(', ')}.`}
      </p>
      <dl class="measured">
        {figures.map(([label, figure, words]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <strong>{figure}</strong> <span>{words}</span>
            </dd>
          </div>
        ))}
      </dl>
      {kernels === null ? (
        <p class="quiet">This runtime does not tell the time of single operators.</p>
      ) : (
        <div class="scroll-x" tabIndex={0} role="region" aria-label="Time of each operator">
          <table class="tools kernels">
            <caption class="quiet">
              {kernels.seconds} of {kernels.whole} a run in kernels, means of {kernels.runs} profiled runs
            </caption>
            <thead>
              <tr>
                {kernels.columns.map(({ title, align }) => (
                  <th key={title} scope="col" class={align === 'right' ? 'r' : ''}>
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {kernels.rows.map(({ cells, share }, i) => (
                <tr key={i} style={{ '--share': share }}>
                  {cells.map((cell, column) =>
                    column === 0 ? (
                      <th key={column} scope="row">
                        {cell}
                      </th>
                    ) : (
                      <td key={column} class={kernels.columns[column]?.align === 'right' ? 'r' : ''}>
                        {cell}
                      </td>
                    ),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
