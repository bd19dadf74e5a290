import type { Note } from '../ledger/index.js';
import { shownMessage } from '../report/shown.js';

/** Formulas that were given for nothing, as lines, where no other notes are shown. */
export function unusedFormulas(notes: readonly Note[]): string[] {
  return notes.filter(({ code }) => code === 'formula-unused').map(({ message }) => `note ${shownMessage(message)}`);
}
