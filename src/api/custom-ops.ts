import type { Convention, CustomOps } from '../conventions/types.js';
import { customTypes } from '../conventions/units.js';
import type { Ledger, Note } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { ModelError } from '../source/errors.js';

/**
 * Rules by the full names of the classes that they are meant for: a key is a full name (`torch.nn.Conv2d`) or its last part
 * (`Conv2d`). Notes say which keys fit nothing in this model, and which of the tools have no rules of their own. Throws
 * ModelError `argument` where none of the tools takes them, or a rule is not a function.
 */
export function resolveCustomOps(
  given: CustomOps,
  ledger: Ledger,
  conventions: readonly Convention[],
): { customOps: CustomOps; notes: Note[] } {
  for (const [key, rule] of Object.entries(given))
    if (typeof rule !== 'function')
      throw new ModelError('argument', `customOps: the rule of ${key} is not a function`, {
        hint: 'a rule takes one call (its shapes and arguments) and gives its count',
      });
  const takers = conventions.filter((convention) => convention.takesCustomOps === true);
  if (takers.length === 0)
    throw new ModelError(
      'argument',
      `customOps are rules of tools that hook modules, and ${conventions.map((c) => c.id).join(', ')} does not`,
      {
        hint: "ask for one that does: convention: 'thop' (ptflops, torchinfo, ultralytics-thop); exact takes `formulas`",
      },
    );
  const types = customTypes(ledger);
  const resolved: Record<string, CustomOps[string]> = {};
  const unused: string[] = [];
  for (const [key, rule] of Object.entries(given)) {
    const fitting = [...types].filter((type) => type === key || type.slice(type.lastIndexOf('.') + 1) === key);
    if (fitting.length === 0) unused.push(key);
    for (const type of fitting) resolved[type] = rule;
  }
  const others = conventions.filter((convention) => !takers.includes(convention)).map((c) => c.id);
  return {
    customOps: byName(resolved),
    notes: [
      ...unused.map(
        (key): Note => ({
          code: 'unused-custom-op',
          message: `customOps: nothing in this model is a ${key}`,
        }),
      ),
      ...(others.length === 0
        ? []
        : [
            {
              code: 'custom-ops' as const,
              message: `customOps change ${takers.map((c) => c.id).join(', ')}, not ${others.join(', ')}`,
            },
          ]),
    ],
  };
}
