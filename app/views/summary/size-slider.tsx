import { useState } from 'preact/hooks';
import { bind, bindings, model } from '../../state/model.js';
import { nearest, numberIn, sliderEnd, stops } from './slider-stops.js';

/** Larger numbers are slips of the keyboard. */
const MOST = 2 ** 31;

interface SizeProps {
  readonly name: string;
  readonly label: string;
  readonly min: number | null;
  readonly max: number | null;
}

/** One free dimension: a slider, and a field for any number. */
export function SizeSlider({ name, label, min, max }: SizeProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const [low, high] = [min ?? (name === 'past' ? 0 : 1), Math.min(max ?? Number.MAX_SAFE_INTEGER, MOST)];
  const value = bindings.value[name] ?? 1;
  const batch = isBatch(name);
  const wrong = draft !== null && numberIn(draft, low, high) === null;
  const set = (n: number): void => {
    setDraft(null);
    bind(name, n);
  };
  return (
    <div class="slider">
      <label for={`dim-${name}`} title={label}>
        {label}
        {batch && !/batch/i.test(label) && <small> batch</small>}
      </label>
      <Range {...{ name, label, value, low, high, batch }} onSet={set} />
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
          set(value + by);
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

interface RangeProps {
  readonly name: string;
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly batch: boolean;
  readonly onSet: (value: number) => void;
}

function Range({ name, label, value, low, high, batch, onSet }: RangeProps) {
  const all = stops(low, Math.max(low, sliderEnd(value, high, batch)));
  return (
    <input
      type="range"
      id={`slide-${name}`}
      aria-label={`${label}, by slider`}
      aria-valuetext={String(value)}
      min={0}
      max={all.length - 1}
      step={1}
      value={nearest(all, value)}
      onInput={(event) => onSet(all[Number(event.currentTarget.value)] ?? value)}
    />
  );
}

function isBatch(name: string): boolean {
  return model.value?.sheet.sizes[name]?.from === 'batch' || /batch/i.test(name);
}
