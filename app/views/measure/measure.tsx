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
import { type Loaded, model } from '../../state/model.js';
import { bytes, count } from '../../ui/numbers.js';
import type { Provider } from '../../worker/measure.js';
import type { Measured } from '../../worker/protocol.js';
import './measure.css';

const provider = signal<Provider>('wasm');

/** Runs the model here: how long it takes, how fast this machine is, and where the time goes. */
export function Measure() {
  const loaded = model.value;
  useEffect(() => stopMeasuring, []);
  if (loaded === null) return null;
  const shown = measurement.value?.of === loaded ? measurement.value : null;
  const wrong = measureFailure.value?.of === loaded ? measureFailure.value.words : null;
  return (
    <div class="measure">
      <Controls loaded={loaded} again={shown !== null} />
      {wrong !== null && (
        <p class="refused" role="alert">
          {wrong}
        </p>
      )}
      {shown === null ? <Before name={loaded.sheet.model.name} /> : <Result {...shown} />}
    </div>
  );
}

/** Starts and stops a measurement, and says how far it is. */
function Controls({ loaded, again }: { readonly loaded: Loaded; readonly again: boolean }) {
  const now = measuring.value;
  return (
    <div class="measure-bar">
      {now === null ? (
        <button type="button" onClick={() => void measure(loaded, provider.value)}>
          {again ? 'Measure again' : 'Measure here'}
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
  );
}

function Before({ name }: { readonly name: string }) {
  return (
    <p class="quiet">
      Runs the model on this machine, in this browser, at the sizes set above: its latency, frames a second, and the
      time of each operator beside its MACs. The model is read whole for it; nothing is uploaded.{' '}
      {self.crossOriginIsolated ? 'WebAssembly is slower than machine code' : 'The browser has one thread for it'}, so a
      native runtime is faster: <code>opcount bench {name}</code>
    </p>
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
        <Kernels {...kernels} />
      )}
    </>
  );
}

/** The time of each kernel of the runtime, beside the work of its operators. */
function Kernels({ columns, rows, seconds, whole, runs }: NonNullable<Measured['kernels']>) {
  const style = (column: number): string => (columns[column]?.align === 'right' ? 'r' : '');
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Time of each operator">
      <table class="tools kernels">
        <caption class="quiet">
          {seconds} of {whole} a run in kernels, means of {runs} profiled runs
        </caption>
        <thead>
          <tr>
            {columns.map(({ title }, column) => (
              <th key={title} scope="col" class={style(column)}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ cells: [name, ...cells], share }, i) => (
            <tr key={i} style={{ '--share': share }}>
              <th scope="row">{name}</th>
              {cells.map((cell, j) => (
                <td key={j} class={style(j + 1)}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
