import { nearest } from '../models/nearest.js';
import { ModelError } from '../source/errors.js';

/** Throws ModelError `argument` where options are not an object, or have a name that is not known: it would have no effect. */
export function checkOptions(what: string, options: unknown, known: Readonly<Record<string, true>>): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null)
    throw new ModelError('argument', `the options of ${what} are an object, not ${String(options)}`, {
      hint: `write ${what}(model, { inputs: [[1, 3, 224, 224]] })`,
    });
  const names = Object.keys(known);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const [near] = nearest(unknown, names, 1);
  throw new ModelError('argument', `${what} has no option "${unknown}"`, {
    hint: near === undefined ? `it takes ${names.join(', ')}` : `did you mean ${near}?`,
  });
}
