import { type Opening, openings, stopOpening } from '../../state/openings.js';
import { bytes } from '../../ui/numbers.js';

const STAGES = {
  reading: 'Reading',
  'fetching-python': 'Fetching Python for',
  'starting-python': 'Starting Python for',
  'running-python': 'Running',
  counting: 'Counting',
} as const;

export function OpeningBars() {
  return openings.value.map((now) => <OpeningBar key={now.slot} {...now} />);
}

/** How far an opening is, and a way out. */
function OpeningBar({ slot, name, progress }: Opening) {
  const known = progress?.stage === 'reading' && progress.size > 0;
  const fetched = progress?.stage === 'fetching-python' && progress.size > 0 ? progress.read / progress.size : null;
  return (
    <div class="opening" role="status">
      <span>
        {STAGES[progress?.stage ?? 'reading']} <b>{name}</b>
        {progress?.stage === 'fetching-python' && ` · ${bytes(progress.read)} of ${bytes(progress.size)}`}
        {known && ` · ${bytes(progress.read)} of ${bytes(progress.size)} read so far; the weights will not be`}
      </span>
      <Bar label={`Opening ${name}`} done={fetched} />
      <button type="button" class="plain" onClick={() => stopOpening(slot)}>
        Stop
      </button>
    </div>
  );
}

/**
 * Not `<progress>`: where that does not know how far it is, it is painted again for every frame, and takes the time of what it
 * waits for. This one only moves a layer.
 */
function Bar({ label, done }: { readonly label: string; readonly done: number | null }) {
  const known =
    done === null ? {} : { 'aria-valuenow': Math.round(done * 100), 'aria-valuemin': 0, 'aria-valuemax': 100 };
  return (
    <div class={`bar${done === null ? ' moves' : ''}`} role="progressbar" aria-label={label} {...known}>
      <i {...(done === null ? {} : { style: { transform: `scaleX(${done})` } })} />
    </div>
  );
}
