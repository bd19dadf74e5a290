import { useEffect } from 'preact/hooks';
import { model } from '../../state/model.js';
import { focus, view } from '../../state/view.js';
import { hovered } from './drawing.js';

/** Patterns that every drawing may refer to. */
export function Patterns() {
  return (
    <svg class="unseen" aria-hidden="true" width="0" height="0">
      <defs>
        <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="hatch-line" width="2" height="7" />
        </pattern>
      </defs>
    </svg>
  );
}

/** A note on the part under the pointer. */
export function Tip() {
  // A drawing that goes from under the pointer does not say that it was left.
  useEffect(() => {
    hovered.value = null;
  }, [model.value, view.value, focus.value]);
  const at = hovered.value;
  if (at === null) return null;
  const left = at.x > innerWidth - 300 ? { right: `${innerWidth - at.x + 12}px` } : { left: `${at.x + 14}px` };
  const top = at.y > innerHeight - 140 ? { bottom: `${innerHeight - at.y + 12}px` } : { top: `${at.y + 14}px` };
  return (
    <div class="tip" aria-hidden="true" style={{ ...left, ...top }}>
      {at.text}
    </div>
  );
}
