import type { ReportTraining } from 'opcount';
import { numberOf } from '../../state/asking.js';
import { bytes, count, percent } from '../../ui/numbers.js';
import type { Moments } from '../../worker/protocol.js';
import { Fact } from '../parts/fact.js';
import { fitColumns, numberColumn, SortedTable, wholeColumn, wordColumn } from '../parts/sorted-table.js';
import { StackedBar } from '../parts/stacked-bar.js';
import { TrainingTimeline } from './training-timeline.js';

type Kept = ReportTraining['kept'][number];
type OnDevice = ReportTraining['fits'][number];

interface StepProps {
  readonly training: ReportTraining;
  /** Null until it is there, or where sizes leave it open. */
  readonly timeline: Moments | null;
}

/** An amount as a number; 0 where it is not known, which shows as a dash. */
function n(value: bigint | string | null): number {
  return numberOf(value) ?? 0;
}

/** Bytes that stay in memory through the whole step. */
function fixedBytes(training: ReportTraining): number {
  return n(training.weightBytes) + n(training.gradientBytes) + n(training.optimizerBytes) + n(training.masterBytes);
}

/** The answer: what the step computes, what fills its memory, what is saved for the backward pass, what fits where. */
export function Step({ training, timeline }: StepProps) {
  return (
    <>
      <Facts training={training} />
      <h2>What fills the memory</h2>
      <MemoryBar training={training} />
      {timeline !== null && <TrainingTimeline timeline={timeline} floor={fixedBytes(training)} />}
      <Remarks training={training} />
      <div class="two">
        <section>
          <h2>Saved for the backward pass</h2>
          <SavedTensors training={training} />
        </section>
        <section>
          <h2>On devices</h2>
          <OnDevices training={training} />
        </section>
      </div>
    </>
  );
}

type PartProps = Pick<StepProps, 'training'>;

function Facts({ training }: PartProps) {
  const { peak } = training;
  const peakBytes = numberOf(training.peakBytes);
  const forward = n(training.forwardMacs);
  const backward = n(training.backwardMacs);
  return (
    <div class="figure-choice">
      <Fact
        label="Memory at the worst moment"
        value={peakBytes === null ? '–' : bytes(peakBytes)}
        words={peak === null ? '' : `in the ${peak.phase} pass, at ${peak.path || peak.op}`}
      />
      <Fact label="Forward" value={`${count(forward)} MACs`} words={`${count(n(training.forwardFlops))} FLOPs`} />
      <Fact
        label="Backward"
        value={`${count(backward)} MACs`}
        words={forward === 0 ? '' : `${(backward / forward).toFixed(2)} × the forward pass`}
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
  );
}

function MemoryBar({ training }: PartProps) {
  const peak = numberOf(training.peakBytes);
  const activations = peak === null ? n(training.activationPeakBytes) : Math.max(0, peak - fixedBytes(training));
  return (
    <StackedBar
      label="Memory of a training step"
      text={bytes}
      parts={[
        { name: 'weights', value: n(training.weightBytes) },
        { name: 'gradients', value: n(training.gradientBytes) },
        { name: 'optimizer', value: n(training.optimizerBytes) },
        { name: 'master weights', value: n(training.masterBytes) },
        { name: 'activations at the peak', value: activations },
      ]}
    />
  );
}

/** The effect of checkpointing, and the operators that are missing from the backward pass. */
function Remarks({ training: { withCheckpointing, savedBytes, unknown } }: PartProps) {
  return (
    <>
      {withCheckpointing !== null && (
        <p>
          Checkpointing {withCheckpointing.blocks} blocks would keep <b>{bytes(n(withCheckpointing.savedBytes))}</b>{' '}
          between the passes instead of {bytes(n(savedBytes))}, and compute {count(n(withCheckpointing.recomputedMacs))}{' '}
          MACs a second time.
        </p>
      )}
      {unknown.length > 0 && (
        <p class="refused">
          Not in the backward pass, as the gradient is not known:{' '}
          {unknown.map((gap) => `${gap.op}${gap.nodes > 1 ? ` ×${gap.nodes}` : ''}`).join(', ')}.
        </p>
      )}
    </>
  );
}

function SavedTensors({ training: { kept, savedBytes } }: PartProps) {
  return (
    <SortedTable
      label="Saved tensors by what they are"
      rows={kept}
      first="bytes"
      keyOf={({ what }) => what}
      columns={[
        wordColumn('what', 'what', ({ what }: Kept) => what),
        wholeColumn('tensors', 'tensors', (k: Kept) => k.tensors),
        numberColumn('bytes', 'bytes', (k: Kept) => n(k.bytes), bytes),
        numberColumn(
          'share',
          'share',
          (k: Kept) => n(k.bytes),
          (own) => percent(own, n(savedBytes)),
        ),
      ]}
    />
  );
}

function OnDevices({ training: { fits } }: PartProps) {
  return (
    <SortedTable
      label="Devices"
      rows={fits}
      first="batch"
      keyOf={({ device }) => device}
      columns={[
        wordColumn('device', 'device', ({ name }: OnDevice) => name),
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
  );
}
