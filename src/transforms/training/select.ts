import type { Weight } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';

/**
 * Whether a name is meant by a pattern: `*` stands for anything, and a name stands for all that is below it (`layer1` for
 * `layer1.0.conv1.weight`).
 */
export function matches(name: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}(\\..*)?$`, 's').test(name);
}

export function isFrozen(weight: Weight, patterns: readonly string[]): boolean {
  return patterns.some((p) => [weight.name, ...weight.aliases].some((name) => matches(name, p)));
}

/** Patterns that mean nothing in a model were meant for something else. */
export function checkPatterns(option: string, patterns: readonly string[], names: readonly string[]): void {
  for (const pattern of patterns)
    if (!names.some((name) => matches(name, pattern)))
      throw new ModelError('argument', `${option} ${pattern} is the name of nothing in this model`, {
        hint: `names are like ${names.slice(0, 3).join(', ')}; * stands for anything`,
      });
}
