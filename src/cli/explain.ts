import { CONVENTIONS, SPECIAL_CONVENTIONS } from '../conventions/index.js';
import { nearest } from '../models/nearest.js';
import { formulas } from '../ops/index.js';
import { toJson } from '../report/index.js';
import { formatFor } from './effects.js';
import { UsageError } from './errors.js';
import { emit } from './output.js';
import type { ExplainJson } from './printed.js';

/** `opcount explain`: an operator's formula or a convention's rule. Names are as in the report, or as formats spell them. */
export function runExplain(
  subject: string | undefined,
  flags: { readonly format?: 'table' | 'json'; readonly output?: string },
): number {
  const table = formulas();
  const format = formatFor('explain', flags, ['table', 'json']);
  if (subject === undefined) {
    const ops = [...table.keys()].sort().join(', ');
    emit(
      `conventions: ${[...CONVENTIONS, ...SPECIAL_CONVENTIONS].map((c) => c.id).join(', ')}\noperators: ${ops}\n`,
      flags.output,
    );
    return 0;
  }
  const key = plain(subject);
  const convention = [...CONVENTIONS, ...SPECIAL_CONVENTIONS].find((c) => plain(c.id) === key);
  if (convention !== undefined) {
    const { id, title, version, source, description: words } = convention;
    emit(
      format === 'json'
        ? toJson({ id, title, version, source, words } satisfies ExplainJson)
        : `${title} ${version}\n\n${words}\n\nsource  ${source}\n`,
      flags.output,
    );
    return 0;
  }
  const name = [...table.keys()].find((op) => plain(op) === key);
  const formula = name === undefined ? undefined : table.get(name);
  if (name === undefined || formula === undefined) {
    const near = nearest(subject, [...table.keys(), ...[...CONVENTIONS, ...SPECIAL_CONVENTIONS].map((c) => c.id)]);
    throw new UsageError(
      `there is neither an operator nor a convention "${subject}"`,
      near.length > 0 ? `did you mean ${near.join(' or ')}?` : '`opcount explain` lists them',
    );
  }
  const { macs, flops, source, leavesOut } = formula;
  emit(
    format === 'json'
      ? toJson({ op: name, macs, flops, source, leavesOut: leavesOut ?? null } satisfies ExplainJson)
      : [
          name,
          '',
          `MACs        ${macs}`,
          `FLOPs       ${flops}`,
          `source      ${source}`,
          ...(leavesOut === undefined ? [] : [`leaves out  ${leavesOut}`]),
          '',
        ].join('\n'),
    flags.output,
  );
  return 0;
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/^(aten[.:]+|torch\.nn\.|nn\.|f\.)/, '')
    .replace(/[^a-z0-9]/g, '');
}
