import type { Call } from './call.js';
import type { Arg } from './types.js';

/** What an operator does with its arguments: one result for each that PyTorch's schema returns, a list being one. */
export type Rule = (call: Call) => readonly Arg[];

export interface Entry {
  /** Parameters of each overload, tried in order: see `signature.ts`. */
  readonly signatures: readonly string[];
  readonly run: Rule;
}
export type Table = Readonly<Record<string, Entry>>;

export function entry(signatures: string | readonly string[], run: Rule): Entry {
  return { signatures: typeof signatures === 'string' ? [signatures] : signatures, run };
}
