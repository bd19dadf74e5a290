import { signal } from '@preact/signals';
import type { PageModel } from '../../sheet.js';
import { aliveAt, type Timeline, timeline } from '../../state/memory.js';
import { model, valueAt } from '../../state/model.js';
import { select } from '../../state/view.js';
import { bytes } from '../../ui/numbers.js';
import { MomentControls, ShareLine } from '../parts/moments.js';
import { MemoryDrawing } from './memory-drawing.js';

/** The operator that is looked at; null is the one of the peak. */
const moment = signal<number | null>(null);
const withWeights = signal(false);

/** Tensors that are listed; the smaller ones are counted in one line. */
const LISTED = 40;

/** The memory of inputs and activations while the model runs, and the tensors in it at one operator. */
export function Memory() {
  const sheet = model.value?.sheet;
  const line = timeline.value;
  if (sheet === undefined) return null;
  const n = line.bytes.length;
  const weights = valueAt(sheet.totals.weightBytes);
  const at = Math.min(n - 1, moment.value ?? line.at);
  const op = sheet.ops[at];
  return (
    <>
      <MemoryDrawing nodes={sheet.nodes} line={line} base={withWeights.value ? weights : 0} at={at} moment={moment} />
      <MomentControls
        label="operator"
        count={n}
        at={at}
        peak={line.at}
        words={op === undefined ? '' : `${at + 1} of ${n}, ${op.name ?? op.op}`}
        moment={moment}
        floor={withWeights}
        floorWords={`with ${bytes(weights)} of weights`}
      />
      <Alive sheet={sheet} line={line} at={at} />
    </>
  );
}

interface AliveProps {
  readonly sheet: PageModel;
  readonly line: Timeline;
  readonly at: number;
}

/** The tensors in memory during an operator. */
function Alive({ sheet, line, at }: AliveProps) {
  const op = sheet.ops[at];
  if (op === undefined) return null;
  const alive = aliveAt(at);
  const now = line.bytes[at] ?? 0;
  return (
    <section class="alive" aria-label="Tensors in memory">
      <h2>
        {at === line.at ? 'At the peak' : `At operator ${at + 1}`}: {bytes(now)} in {alive.length}{' '}
        {alive.length === 1 ? 'tensor' : 'tensors'}
      </h2>
      <p class="quiet">
        during{' '}
        <button type="button" class="plain" onClick={() => select(op.node, op.index)}>
          {sheet.nodes[op.node]?.path || op.name || op.op}
        </button>{' '}
        ({op.op})
      </p>
      <ol tabIndex={0}>
        {alive.slice(0, LISTED).map((tensor) => (
          <ShareLine
            key={`${tensor.name} ${tensor.made}`}
            name={<span class="alive-name">{tensor.name}</span>}
            about={`${tensor.shape} ${tensor.dtype}`}
            amount={bytes(tensor.bytes)}
            part={tensor.bytes}
            whole={now}
          />
        ))}
      </ol>
      {alive.length > LISTED && <p class="quiet">… and {alive.length - LISTED} smaller ones.</p>}
    </section>
  );
}
