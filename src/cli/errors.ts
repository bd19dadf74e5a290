import { shownMessage } from '../report/shown.js';
import { asOwnError, isModelError, isSourceError, type ModelError, type Place } from '../source/errors.js';

/** Exit codes, as the interface promises them to scripts. */
export const EXIT = { fine: 0, overBudget: 1, usage: 2, unreadable: 3, unreachable: 4 } as const;

const DEBUG = ' (OPCOUNT_DEBUG=1 shows where)';

/** A command that cannot be carried out as it was typed. */
export class UsageError extends Error {
  readonly hint: string | null;
  constructor(message: string, hint: string | null = null) {
    super(message);
    this.hint = hint;
  }
}

/**
 * What went wrong, where, and what to do: never a stack trace. A shape that cannot be is the model's fault, unless the
 * caller gave the shapes.
 */
export function explainError(error: unknown, shapesGiven = false): { readonly text: string; readonly code: number } {
  if (error instanceof UsageError) return { text: lines(error.message, null, error.hint), code: EXIT.usage };
  if (isModelError(error))
    return {
      text: lines(error.message, placeText(error), error.hint + (error.code === 'internal' ? DEBUG : '')),
      code: error.code === 'argument' || (error.code === 'shape' && shapesGiven) ? EXIT.usage : EXIT.unreadable,
    };
  if (isSourceError(error)) return { text: lines(error.message, null, error.hint), code: EXIT.unreachable };
  const own = asOwnError(error);
  if (own !== error) return explainError(own, shapesGiven);
  return { text: lines(String(error), null, null), code: EXIT.unreadable }; // a signal to stop
}

function placeText(error: ModelError): string | null {
  const parts = placeParts(error.at);
  if (error.format !== null && parts.length > 0) parts.unshift(error.format);
  return parts.length === 0 ? null : parts.join(', ');
}

function placeParts(at: Place): string[] {
  const parts: string[] = [];
  if (at.module !== undefined) parts.push(`module ${at.module}`);
  if (at.node !== undefined) parts.push(`node ${at.node}`);
  if (at.field !== undefined) parts.push(at.field);
  if (at.offset !== undefined) parts.push(`byte ${at.offset}`);
  if (at.file !== undefined) parts.push(at.line === undefined ? at.file : `${at.file}, line ${at.line}`);
  return parts;
}

function lines(message: string, place: string | null, hint: string | null): string {
  return [
    `error: ${shownMessage(message)}`,
    ...(place === null ? [] : [`  at   ${shownMessage(place)}`]),
    ...(hint === null ? [] : [`  try  ${shownMessage(hint)}`]),
  ].join('\n');
}
