import { ModelError } from '../source/errors.js';
import type { InputOverride } from './types.js';

/**
 * The caller's inputs by the model's names for them: those without a name are taken in the model's order. `listed` says
 * what inputs there are. Throws ModelError `argument` for one that the model does not have.
 */
export function overridesByName(
  stated: readonly { readonly name: string }[],
  given: readonly InputOverride[],
  format: string,
  listed: () => string,
): Map<string, InputOverride> {
  const found = new Map<string, InputOverride>();
  let next = 0;
  for (const override of given) {
    const name = override.name ?? stated[next++]?.name;
    if (name === undefined || !stated.some((i) => i.name === name))
      throw new ModelError(
        'argument',
        `the model has no input ${override.name === undefined ? `number ${next}` : `"${override.name}"`}`,
        { format, hint: `its inputs: ${listed()}` },
      );
    found.set(name, override);
  }
  return found;
}
