import { isModelError, isSourceError, shown, shownMessage } from 'opcount';
import type { Failure } from './protocol.js';

/** Any error as what a person needs: what, where, what to do. Texts that quote a file are made safe to show. */
export function failureOf(error: unknown): Failure {
  const { message, place, hint, ...rest } = plainFailure(error);
  return {
    ...rest,
    message: shownMessage(message),
    place: place.map((part) => shown(part)),
    hint: hint === null ? null : shownMessage(hint),
  };
}

function plainFailure(error: unknown): Failure {
  if (isModelError(error)) {
    const { module, node, field, offset, file, line } = error.at;
    return {
      message: error.message,
      format: error.format,
      place: [
        ...(module === undefined ? [] : [`module ${module}`]),
        ...(node === undefined ? [] : [`node ${node}`]),
        ...(field === undefined ? [] : [field]),
        ...(offset === undefined ? [] : [`byte ${offset}`]),
        ...(file === undefined ? [] : [line === undefined ? file : `${file}, line ${line}`]),
      ],
      hint: error.hint,
      again: false,
    };
  }
  if (isSourceError(error)) return { message: error.message, format: null, place: [], hint: error.hint, again: true };
  if (error instanceof RangeError && /call stack|array length|Map maximum/i.test(error.message))
    return {
      message: 'The model is nested too deeply, or states impossible sizes.',
      format: null,
      place: [],
      hint: 'Export it again; if it is sound, please report it.',
      again: false,
    };
  return {
    message: `opcount failed on this model: ${error instanceof Error ? error.message : String(error)}`,
    format: null,
    place: [],
    hint: 'This is a fault of opcount, not of the model: please report it.',
    again: false,
  };
}
