import type { Note } from '../ledger/index.js';
import { shownMessage } from '../report/shown.js';

/**
 * Lines on what was asked for, where no other notes are shown: formulas given for nothing, and sizes beyond the positions that
 * a model has. `name` tells which model the latter is, where there are several.
 */
export function requestNotes(notes: readonly Note[], name: string | null = null): string[] {
  return [...unusedFormulas(notes), ...beyondPositions(notes, name)];
}

export function unusedFormulas(notes: readonly Note[]): string[] {
  return linesOf(notes, 'formula-unused', null);
}

export function beyondPositions(notes: readonly Note[], name: string | null): string[] {
  return linesOf(notes, 'beyond-positions', name);
}

function linesOf(notes: readonly Note[], code: Note['code'], name: string | null): string[] {
  const model = name === null ? '' : `${shownMessage(name)}: `;
  return notes.filter((note) => note.code === code).map(({ message }) => `note ${model}${shownMessage(message)}`);
}
