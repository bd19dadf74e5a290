import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { numberOf, useAnswer } from '../../state/asking.js';
import { devices, devicesMissing, listedDevices, needDevices } from '../../state/devices.js';
import { model } from '../../state/model.js';
import { DevicesMissing } from '../parts/devices-missing.js';
import { Ladder } from '../parts/ladder.js';
import { Pick } from '../parts/pick.js';
import { Served } from './served.js';

/** Null until somebody chooses one; the answer says which was taken. */
const context = signal<number | null>(null);
const USUAL_CONTEXT = 4096;
const MOST = 2 ** 31;
const batch = signal(1);
const weights = signal('');
const cache = signal('');

const WEIGHTS = ['fp32', 'bf16', 'fp8', 'int8', 'int4', 'q8_0', 'q6_k', 'q5_k', 'q4_k', 'q3_k', 'q2_k'] as const;
const CACHES = ['fp32', 'bf16', 'fp8', 'int8', 'q8_0', 'q4_0', 'int4'] as const;

/** The choice of a number format; the empty one leaves it as the file has it. */
function formats(all: readonly string[]): [string, string][] {
  return [['', 'as in the file'], ...all.map((name): [string, string] => [name, name])];
}

/** The cost of serving a language model: prefill and decode, the cache against the context, and what each device allows. */
export function Serving() {
  useEffect(() => void needDevices(), []);
  const positions = model.value?.sheet.positions ?? null;
  const chosen = context.value === null ? null : Math.min(context.value, positions ?? MOST);
  const { answer, wrong, waits } = useAnswer(servingRequest(chosen));
  const tokens = chosen ?? numberOf(answer?.context) ?? USUAL_CONTEXT;
  return (
    <div class={`serving${waits ? ' waits' : ''}`} aria-busy={waits}>
      <div class="controls">
        <Ladder
          label="context"
          value={tokens}
          most={positions ?? 2 ** 20}
          highest={positions ?? MOST}
          words={limitOf(positions, answer?.longestContext ?? null, tokens)}
          onMove={(n) => (context.value = n)}
        />
        <Ladder label="sequences" value={batch.value} most={1024} onMove={(n) => (batch.value = n)} />
        <Pick label="weights" value={weights.value} options={formats(WEIGHTS)} onPick={(id) => (weights.value = id)} />
        <Pick label="cache" value={cache.value} options={formats(CACHES)} onPick={(id) => (cache.value = id)} />
      </div>
      <DevicesMissing />
      {wrong !== null && (
        <p class="refused" role="alert">
          {wrong}
        </p>
      )}
      {answer == null ? wrong === null && <p class="quiet">Working it out …</p> : <Served serving={answer} />}
    </div>
  );
}

/** Null as long as there is nothing to ask about. */
function servingRequest(tokens: number | null) {
  if (model.value === null || (devices.value.length === 0 && !devicesMissing.value)) return null;
  return {
    kind: 'serving',
    slot: 'a',
    asked: {
      context: tokens,
      batch: batch.value,
      weights: weights.value === '' ? null : weights.value,
      kv: cache.value === '' ? null : cache.value,
      devices: listedDevices.value.map(({ id }) => id),
    },
  } as const;
}

/** Why no longer context can be chosen, or what is said of one that is longer than the model states. */
function limitOf(positions: number | null, stated: number | null, tokens: number): string | null {
  if (positions !== null)
    return `at most ${positions.toLocaleString('en-US')} tokens: the model has no positions beyond them`;
  if (stated !== null && tokens > stated)
    return `longer than the ${stated.toLocaleString('en-US')} tokens that the model states`;
  return null;
}
