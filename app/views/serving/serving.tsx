import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { numberOf, useAnswer } from '../../state/asking.js';
import { devices, needDevices } from '../../state/devices.js';
import { model, valueAt } from '../../state/model.js';
import { floorAxis } from '../../ui/floor-axis.js';
import { bytes, count, percent } from '../../ui/numbers.js';
import { ByteTicks, Floor } from '../parts/moments.js';
import { Fact, fitColumns, Ladder, Pick, SortedTable, seconds } from '../parts/parts.js';

/** Null until somebody chooses one; the answer says which was taken. */
const context = signal<number | null>(null);
const USUAL_CONTEXT = 4096;
const MOST = 2 ** 31;
const batch = signal(1);
const weights = signal('');
const cache = signal('');

const WEIGHTS = ['fp32', 'bf16', 'fp8', 'int8', 'int4', 'q8_0', 'q6_k', 'q5_k', 'q4_k', 'q3_k', 'q2_k'] as const;
const CACHES = ['fp32', 'bf16', 'fp8', 'int8', 'q8_0', 'q4_0', 'int4'] as const;

/** What a language model takes to serve: prefill and decode, the cache against the context, and what each device allows. */
export function Language() {
  useEffect(() => void needDevices(), []);
  const loaded = model.value;
  const positions = loaded?.sheet.positions ?? null;
  const chosen = context.value === null ? null : Math.min(context.value, positions ?? MOST);
  const { answer, wrong, waits } = useAnswer(
    loaded === null || devices.value.length === 0
      ? null
      : {
          kind: 'serving',
          slot: 'a',
          asked: {
            context: chosen,
            batch: batch.value,
            weights: weights.value === '' ? null : weights.value,
            kv: cache.value === '' ? null : cache.value,
            devices: devices.value.filter((d) => 'sources' in d).map(({ id }) => id),
          },
        },
  );
  const formats = (all: readonly string[]): [string, string][] => [
    ['', 'as in the file'],
    ...all.map((name): [string, string] => [name, name]),
  ];
  const tokens = chosen ?? numberOf(answer?.context) ?? USUAL_CONTEXT;
  const stated = answer?.longestContext ?? null;
  return (
    <div class={`serving${waits ? ' waits' : ''}`} aria-busy={waits}>
      <div class="controls">
        <Ladder
          label="context"
          value={tokens}
          most={positions ?? 2 ** 20}
          highest={positions ?? MOST}
          words={limitOf(positions, stated, tokens)}
          onMove={(n) => (context.value = n)}
        />
        <Ladder label="sequences" value={batch.value} most={1024} onMove={(n) => (batch.value = n)} />
        <Pick label="weights" value={weights.value} options={formats(WEIGHTS)} onPick={(id) => (weights.value = id)} />
        <Pick label="cache" value={cache.value} options={formats(CACHES)} onPick={(id) => (cache.value = id)} />
      </div>
      {wrong !== null && (
        <p class="refused" role="alert">
          {wrong}
        </p>
      )}
      {answer == null ? wrong === null && <p class="quiet">Working it out …</p> : <Served serving={answer} />}
    </div>
  );
}

/** Why no longer context can be chosen, or what is said of one that is longer than the model states. */
function limitOf(positions: number | null, stated: number | null, tokens: number): string | null {
  if (positions !== null)
    return `at most ${positions.toLocaleString('en-US')} tokens: the model has no positions beyond them`;
  if (stated !== null && tokens > stated)
    return `longer than the ${stated.toLocaleString('en-US')} tokens that the model states`;
  return null;
}

type Serving = NonNullable<ReturnType<typeof useAnswer<{ kind: 'serving'; slot: 'a'; asked: never }>>['answer']>;

function Served({ serving }: { readonly serving: Serving }) {
  const [prefill, decode] = serving.phases;
  const n = (value: bigint | string | null | undefined): number => numberOf(value) ?? 0;
  const total = n(serving.activeParams);
  const all = valueAt(model.value?.sheet.totals.params ?? -1);
  const whole = { prefill: 0, decode: 0, weights: 0 };
  for (const part of serving.parts) {
    whole.prefill += n(part.prefillMacs);
    whole.decode += n(part.decodeMacs);
    whole.weights += n(part.weightBytes);
  }
  const tokens = Number(serving.context);
  return (
    <>
      <div class="figure-choice">
        <Fact
          label="Weights"
          value={bytes(n(serving.weightBytes))}
          words={`each token uses ${count(total)} of ${count(all)} parameters`}
        />
        <Fact
          label={`Cache at ${tokens.toLocaleString('en-US')} tokens`}
          value={bytes(n(serving.cacheBytesAtContext))}
          words={`${bytes(n(serving.cacheBytesPerToken))} for each token more`}
        />
        <Fact
          label="Prefill"
          value={`${count(n(prefill?.flops))} FLOPs`}
          words={`${count(n(prefill?.macs))} MACs, ${bytes(n(prefill?.readBytes))} of weights and cache read`}
        />
        <Fact
          label="One step of decode"
          value={`${count(n(decode?.flops))} FLOPs`}
          words={`${count(n(decode?.macs))} MACs, ${bytes(n(decode?.readBytes))} of weights and cache read`}
        />
      </div>
      <h2>Memory against context</h2>
      <CacheCurve
        weights={n(serving.weightBytes)}
        atContext={n(serving.cacheBytesAtContext)}
        perToken={n(serving.cacheBytesPerToken)}
        context={tokens}
        end={model.value?.sheet.positions ?? null}
      />
      <h2>Where it goes</h2>
      <SortedTable
        label="Parts of the model"
        rows={serving.parts}
        first="decode"
        keyOf={({ part }) => part}
        columns={[
          { id: 'part', title: 'part', by: ({ part }) => part, cell: ({ part }) => part },
          { id: 'params', title: 'params', numeric: true, by: (p) => n(p.params), cell: (p) => count(n(p.params)) },
          {
            id: 'weights',
            title: 'weights',
            numeric: true,
            by: (p) => n(p.weightBytes),
            cell: (p) => withShare(bytes, n(p.weightBytes), whole.weights),
          },
          {
            id: 'prefill',
            title: 'prefill MACs',
            numeric: true,
            by: (p) => n(p.prefillMacs),
            cell: (p) => withShare(count, n(p.prefillMacs), whole.prefill),
          },
          {
            id: 'decode',
            title: 'decode MACs',
            numeric: true,
            by: (p) => n(p.decodeMacs),
            cell: (p) => withShare(count, n(p.decodeMacs), whole.decode),
          },
        ]}
      />
      <h2>On devices, at best</h2>
      <p class="quiet">
        Bounds, not forecasts: arithmetic and memory at their peak, weights and cache read once for each step. Fit
        counts weights, cache and live activations.
      </p>
      <SortedTable
        label="Devices"
        rows={serving.devices ?? []}
        first="tokens"
        keyOf={({ device }) => device}
        columns={[
          {
            id: 'device',
            title: 'device',
            by: ({ name }) => name,
            cell: ({ name, dtype }) => (
              <>
                {name} <small>{dtype}</small>
              </>
            ),
          },
          ...fitColumns(),
          {
            id: 'tokens',
            title: 'tokens a second at most',
            numeric: true,
            by: (d) => d.tokensPerSecond,
            cell: (d) => (d.tokensPerSecond === null ? '–' : Math.floor(d.tokensPerSecond).toLocaleString('en-US')),
          },
          {
            id: 'first',
            title: 'first token after',
            numeric: true,
            by: (d) => d.firstTokenSeconds,
            cell: (d) => seconds(d.firstTokenSeconds),
          },
          { id: 'by', title: 'a step waits for', by: (d) => d.stepBy, cell: (d) => d.stepBy ?? '–' },
          {
            id: 'context',
            title: 'longest context',
            numeric: true,
            by: (d) => d.largestContext,
            cell: (d) => (d.largestContext === null ? '–' : d.largestContext.toLocaleString('en-US')),
          },
          {
            id: 'batch',
            title: 'most sequences',
            numeric: true,
            by: (d) => d.largestBatch,
            cell: (d) => (d.largestBatch === null ? '–' : d.largestBatch.toLocaleString('en-US')),
          },
        ]}
      />
    </>
  );
}

/** An amount and its share; one dash where there is none of it. */
function withShare(text: (n: number) => string, part: number, whole: number): string {
  return part === 0 ? '–' : `${text(part)}  ${percent(part, whole)}`;
}

interface CurveProps {
  readonly weights: number;
  readonly atContext: number;
  readonly perToken: number;
  readonly context: number;
  /** Where the curve ends at the latest. */
  readonly end: number | null;
}

/** Weights, and the cache on them as the context grows; the memories of common devices as lines. */
function CacheCurve({ weights: base, atContext, perToken, context: tokens, end }: CurveProps) {
  const [W, H, L, B] = [900, 260, 78, 26];
  const most = Math.min(Math.max(2 * tokens, 8192), end ?? MOST);
  const at = (n: number): number => base + Math.max(0, atContext + perToken * (n - tokens));
  const axis = floorAxis(base, at(most) - base, 10, H - B - 10);
  const { y } = axis;
  const x = (n: number): number => L + ((W - L - 10) * n) / most;
  const steps = Array.from({ length: 41 }, (_, i) => (most * i) / 40);
  const line = steps.map((n, i) => `${i === 0 ? 'M' : 'L'}${x(n).toFixed(1)},${y(at(n)).toFixed(1)}`).join('');
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${W} ${H}`}
      role="img"
      aria-label={`Weights and cache: ${bytes(at(tokens))} at ${tokens} tokens, ${bytes(at(most))} at ${most}`}
    >
      <ByteTicks axis={axis} left={L} right={W - 10} />
      {[0, 0.25, 0.5, 0.75, 1].map((share) => (
        <text
          key={share}
          class="axis"
          style={{ textAnchor: share === 1 ? 'end' : 'middle' }}
          x={x(most * share)}
          y={H - 8}
        >
          {Math.round(most * share).toLocaleString('en-US')}
        </text>
      ))}
      <Floor axis={axis} left={L} right={W - 10} floor={base} what="weights" />
      <path class="area" d={`${line}L${x(most)},${y(base)}L${x(0)},${y(base)}Z`} />
      <circle class="peak" cx={x(tokens)} cy={y(at(tokens))} r={4} />
      <text class="peak-label left" x={x(tokens) - 8} y={y(at(tokens)) - 8}>
        {bytes(at(tokens))} at {tokens.toLocaleString('en-US')} tokens
      </text>
    </svg>
  );
}
