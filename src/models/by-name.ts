import { ModelError } from '../source/errors.js';
import { namedModels } from './language/names.js';
import { anyOf, nearest } from './nearest.js';
import { BUILTIN, type BuiltinModel } from './registry.js';

/** The built-in model of that name. Throws ModelError `argument` with the names that are nearest. */
export function builtin(name: string): BuiltinModel {
  const found = BUILTIN.get(name);
  if (found === undefined) throw unknownModel(name);
  return found;
}

/** For a name that no model has. */
export function unknownModel(name: string): ModelError {
  const near = nearest(name, [...BUILTIN.keys(), ...namedModels().keys()]);
  return new ModelError('argument', `there is no built-in model "${name}"`, {
    hint: near.length > 0 ? `did you mean ${anyOf(near)}?` : '`opcount models` lists them',
  });
}
