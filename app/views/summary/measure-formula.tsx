import { computed } from '@preact/signals';
import { formatCount } from 'opcount';
import { measure } from '../../state/measure.js';
import { formula } from '../../ui/numbers.js';

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
