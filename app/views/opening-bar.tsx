import { cancelOpening, opening } from '../state/model.js';
import { bytes } from '../ui/numbers.js';

const STAGES = {
  reading: 'Reading',
  'fetching-python': 'Fetching Python for',
  'starting-python': 'Starting Python for',
  'running-python': 'Running',
  counting: 'Counting',
} as const;

/** How far an opening is, and a way out. */
export function OpeningBar() {
  const now = opening.value;
  if (now === null) return null;
  const { progress } = now;
  const known = progress?.stage === 'reading' && progress.size > 0;
  return (
    <div class="opening" role="status">
      <span>
        {STAGES[progress?.stage ?? 'reading']} <b>{now.name}</b>
        {progress?.stage === 'fetching-python' && ` · ${bytes(progress.read)} of ${bytes(progress.size)}`}
        {known && ` · ${bytes(progress.read)} of ${bytes(progress.size)} read so far; the weights will not be`}
      </span>
      <progress aria-label={`Opening ${now.name}`} />
      <button type="button" class="plain" onClick={() => cancelOpening()}>
        Stop
      </button>
    </div>
  );
}
