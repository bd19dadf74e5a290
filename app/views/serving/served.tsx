import { numberOf } from '../../state/asking.js';
import { model, valueAt } from '../../state/model.js';
import { bytes, count, percent, seconds } from '../../ui/numbers.js';
import type { Serving } from '../../worker/protocol.js';
import { Fact } from '../parts/fact.js';
import { fitColumns, numberColumn, SortedTable, wholeColumn, wordColumn } from '../parts/sorted-table.js';
import { CacheCurve } from './cache-curve.js';

type Part = Serving['parts'][number];
type OnDevice = NonNullable<Serving['devices']>[number];

interface ServedProps {
  readonly serving: Serving;
}

/** An amount as a number; 0 where it is not known, which shows as a dash. */
function n(value: bigint | string | null | undefined): number {
  return numberOf(value) ?? 0;
}

/** The answer: what a pass takes, what the memory holds, in which parts, and what each device allows. */
export function Served({ serving }: ServedProps) {
  return (
    <>
      <Facts serving={serving} />
      <h2>Memory against context</h2>
      <CacheCurve
        weights={n(serving.weightBytes)}
        atContext={n(serving.cacheBytesAtContext)}
        perToken={n(serving.cacheBytesPerToken)}
        context={Number(serving.context)}
        positions={model.value?.sheet.positions ?? null}
      />
      <h2>Where it goes</h2>
      <Parts serving={serving} />
      <h2>On devices, at best</h2>
      <p class="quiet">
        Bounds, not forecasts: arithmetic and memory at their peak, weights and cache read once for each step. Fit
        counts weights, cache and live activations.
      </p>
      <OnDevices serving={serving} />
    </>
  );
}

function Facts({ serving }: ServedProps) {
  const used = n(serving.activeParams);
  const all = valueAt(model.value?.sheet.totals.params ?? -1);
  return (
    <div class="figure-choice">
      <Fact
        label="Weights"
        value={bytes(n(serving.weightBytes))}
        words={`each token uses ${count(used)} of ${count(all)} parameters`}
      />
      <Fact
        label={`Cache at ${Number(serving.context).toLocaleString('en-US')} tokens`}
        value={bytes(n(serving.cacheBytesAtContext))}
        words={`${bytes(n(serving.cacheBytesPerToken))} for each token more`}
      />
      {(['Prefill', 'One step of decode'] as const).map((label, i) => {
        const phase = serving.phases[i];
        const words = `${count(n(phase?.macs))} MACs, ${bytes(n(phase?.readBytes))} of weights and cache read`;
        return <Fact key={label} label={label} value={`${count(n(phase?.flops))} FLOPs`} words={words} />;
      })}
    </div>
  );
}

function Parts({ serving: { parts } }: ServedProps) {
  /** A column of amounts, each with its share of the column. */
  const shares = (id: string, title: string, value: (part: Part) => number, text: (n: number) => string) => {
    const whole = parts.reduce((sum, part) => sum + value(part), 0);
    return numberColumn(id, title, value, (own) => (own === 0 ? '–' : `${text(own)}  ${percent(own, whole)}`));
  };
  return (
    <SortedTable
      label="Parts of the model"
      rows={parts}
      first="decode"
      keyOf={({ part }) => part}
      columns={[
        wordColumn('part', 'part', ({ part }: Part) => part),
        numberColumn('params', 'params', (p: Part) => n(p.params), count),
        shares('weights', 'weights', (p) => n(p.weightBytes), bytes),
        shares('prefill', 'prefill MACs', (p) => n(p.prefillMacs), count),
        shares('decode', 'decode MACs', (p) => n(p.decodeMacs), count),
      ]}
    />
  );
}

function OnDevices({ serving }: ServedProps) {
  return (
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
        wholeColumn('tokens', 'tokens a second at most', (d: OnDevice) => d.tokensPerSecond),
        {
          id: 'first',
          title: 'first token after',
          numeric: true,
          by: (d) => d.firstTokenSeconds,
          cell: (d) => seconds(d.firstTokenSeconds),
        },
        wordColumn('by', 'a step waits for', (d: OnDevice) => d.stepBy),
        wholeColumn('context', 'longest context', (d: OnDevice) => d.largestContext),
        wholeColumn('batch', 'most sequences', (d: OnDevice) => d.largestBatch),
      ]}
    />
  );
}
