import { useState } from 'preact/hooks';

interface LadderProps {
  readonly label: string;
  readonly value: number;
  readonly most: number;
  /** The largest number that can be typed, where it is beyond the slider's end. */
  readonly highest?: number;
  /** A remark on the number or its limit. */
  readonly words?: string | null;
  readonly onMove: (value: number) => void;
}

/** A whole number of at least 1: the slider doubles it, up to `most`; the field takes any. */
export function Ladder({ label, value, most, highest = 2 ** 31, words = null, onMove }: LadderProps) {
  const [refused, setRefused] = useState(false);
  const top = Math.ceil(Math.log2(most));
  const id = `ladder-${label.replace(/\W+/g, '-')}`;
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <input
        type="range"
        aria-label={`${label}, by slider`}
        aria-valuetext={String(value)}
        min={0}
        max={top}
        step={1}
        value={value >= most ? top : Math.min(top, Math.round(Math.log2(Math.max(1, value))))}
        onInput={(event) => {
          setRefused(false);
          onMove(Math.min(most, 2 ** Number(event.currentTarget.value)));
        }}
      />
      <input
        id={id}
        type="text"
        inputMode="numeric"
        value={String(value)}
        aria-invalid={refused}
        {...(words === null ? {} : { 'aria-describedby': `${id}-words` })}
        onChange={(event) => {
          const n = Number(event.currentTarget.value.replace(/[ ,_](?=\d{3}\b)/g, ''));
          const good = Number.isSafeInteger(n) && n >= 1 && n <= highest;
          setRefused(!good);
          if (good) onMove(n);
          else event.currentTarget.value = String(value);
        }}
      />
      {words !== null && (
        <p class={refused ? 'refused' : 'quiet'} id={`${id}-words`} role="status">
          {words}
        </p>
      )}
    </div>
  );
}
