import type { PageModel } from '../../sheet.js';
import { useAnswer } from '../../state/asking.js';
import { measure, measures } from '../../state/measure.js';
import { timeline } from '../../state/memory.js';
import { bindings, model, valueAt } from '../../state/model.js';
import { conventionFailure, type Measure, shownConvention } from '../../state/tool-counts.js';
import { convention, measureId, view } from '../../state/view.js';
import { digits, knownAmount, stated } from '../../ui/numbers.js';

/** The totals. Each that drawings can go by is a choice; the others say where they are explained. */
export function Figures() {
  const sheet = model.value?.sheet;
  const exact = useExactDigits();
  if (sheet === undefined) return null;
  return (
    <section class="figures" aria-label="What the model costs">
      <div class="figure-choice" role="radiogroup" aria-label="Drawings and shares go by">
        {measures.value.map((m) => (
          <Choice key={m.id} own={m} digits={exact[m.id] ?? digits(m.total)} />
        ))}
      </div>
      <div class="figure-more">{sheet.graph ? <PeakMemory sheet={sheet} /> : <NoGraph sheet={sheet} />}</div>
      <ConventionWords />
    </section>
  );
}

function Choice({ own, digits: all }: { readonly own: Measure; readonly digits: string }) {
  const on = measure.value?.id === own.id;
  return (
    <label class={`figure${on ? ' on' : ''}`}>
      <input
        type="radio"
        name="measure"
        class="unseen"
        checked={on}
        onChange={() => {
          measureId.value = own.id;
        }}
      />
      <span class="label">{own.label}</span>
      <strong>{knownAmount(own.total, own.unit, own.partial)}</strong>
      <span class="digits">
        {own.partial && 'at least '}
        {all}
      </span>
      <span class="words">{own.words}</span>
    </label>
  );
}

interface SheetProps {
  readonly sheet: PageModel;
}

function PeakMemory({ sheet: { totals } }: SheetProps) {
  const { peak } = timeline.value;
  return (
    <button
      type="button"
      class="figure"
      onClick={() => {
        view.value = 'memory';
      }}
    >
      <span class="label">Peak memory</span>
      <strong>{stated(peak, 'bytes')}</strong>
      <span class="digits">{digits(peak)}</span>
      <span class="words">live activations, without the {stated(valueAt(totals.weightBytes), 'bytes')} of weights</span>
    </button>
  );
}

function NoGraph({ sheet: { totals } }: SheetProps) {
  return (
    <div class="figure">
      <span class="label">Graph</span>
      <strong>none</strong>
      <span class="digits">weights alone</span>
      <span class="words">
        so nothing is known of MACs and memory; {stated(valueAt(totals.bufferElements), 'count')} buffer elements
      </span>
    </div>
  );
}

/** The rule of the chosen convention, and its notes on this model. */
function ConventionWords() {
  const shown = convention.value === 'exact' ? null : shownConvention.value;
  return (
    <>
      {shown !== null && (
        <p class="lens-words">
          <b>
            {shown.title} {shown.version}
          </b>{' '}
          {shown.words}
          {shown.bound && ' It looks at numbers, so it has no formula: these are for the present sizes.'}
          {shown.counts.length === 0 && ' It fails on this model; opcount’s own numbers are shown.'}
          {shown.notes.map((note) => (
            <em key={note.message}> {note.message}.</em>
          ))}
        </p>
      )}
      {conventionFailure.value !== null && <p class="lens-words">{conventionFailure.value}</p>}
    </>
  );
}

/** Digits that a double cannot hold, asked of the worker once the sliders rest; until then, the rounded ones stay. */
function useExactDigits(): Readonly<Record<string, string>> {
  const large = measures.value.some(
    (m) => ['macs', 'flops', 'params'].includes(m.id) && m.total > Number.MAX_SAFE_INTEGER,
  );
  const { answer, wrong, waits } = useAnswer(
    large && model.value !== null ? { kind: 'exact', slot: 'a', bind: bindings.value } : null,
  );
  if (answer === null || wrong !== null || waits) return {};
  const [macs = '', flops = '', params = ''] = answer;
  return { macs: spaced(macs), flops: spaced(flops), params: spaced(params) };
}

function spaced(text: string): string {
  return /^\d+$/.test(text) ? BigInt(text).toLocaleString('en-US') : text;
}
