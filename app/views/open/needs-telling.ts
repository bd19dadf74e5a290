import type { Failure, Origin } from '../../worker/protocol.js';

/** Whether a model that could not be opened only needs to be told what to build, or on what. */
export function needsTelling(origin: Origin, { message, hint }: Failure): boolean {
  if (hint?.includes('--input') === true) return true;
  // No shape helps where there is no interpreter, nor a program that is not Python, lacks a package, broke its interpreter or
  // ran out of time or memory.
  if (/^Python is not beside|\b(Syntax|Indentation|Tab|Import|ModuleNotFound)Error: /.test(message)) return false;
  return isSource(origin) && !/report it|time|memory/i.test(hint ?? '');
}

/** Whether it is PyTorch source, of which the model and its inputs may have to be named. */
export function isSource(origin: Origin): origin is Extract<Origin, { kind: 'files' }> {
  return origin.kind === 'files' && /\.py$/i.test(origin.main);
}
