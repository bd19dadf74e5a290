import { useState } from 'preact/hooks';
import type { TensorSheet } from '../../sheet.js';
import { bind, bindings, model, refusal, reopen, rereadable, symbols, values } from '../../state/model.js';

const CEILING = 65_536;
/** Larger numbers are slips of the keyboard. */
const MOST = 2 ** 31;

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
      {loaded.sheet.inputs.map((input) =>
        rereadable.value ? <Input key={input.name} input={input} /> : <FixedInput key={input.name} input={input} />,
      )}
      {symbols.value.length > 0 && (
        <div class="sliders">
          {symbols.value.map((symbol) => (
            <Size key={symbol.name} {...symbol} label={labels[symbol.name] ?? symbol.name} />
          ))}
        </div>
      )}
      <Start />
      {refusal.value !== null && (
        <p class="refused" role="alert">
          The model cannot run at these sizes: {refusal.value}. The numbers are those of the last sizes at which it
          runs.
        </p>
      )}
      {loaded.refused !== null && (
        <p class="refused" role="alert">
          Not at these sizes: {loaded.refused.message.split('\n', 1)[0]}
          {loaded.refused.place.length > 0 && ` (${loaded.refused.place.join(', ')})`}. The model is shown as it is in
          the file.
        </p>
      )}
    </section>
  );
}

interface SizeProps {
  readonly name: string;
  readonly label: string;
  readonly min: number | null;
  readonly max: number | null;
}

/** One free dimension: a slider, and a field for any number. */
function Size({ name, label, min, max }: SizeProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const [low, high] = [min ?? (name === 'past' ? 0 : 1), Math.min(max ?? Number.MAX_SAFE_INTEGER, MOST)];
  const value = bindings.value[name] ?? 1;
  const batch = isBatch(name);
  const top = Math.min(high, batch ? 1024 : Math.max(4096, Math.min(CEILING, 2 ** Math.ceil(Math.log2(value + 1)))));
  const all = stops(low, Math.max(low, top));
  const wrong = draft !== null && numberIn(draft, low, high) === null;
  return (
    <div class="slider">
      <label for={`dim-${name}`} title={label}>
        {label}
        {batch && !/batch/i.test(label) && <small> batch</small>}
      </label>
      <input
        type="range"
        id={`slide-${name}`}
        aria-label={`${label}, by slider`}
        aria-valuetext={String(value)}
        min={0}
        max={all.length - 1}
        step={1}
        value={nearest(all, value)}
        onInput={(event) => {
          setDraft(null);
          bind(name, all[Number(event.currentTarget.value)] ?? value);
        }}
      />
      <input
        type="text"
        inputMode="numeric"
        id={`dim-${name}`}
        autocomplete="off"
        value={draft ?? String(value)}
        aria-invalid={wrong}
        {...(wrong ? { 'aria-describedby': `wrong-${name}` } : {})}
        onInput={(event) => {
          const text = event.currentTarget.value;
          const n = numberIn(text, low, high);
          setDraft(text);
          if (n !== null) bind(name, n);
        }}
        onBlur={() => setDraft(null)}
        onKeyDown={(event) => {
          const by = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
          if (by === 0 || value + by < low || value + by > high) return;
          event.preventDefault();
          setDraft(null);
          bind(name, value + by);
        }}
      />
      {wrong && (
        <p class="refused" id={`wrong-${name}`} role="alert">
          {label} is a whole number from {low.toLocaleString('en-US')}
          {max !== null && ` to ${max.toLocaleString('en-US')}`}; the numbers are still those at {value}.
        </p>
      )}
    </div>
  );
}

/** A whole number within its limits; null for anything else. */
function numberIn(text: string, low: number, high: number): number | null {
  const plain = text.trim().replace(/[ ,_](?=\d{3}\b)/g, '');
  if (!/^\d+$/.test(plain)) return null;
  const n = Number(plain);
  return n >= low && n <= high ? n : null;
}

function isBatch(name: string): boolean {
  return model.value?.sheet.sizes[name]?.from === 'batch' || /batch/i.test(name);
}

/** Where the sizes come from that the page began with, as long as they are on show. */
function Start() {
  const sheet = model.value?.sheet;
  if (sheet === undefined) return null;
  const some = Object.entries(sheet.sizes).filter(
    ([name, { size, from }]) => from !== 'batch' && from !== 'given' && bindings.value[name] === size,
  );
  const said = (from: 'file' | 'choice'): string =>
    some
      .filter(([, own]) => own.from === from)
      .map(([name, { size }]) => `${sheet.labels[name] ?? name} ${size.toLocaleString('en-US')}`)
      .join(', ');
  const [file, choice] = [said('file'), said('choice')];
  if (file === '' && choice === '') return null;
  return (
    <p class="start quiet">
      {file !== '' && `From the file’s own example: ${file}. `}
      {choice !== '' && `Sizes to begin with, as none is given: ${choice}.`}
    </p>
  );
}

function FixedInput({ input }: { readonly input: TensorSheet }) {
  const texts = model.value?.sheet.texts ?? {};
  return (
    <p class="input">
      <span class="input-name">{input.name}</span>{' '}
      {(input.shape ?? []).map((ref) => texts[ref] ?? values.value[ref]).join(' × ')}{' '}
      <span class="quiet">{input.dtype}</span>
    </p>
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
