import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { type FloorAxis, tornLine } from '../../ui/floor-axis.js';
import { bytes, percent } from '../../ui/numbers.js';
import { LinesAcross } from './axes.js';
import { Tickbox } from './tickbox.js';

// Parts of drawings of memory over time: a moment that is chosen, and the tensors in memory at it.

interface MomentControlsProps {
  /** The name of a moment: an operator, or a moment of a step. */
  readonly label: string;
  readonly count: number;
  readonly at: number;
  readonly peak: number;
  /** The moment in words, for those who do not see the drawing. */
  readonly words: string;
  /** The moment that is looked at; null is the peak. */
  readonly moment: Signal<number | null>;
  /** Whether what is there all the time is drawn too. */
  readonly floor: Signal<boolean>;
  readonly floorWords: string;
}

export function MomentControls({ label, count, at, peak, words, moment, floor, floorWords }: MomentControlsProps) {
  return (
    <div class="moment">
      <label>
        <span class="quiet">{label}</span>
        <input
          type="range"
          min={0}
          max={Math.max(0, count - 1)}
          value={at}
          aria-valuetext={words}
          onInput={(event) => {
            moment.value = Number(event.currentTarget.value);
          }}
        />
      </label>
      <button
        type="button"
        class="plain"
        disabled={at === peak}
        onClick={() => {
          moment.value = null;
        }}
      >
        To the peak
      </button>
      <Tickbox
        on={floor.value}
        onTurn={(on) => {
          floor.value = on;
        }}
      >
        {floorWords}
      </Tickbox>
    </div>
  );
}

/** Handlers of a drawing that is `width` wide from `left` on: where it is pressed or dragged is the moment. */
export function pointing(moment: Signal<number | null>, count: number, left: number, width: number) {
  const choose = (event: PointerEvent): void => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    moment.value = Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - box.left - left) / width) * count)));
  };
  return {
    onPointerDown: choose,
    onPointerMove: (event: PointerEvent): void => {
      if (event.buttons === 1) choose(event);
    },
  };
}

/** Pixels of a floor from which on its words fit into it. */
const LABELLED = 20;
/** Average width of a character of these words. */
const CHARACTER = 6.3;

interface AxisProps {
  readonly axis: FloorAxis;
  readonly left: number;
  readonly right: number;
}

export function ByteTicks({ axis: { ticks, y }, left, right }: AxisProps) {
  return <LinesAcross ticks={ticks} y={y} left={left} right={right} />;
}

/** The bytes that are there all the time, as a band; where it is not to scale, it says so. */
export function Floor({
  axis: { y, broken },
  left,
  right,
  floor,
  what,
}: AxisProps & { readonly floor: number; readonly what: string }) {
  if (floor === 0) return null;
  const [top, bottom] = [y(floor), y(0)];
  return (
    <>
      <rect class="floor" x={left} y={top} width={right - left} height={Math.max(0, bottom - top)} />
      {broken && <path class="torn" d={tornLine(left, right, top + 9)} />}
      {bottom - top > LABELLED && (
        <text class="floor-label" x={left + 6} y={bottom - 7}>
          {bytes(floor)}
          {(right - left) / CHARACTER > `${bytes(floor)} of ${what}: not to scale`.length && ` of ${what}`}
          {broken && ': not to scale'}
        </text>
      )}
    </>
  );
}

interface ShareLineProps {
  readonly name: ComponentChildren;
  readonly about: string;
  readonly amount: string;
  readonly part: number;
  readonly whole: number;
}

/** A line of a list of what takes most: its name, a word on it, how much, and its share. */
export function ShareLine({ name, about, amount, part, whole }: ShareLineProps) {
  return (
    <li>
      {name}
      <span class="quiet">{about}</span>
      <span class="alive-bytes">{amount}</span>
      <span class="share">
        <i style={{ width: `${((100 * part) / (whole || 1)).toFixed(1)}%` }} />
        <b>{percent(part, whole)}</b>
      </span>
    </li>
  );
}
