import { computed } from '@preact/signals';
import { formatCount } from 'opcount';
import { useEffect, useState } from 'preact/hooks';
import { ask } from '../../state/client.js';
import { conventionFailure, measure, measures, shownConvention } from '../../state/measure.js';
import { timeline } from '../../state/memory.js';
import { bindings, model, valueAt } from '../../state/model.js';
import { convention, measureId, view } from '../../state/view.js';
import { digits, formula, knownAmount, stated } from '../../ui/numbers.js';

/** The numbers. Each that drawings can go by is a choice; the rest lead to where they are explained. */
export function Figures() {
  const sheet = model.value?.sheet;
  const exact = useExact();
  if (sheet === undefined) return null;
  const { totals } = sheet;
  return (
    <section class="figures" aria-label="What the model costs">
      <div class="figure-choice" role="radiogroup" aria-label="Drawings and shares go by">
        {measures.value.map((m) => (
          <label key={m.id} class={`figure${measure.value?.id === m.id ? ' on' : ''}`}>
            <input
              type="radio"
              name="measure"
              class="unseen"
              checked={measure.value?.id === m.id}
              onChange={() => {
                measureId.value = m.id;
              }}
            />
            <span class="label">{m.label}</span>
            <strong>{knownAmount(m.total, m.unit, m.partial)}</strong>
            <span class="digits">
              {m.partial && 'at least '}
              {exact[m.id] ?? digits(m.total)}
            </span>
            <span class="words">{m.words}</span>
          </label>
        ))}
      </div>
      <div class="figure-more">
        {sheet.graph && (
          <button
            type="button"
            class="figure"
            onClick={() => {
              view.value = 'memory';
            }}
          >
            <span class="label">Peak memory</span>
            <strong>{stated(timeline.value.peak, 'bytes')}</strong>
            <span class="digits">{digits(timeline.value.peak)}</span>
            <span class="words">
              live activations; {stated(valueAt(totals.weightBytes), 'bytes')} of weights besides
            </span>
          </button>
        )}
        {!sheet.graph && (
          <div class="figure">
            <span class="label">Graph</span>
            <strong>none</strong>
            <span class="digits">weights alone</span>
            <span class="words">
              so nothing is known of MACs and memory; {stated(valueAt(totals.bufferElements), 'count')} buffer elements
            </span>
          </div>
        )}
      </div>
      {convention.value !== 'exact' && shownConvention.value !== null && (
        <p class="lens-words">
          <b>
            {shownConvention.value.title} {shownConvention.value.version}
          </b>{' '}
          {shownConvention.value.words}
          {shownConvention.value.bound &&
            ' It looks at numbers, so it has no formula: these are for the present sizes.'}
          {shownConvention.value.counts.length === 0 && ' It fails on this model; opcount’s own numbers are shown.'}
          {shownConvention.value.notes.map((note) => (
            <em key={note.message}> {note.message}.</em>
          ))}
        </p>
      )}
      {conventionFailure.value !== null && <p class="lens-words">{conventionFailure.value}</p>}
    </section>
  );
}

/** These are the same at every size. */
const shownText = computed(() => measure.value?.text ?? null);
const shownLabel = computed(() => measure.value?.label ?? '');

/** The formula of the measure that drawings go by, where it has free dimensions. */
export function MeasureFormula() {
  const text = shownText.value;
  return text === null ? null : <Formula label={shownLabel.value} text={text} />;
}

/** Characters of a formula that are read at a glance. */
const GLANCE = 130;

/** A formula in the free dimensions: whole where it is short, else its leading terms, and all of them when asked for. */
function Formula({ label, text }: { readonly label: string; readonly text: string }) {
  const whole = formula(text);
  const short = leading(formula(formatCount(text)));
  if (whole.length <= GLANCE)
    return (
      <p class="formula">
        {label} = <code>{whole}</code>
      </p>
    );
  return (
    <details class="formula">
      <summary>
        {label} = <code>{short}</code> <span class="quiet">the whole formula</span>
      </summary>
      <p>
        <code>{whole}</code>
      </p>
    </details>
  );
}

/** The terms of a sum that fit a glance; what is left out is an ellipsis. */
function leading(text: string): string {
  const terms = text.split(' + ');
  let out = '';
  for (const [i, term] of terms.entries()) {
    const next = i === 0 ? term : `${out} + ${term}`;
    if (next.length > GLANCE) return i === 0 ? `${term.slice(0, GLANCE)} …` : `${out} + …`;
    out = next;
  }
  return out;
}

/** Digits that a double cannot hold, asked of the worker once the sliders rest. */
function useExact(): Readonly<Record<string, string>> {
  const [exact, setExact] = useState<Readonly<Record<string, string>>>({});
  const large = measures.value.some(
    (m) => ['macs', 'flops', 'params'].includes(m.id) && m.total > Number.MAX_SAFE_INTEGER,
  );
  const bind = bindings.value;
  const loaded = model.value;
  useEffect(() => {
    setExact((known) => (Object.keys(known).length === 0 ? known : {}));
    if (!large || loaded === null) return;
    let live = true;
    const timer = setTimeout(async () => {
      try {
        const [macs = '', flops = '', params = ''] = await ask({ kind: 'exact', slot: 'a', bind });
        if (live) setExact({ macs: spaced(macs), flops: spaced(flops), params: spaced(params) });
      } catch {
        // The rounded digits stay, with their mark.
      }
    }, 150);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [large, bind, loaded]);
  return exact;
}

function spaced(text: string): string {
  return /^\d+$/.test(text) ? BigInt(text).toLocaleString('en-US') : text;
}
