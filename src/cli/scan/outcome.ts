import { shownMessage } from '../../report/shown.js';
import { EXIT, UsageError } from '../errors.js';
import { say } from '../output.js';
import { counted } from './progress.js';
import { filesOf, rowsIn } from './store.js';

/** Throws UsageError where a scan found nothing to look at. `given`: where it looked. */
export function checkFound(models: number, given: readonly string[]): void {
  if (models === 0)
    throw new UsageError(
      `no models in ${given.join(', ')}`,
      'give a folder with models below it, their files, addresses or names, or @list.txt with one a line',
    );
}

/** The exit code of a scan by its rows: a table of nothing but errors is no success, and the first of them is said. */
export function outcomeOf(folder: string): number {
  let failed = 0;
  let first: string | null = null;
  let unreachable = true;
  for (const file of filesOf(folder, 'models'))
    for (const row of rowsIn(file)) {
      if (row['status'] !== 'error' && row['status'] !== 'not-a-model') return EXIT.fine;
      failed++;
      first ??= `${String(row['model'])}: ${String(row['error'])}`;
      // Codes of what could not be fetched, and the system's own.
      unreachable &&= /^(http|unavailable|E[A-Z0-9]+)$/.test(String(row['error_code']));
    }
  if (first === null) return EXIT.fine;
  say(`error: cannot read ${failed === 1 ? 'the model' : `any of ${counted(failed)}`}: ${shownMessage(first)}`);
  say(`  try  opcount with that name alone, which says what to do; ${folder} has a row with the reason for each`);
  return unreachable ? EXIT.unreachable : EXIT.unreadable;
}
