import type { ComponentChildren } from 'preact';
import { chosenPaint, type Paint } from '../../state/paint.js';
import { STEPS } from '../../ui/heat.js';

interface LegendProps<T> {
  readonly paint: Paint<T>;
  /** What colours stand for when they are not those of intensity. */
  readonly other: 'part' | 'class';
  /** Whether anything is computed, so that it has an intensity. */
  readonly graph: boolean;
  /** Texts before the colours and after them. */
  readonly first?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** The meaning of a drawing's colours, and a button for the other ones. */
export function Legend<T>({ paint: { by, parts }, other, graph, first, children }: LegendProps<T>) {
  return (
    <p class="legend">
      {first}
      {by === 'part' ? (
        parts.map(({ style, text }) => (
          <span key={style}>
            <i class={style} aria-hidden="true" /> {text}
          </span>
        ))
      ) : (
        <Ramp />
      )}
      {(graph || by === 'intensity') && (
        <button
          type="button"
          class="plain"
          onClick={() => {
            chosenPaint.value = by === 'part' ? 'intensity' : 'part';
          }}
        >
          {by === 'part' ? 'colour by FLOPs a byte' : `colour by ${other}`}
        </button>
      )}
      {children}
    </p>
  );
}

function Ramp() {
  return (
    <>
      <span class="ramp">
        moves data
        {Array.from({ length: STEPS }, (_, i) => (
          <i key={i} class={`heat${i}`} />
        ))}
        computes
      </span>
      <span class="quiet">FLOPs a byte, 0.1 to 300</span>
    </>
  );
}
