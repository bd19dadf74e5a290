import { signal } from '@preact/signals';
import type { ReportTraining, TrainingOptions } from 'opcount';
import { useEffect } from 'preact/hooks';
import { numberOf, useAnswer } from '../../state/asking.js';
import { devices, needDevices } from '../../state/devices.js';
import { bindings, model } from '../../state/model.js';
import { bytes, count, percent } from '../../ui/numbers.js';
import type { Moments } from '../../worker/protocol.js';
import { Fact, fitColumns, Ladder, Pick, SortedTable, StackedBar } from '../parts/parts.js';
import { Tickbox } from '../parts/tickbox.js';
import { TrainingTimeline } from './training-timeline.js';

const OPTIMIZERS = [
  'adamw',
  'adam',
  'sgd',
  'sgd-momentum',
  'adam8bit',
  'adafactor',
  'lion',
  'rmsprop',
  'adagrad',
] as const;
const PRECISIONS = [
  ['', 'as in the file'],
  ['fp32', 'fp32'],
  ['bf16', 'bf16: all of it'],
  ['amp', 'amp: products in bf16'],
  ['mixed', 'mixed: bf16 with an fp32 copy'],
] as const;

const optimizer = signal<string>('adamw');
const precision = signal('');
const checkpointing = signal(false);
const zero = signal('0');
const share = signal(8);

/** What fills the memory of a training step, and what it computes. */
export function TrainingStep() {
  useEffect(() => void needDevices(), []);
  const loaded = model.value;
  const stage = Number(zero.value) as 0 | 1 | 2 | 3;
  const options: TrainingOptions = {
    optimizer: optimizer.value as NonNullable<TrainingOptions['optimizer']>,
    ...(precision.value === '' ? {} : { precision: precision.value as NonNullable<TrainingOptions['precision']> }),
    ...(checkpointing.value ? { checkpointing: true as const } : {}),
    ...(stage === 0 ? {} : { zero: stage, devices: share.value }),
  };
  const listed = devices.value.filter((d) => 'sources' in d).map(({ id }) => id);
  const { answer, wrong, waits } = useAnswer(
    loaded === null || listed.length === 0
      ? null
      : { kind: 'training', slot: 'a', bind: bindings.value, options, devices: listed },
  );
  const over = useAnswer(loaded === null ? null : { kind: 'timeline', slot: 'a', bind: bindings.value, options });
  return (
    <div class={`training${waits ? ' waits' : ''}`} aria-busy={waits}>
      <div class="controls">
        <Pick
          label="optimizer"
          value={optimizer.value}
          options={OPTIMIZERS.map((id) => [id, id])}
          onPick={(id) => (optimizer.value = id)}
        />
        <Pick label="precision" value={precision.value} options={PRECISIONS} onPick={(id) => (precision.value = id)} />
        <Pick
          label="shared among devices"
          value={zero.value}
          options={[
            ['0', 'nothing'],
            ['1', 'optimizer states'],
            ['2', 'and gradients'],
            ['3', 'and weights'],
          ]}
          onPick={(id) => (zero.value = id)}
        />
        {stage > 0 && <Ladder label="devices" value={share.value} most={1024} onMove={(n) => (share.value = n)} />}
        <Tickbox
          on={checkpointing.value}
          onTurn={(on) => {
            checkpointing.value = on;
          }}
        >
          checkpointing
        </Tickbox>
        <span class="quiet">Batch and other sizes are those of the sliders above.</span>
      </div>
      {wrong !== null && (
        <p class="refused" role="alert">
          {wrong}
        </p>
      )}
      {answer == null ? (
        wrong === null && <p class="quiet">Working it out …</p>
      ) : (
        <Step training={answer} timeline={over.answer} />
      )}
    </div>
  );
}

function Step({ training, timeline }: { readonly training: ReportTraining; readonly timeline: Moments | null }) {
  const n = (value: bigint | string | null): number => numberOf(value) ?? 0;
  const forward = n(training.forwardMacs);
  const fixed =
    n(training.weightBytes) + n(training.gradientBytes) + n(training.optimizerBytes) + n(training.masterBytes);
  const peak = numberOf(training.peakBytes);
  return (
    <>
      <div class="figure-choice">
        <Fact
          label="Memory at the worst moment"
          value={peak === null ? '–' : bytes(peak)}
          words={
            training.peak === null
              ? ''
              : `in the ${training.peak.phase} pass, at ${training.peak.path || training.peak.op}`
          }
        />
        <Fact label="Forward" value={`${count(forward)} MACs`} words={`${count(n(training.forwardFlops))} FLOPs`} />
        <Fact
          label="Backward"
          value={`${count(n(training.backwardMacs))} MACs`}
          words={forward === 0 ? '' : `${(n(training.backwardMacs) / forward).toFixed(2)} × the forward pass`}
        />
        {n(training.recomputedMacs) > 0 && (
          <Fact
            label="Computed again"
            value={`${count(n(training.recomputedMacs))} MACs`}
            words={`in ${training.checkpointedBlocks} blocks that are checkpointed`}
          />
        )}
        <Fact
          label="Saved between the passes"
          value={bytes(n(training.savedBytes))}
          words={`${count(n(training.trainableParams))} parameters are trained`}
        />
      </div>
      <h2>What fills the memory</h2>
      <StackedBar
        label="Memory of a training step"
        text={bytes}
        parts={[
          { name: 'weights', value: n(training.weightBytes) },
          { name: 'gradients', value: n(training.gradientBytes) },
          { name: 'optimizer', value: n(training.optimizerBytes) },
          { name: 'master weights', value: n(training.masterBytes) },
          {
            name: 'activations at the peak',
            value: peak === null ? n(training.activationPeakBytes) : Math.max(0, peak - fixed),
          },
        ]}
      />
      {timeline !== null && <TrainingTimeline timeline={timeline} floor={fixed} />}
      {training.withCheckpointing !== null && (
        <p>
          With checkpointing of {training.withCheckpointing.blocks} blocks{' '}
          <b>{bytes(n(training.withCheckpointing.savedBytes))}</b> would be saved between the passes in place of{' '}
          {bytes(n(training.savedBytes))}, and {count(n(training.withCheckpointing.recomputedMacs))} MACs computed a
          second time.
        </p>
      )}
      {training.unknown.length > 0 && (
        <p class="refused">
          Not in the backward pass, as the gradient is not known:{' '}
          {training.unknown.map((gap) => `${gap.op}${gap.nodes > 1 ? ` ×${gap.nodes}` : ''}`).join(', ')}.
        </p>
      )}
      <div class="two">
        <section>
          <h2>Saved for the backward pass</h2>
          <SortedTable
            label="Saved tensors by what they are"
            rows={training.kept}
            first="bytes"
            keyOf={({ what }) => what}
            columns={[
              { id: 'what', title: 'what', by: ({ what }) => what, cell: ({ what }) => what },
              {
                id: 'tensors',
                title: 'tensors',
                numeric: true,
                by: (k) => k.tensors,
                cell: (k) => k.tensors.toLocaleString('en-US'),
              },
              { id: 'bytes', title: 'bytes', numeric: true, by: (k) => n(k.bytes), cell: (k) => bytes(n(k.bytes)) },
              {
                id: 'share',
                title: 'share',
                numeric: true,
                by: (k) => n(k.bytes),
                cell: (k) => percent(n(k.bytes), n(training.savedBytes)),
              },
            ]}
          />
        </section>
        <section>
          <h2>On devices</h2>
          <SortedTable
            label="Devices"
            rows={training.fits}
            first="batch"
            keyOf={({ device }) => device}
            columns={[
              { id: 'device', title: 'device', by: ({ name }) => name, cell: ({ name }) => name },
              ...fitColumns(),
              {
                id: 'batch',
                title: 'largest batch',
                numeric: true,
                by: (d) => d.largestBatch,
                cell: (d) =>
                  d.largestBatch === null ? <span title={d.why ?? ''}>–</span> : d.largestBatch.toLocaleString('en-US'),
              },
            ]}
          />
        </section>
      </div>
    </>
  );
}
