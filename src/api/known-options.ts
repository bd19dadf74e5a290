import { nearest } from '../models/nearest.js';
import { ModelError } from '../source/errors.js';

/** Throws ModelError `argument` if options are not an object, or have a name that is not known: it would have no effect. */
export function checkOptions(what: string, options: unknown, known: Readonly<Record<string, true>>): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null)
    throw new ModelError('argument', `the options of ${what} are an object, not ${String(options)}`, {
      hint: `write ${what}(model, { inputs: [[1, 3, 224, 224]] })`,
    });
  const names = Object.keys(known);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) {
    checkValues(what, options as Readonly<Record<string, unknown>>);
    return;
  }
  const [near] = nearest(unknown, names, 1);
  throw new ModelError('argument', `${what} has no option "${unknown}"`, {
    hint: near === undefined ? `it takes ${names.join(', ')}` : `did you mean ${near}?`,
  });
}

/** Options that are names, and such as are lists: in plain JavaScript one is easily given for the other. */
const NAMES = ['convention', 'name', 'by', 'signature', 'weights', 'kv'] as const;
const LISTS = ['conventions', 'devices'] as const;

function checkValues(what: string, options: Readonly<Record<string, unknown>>): void {
  const shown = (value: unknown): string => JSON.stringify(value) ?? String(value);
  for (const name of NAMES) {
    const value = options[name];
    if (value === undefined || typeof value === 'string') continue;
    throw new ModelError('argument', `the option ${name} of ${what} is a text, not ${shown(value)}`, {
      hint: `leave it out, or write ${name}: '…'`,
    });
  }
  for (const name of LISTS) {
    const value = options[name];
    if (value === undefined || Array.isArray(value)) continue;
    throw new ModelError('argument', `the option ${name} of ${what} is a list, not ${shown(value)}`, {
      hint: `write ${name}: [${shown(value)}]`,
    });
  }
}
