// Operators without a formula: where the page says so, and takes formulas for them. In: the model's coverage. Out: the model
// read again with the formulas that were given.
import { useState } from 'preact/hooks';
import type { OpSheet, TensorSheet } from '../../sheet.js';
import { model, rereadable } from '../../state/model.js';
import { reopen } from '../../state/openings.js';

interface GapProps {
  readonly type: string;
  readonly why: string;
  readonly op?: OpSheet | undefined;
}

/** Where a formula is given to an operator that has none. It holds for all of its kind. */
export function Gap({ type, why, op }: GapProps) {
  const known = model.value?.given[type];
  const [macs, setMacs] = useState(String(known?.macs ?? ''));
  const [flops, setFlops] = useState(String(known?.flops ?? ''));
  const reason = (
    <p>
      <b>Not counted:</b> {why}
    </p>
  );
  if (!rereadable.value) return reason;
  const id = `gap-${type.replace(/\W/g, '-')}${op?.index ?? ''}`;
  return (
    <form
      class="gap"
      onSubmit={(event) => {
        event.preventDefault();
        void reopen(({ given }) => ({ given: { ...given, [type]: { ...known, macs, flops } } }));
      }}
    >
      {reason}
      <FormulaField id={`${id}-macs`} label="MACs" value={macs} example="0" onValue={setMacs} />
      <FormulaField id={`${id}-flops`} label="other FLOPs" value={flops} example="2*out" onValue={setFlops} />
      <button type="submit" disabled={macs.trim() === '' && flops.trim() === ''}>
        Count it by this
      </button>
      <p class="quiet">
        Names to use: <code>{namesFor(op)}</code>
      </p>
    </form>
  );
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly example: string;
  readonly onValue: (value: string) => void;
}

function FormulaField({ id, label, value, example, onValue }: FieldProps) {
  return (
    <>
      <label for={id}>{label}</label>
      <input
        id={id}
        value={value}
        placeholder={example}
        spellcheck={false}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </>
  );
}

/** The names that a formula for an operator can use. */
function namesFor(op: OpSheet | undefined): string {
  const all = (word: string, tensors: readonly (TensorSheet | null)[] | undefined): string[] =>
    (tensors ?? []).flatMap((tensor, i) => {
      const own = i === 0 ? word : `${word}${i + 1}`;
      return tensor?.shape == null ? [] : [own, ...tensor.shape.map((_, axis) => `${own}.${axis}`)];
    });
  const known = [...all('in', op?.inputs), ...all('out', op?.outputs)];
  return known.length === 0 ? 'in, in.0, in.1, out, out.0' : known.join(', ');
}
