import { useState } from 'preact/hooks';
import type { TensorSheet } from '../../sheet.js';
import { model, values } from '../../state/model.js';
import { reopen } from '../../state/openings.js';

interface InputProps {
  readonly input: TensorSheet;
}

/** An input of a model that cannot be read again: its extents as text. */
export function FixedInput({ input }: InputProps) {
  const { texts = {}, labels = {} } = model.value?.sheet ?? {};
  return (
    <p class="input">
      <span class="input-name">{labels[input.name] ?? input.name}</span>{' '}
      {(input.shape ?? []).map((ref) => texts[ref] ?? values.value[ref]).join(' × ')}{' '}
      <span class="quiet">{input.dtype}</span>
    </p>
  );
}

/** An input's extents, each a field: a number fixes it, a name leaves it free. */
export function InputExtents({ input }: InputProps) {
  const sheet = model.value?.sheet;
  const texts = (input.shape ?? []).map((ref) => sheet?.texts[ref] ?? String(values.value[ref]));
  const [draft, setDraft] = useState<readonly string[] | null>(null);
  const shown = draft ?? texts;
  const label = sheet?.labels[input.name] ?? input.name;
  const changed = draft?.some((text, i) => text.trim() !== texts[i]) ?? false;
  const apply = (extents: readonly string[]): void => {
    setDraft(null);
    readAgain(input.name, texts, extents);
  };
  return (
    <form
      class="input"
      onSubmit={(event) => {
        event.preventDefault();
        if (changed) apply(shown);
      }}
    >
      <span class="input-name">{label}</span>
      <span class="extents">
        {shown.map((text, i) => (
          <span key={i}>
            {i > 0 && <i aria-hidden="true">×</i>}
            <input
              class={isNumber(text) ? '' : 'free'}
              aria-label={`${label}, axis ${i}: a number, or a name to leave it free`}
              size={Math.max(1, text.length)}
              value={text}
              spellcheck={false}
              onInput={(event) => setDraft(shown.map((old, j) => (j === i ? event.currentTarget.value : old)))}
            />
          </span>
        ))}
        {input.shape?.length === 0 && 'scalar'}
        {input.shape === null && 'of unknown rank'}
      </span>
      <span class="quiet">{input.dtype}</span>
      {changed ? (
        <>
          <button type="submit" disabled={shown.some((t) => t.trim() === '')}>
            Apply
          </button>
          <button type="button" class="plain" onClick={() => setDraft(null)}>
            Undo
          </button>
        </>
      ) : (
        texts.length > 1 && texts.every(isNumber) && <FreeButton onFree={() => apply(freed(texts))} />
      )}
    </form>
  );
}

function FreeButton({ onFree }: { readonly onFree: () => void }) {
  return (
    <button type="button" class="plain" onClick={onFree} title="Leave the batch, and an image’s height and width, free">
      free its size
    </button>
  );
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

/** Reads the model with other extents of an input. A name put in place of a number starts at that number. */
function readAgain(name: string, before: readonly string[], extents: readonly string[]): void {
  const numbers: Record<string, number> = {};
  for (const [i, text] of extents.entries()) {
    const old = before[i] ?? '';
    if (!isNumber(text) && isNumber(old)) numbers[text] = Number(old);
  }
  void reopen(({ inputs }) => ({ inputs: { ...inputs, [name]: extents.map((e) => e.trim()) }, bind: numbers }));
}

/** The dimensions that such an input usually has free. */
function freed(texts: readonly string[]): string[] {
  const image = texts.length === 4;
  return texts.map((text, i) => {
    if (i === 0) return 'batch';
    if (image && i === 2) return 'height';
    if (image && i === 3) return 'width';
    return !image && i === 1 && texts.length <= 3 ? 'sequence' : text;
  });
}
