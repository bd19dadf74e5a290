import type { Signal } from '@preact/signals';
import { type BothCounts, comparedBy } from '../../state/compare.js';
import { other } from '../../state/model.js';
import { stopOpening } from '../../state/openings.js';
import { openerFor } from '../open/opening.js';
import { Tickbox } from '../parts/tickbox.js';

interface ControlsProps {
  /** Counts that modules have, and the one that rows go by. */
  readonly counts: readonly BothCounts[];
  readonly by: BothCounts | undefined;
  /** Levels of modules that are listed, of how many. */
  readonly depth: Signal<number>;
  readonly deepest: number;
  readonly onlyChanged: Signal<boolean>;
}

/** Which count rows go by, which rows there are, and the way to another comparison. */
export function CompareControls({ counts, by, depth, deepest, onlyChanged }: ControlsProps) {
  return (
    <div class="ledger-tools">
      <div class="choice" role="radiogroup" aria-label="Compare by">
        {counts.map(({ id, label }) => (
          <label key={id}>
            <input
              type="radio"
              name="compare-by"
              checked={by?.id === id}
              onChange={() => {
                comparedBy.value = id;
              }}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
      <label>
        levels{' '}
        <input
          type="number"
          class="levels"
          min={1}
          max={deepest}
          value={depth.value}
          onInput={(event) => {
            depth.value = Math.max(1, Math.min(deepest, Number(event.currentTarget.value) || 1));
          }}
        />
      </label>
      <Tickbox
        on={onlyChanged.value}
        onTurn={(on) => {
          onlyChanged.value = on;
        }}
      >
        only what differs
      </Tickbox>
      <button
        type="button"
        class="plain end"
        onClick={() => {
          openerFor.value = 'b';
        }}
      >
        Another model
      </button>
      <button
        type="button"
        class="plain"
        onClick={() => {
          stopOpening('b');
          other.value = null;
        }}
      >
        End the comparison
      </button>
    </div>
  );
}
