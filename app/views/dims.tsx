import { useState } from 'preact/hooks';
import type { TensorSheet } from '../sheet.js';
import { bind, bindings, model, refusal, reopen, symbols, values } from '../state/model.js';

const CEILING = 65_536;

/** What a slider stops at: every small number, then multiples that grow with it, as sizes that people use do. */
function stops(low: number, high: number): number[] {
  const all: number[] = [];
  for (let n = low; n <= high; ) {
    all.push(n);
    const step = n >= 4096 ? 512 : n >= 2048 ? 128 : n >= 512 ? 32 : n >= 32 ? 8 : 1;
    n = Math.floor(n / step) * step + step;
  }
  return all;
}

/** The stop that is nearest to a number. */
function nearest(all: readonly number[], n: number): number {
  let best = 0;
  for (const [i, stop] of all.entries()) if (Math.abs(stop - n) < Math.abs((all[best] ?? 0) - n)) best = i;
  return best;
}

/** Every free dimension, and the extents of the inputs that could be one. */
export function Dimensions() {
  const loaded = model.value;
  if (loaded === null || !loaded.sheet.graph) return null;
  const { labels } = loaded.sheet;
  return (
    <section class="dims" aria-label="Dimensions">
      {loaded.sheet.inputs.map((input) => (
        <Input key={input.name} input={input} />
      ))}
      {symbols.value.length > 0 && (
        <div class="sliders">
          {symbols.value.map(({ name, min, max }) => {
            const [low, high] = [min ?? 0, Math.min(max ?? CEILING, Number.MAX_SAFE_INTEGER)];
            const value = bindings.value[name] ?? 1;
            const top = Math.min(
              high,
              name.toLowerCase().includes('batch') ? 1024 : Math.max(4096, 2 ** Math.ceil(Math.log2(value + 1))),
            );
            const all = stops(low, top);
            return (
              <div class="slider" key={name}>
                <label for={`dim-${name}`}>{labels[name] ?? name}</label>
                <input
                  type="range"
                  id={`slide-${name}`}
                  aria-label={`${labels[name] ?? name}, by slider`}
                  aria-valuetext={String(value)}
                  min={0}
                  max={all.length - 1}
                  step={1}
                  value={nearest(all, value)}
                  onInput={(event) => bind(name, all[Number(event.currentTarget.value)] ?? value)}
                />
                <input
                  type="number"
                  id={`dim-${name}`}
                  min={low}
                  max={high}
                  step={1}
                  value={value}
                  onInput={(event) => {
                    const n = Number(event.currentTarget.value);
                    if (event.currentTarget.value !== '' && Number.isInteger(n) && n >= low && n <= high) bind(name, n);
                  }}
                />
              </div>
            );
          })}
        </div>
      )}
      {refusal.value !== null && (
        <p class="refused" role="alert">
          The model cannot run at these sizes: {refusal.value}. The numbers are those of the last sizes at which it
          runs.
        </p>
      )}
      {loaded.refused !== null && (
        <p class="refused" role="alert">
          Not at these sizes: {loaded.refused.message}
          {loaded.refused.place.length > 0 && ` (${loaded.refused.place.join(', ')})`}. The model is shown as it is in
          the file.
        </p>
      )}
    </section>
  );
}

/** An input's extents, each a field: a number fixes it, a name leaves it free. */
function Input({ input }: { readonly input: TensorSheet }) {
  const sheet = model.value?.sheet;
  const texts = (input.shape ?? []).map((ref) => sheet?.texts[ref] ?? String(values.value[ref]));
  const [draft, setDraft] = useState<readonly string[] | null>(null);
  const shown = draft ?? texts;
  const changed = draft?.some((text, i) => text.trim() !== texts[i]);
  const free = texts.some((text) => !/^\d+$/.test(text));
  const apply = (extents: readonly string[]): void => {
    setDraft(null);
    const numbers: Record<string, number> = {};
    // A name put in place of a number starts at that number.
    for (const [i, text] of extents.entries())
      if (!/^\d+$/.test(text) && /^\d+$/.test(texts[i] ?? '')) numbers[text] = Number(texts[i]);
    void reopen({
      inputs: { ...(model.value?.inputs ?? {}), [input.name]: extents.map((e) => e.trim()) },
      bind: numbers,
    });
  };
  return (
    <form
      class="input"
      onSubmit={(event) => {
        event.preventDefault();
        if (changed) apply(shown);
      }}
    >
      <span class="input-name">{input.name}</span>
      <span class="extents">
        {shown.map((text, i) => (
          <span key={i}>
            {i > 0 && <i aria-hidden="true">×</i>}
            <input
              class={/^\d+$/.test(text) ? '' : 'free'}
              aria-label={`${input.name}, axis ${i}: a number, or a name to leave it free`}
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
      {changed && (
        <button type="submit" disabled={shown.some((t) => t.trim() === '')}>
          Apply
        </button>
      )}
      {changed && (
        <button type="button" class="plain" onClick={() => setDraft(null)}>
          Undo
        </button>
      )}
      {!changed && !free && texts.length > 1 && (
        <button
          type="button"
          class="plain"
          onClick={() => apply(freed(texts))}
          title="Leave the batch, and an image’s height and width, free"
        >
          free its size
        </button>
      )}
    </form>
  );
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
