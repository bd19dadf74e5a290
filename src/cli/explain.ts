import { CONVENTIONS, SPECIAL_CONVENTIONS } from '../conventions/index.js';
import { anyOf, nearest } from '../models/nearest.js';
import { formulas } from '../ops/index.js';
import { toJson } from '../report/index.js';
import { formatFor } from './effects.js';
import { UsageError } from './errors.js';
import { emit } from './output.js';
import type { ExplainJson } from './printed.js';
import { fitted } from './style.js';

/** `opcount explain`: an operator's formula or a convention's rule. Names are as in the report, or as formats spell them. */
export async function runExplain(
  subject: string | undefined,
  flags: { readonly format?: 'table' | 'json'; readonly output?: string },
): Promise<number> {
  const table = formulas();
  const format = formatFor('explain', flags, ['table', 'json']);
  if (subject === undefined) {
    const ops = [...table.keys()].sort().join(', ');
    await print(
      `conventions: ${[...CONVENTIONS, ...SPECIAL_CONVENTIONS].map((c) => c.id).join(', ')}\noperators: ${ops}\n`,
      flags.output,
    );
    return 0;
  }
  const key = plain(subject);
  const convention = [...CONVENTIONS, ...SPECIAL_CONVENTIONS].find((c) => plain(c.id) === key);
  if (convention !== undefined) {
    const { id, title, version, source, description: words } = convention;
    await print(
      format === 'json'
        ? toJson({ id, title, version, source, words } satisfies ExplainJson)
        : `${title} ${version}\n\n${words}\n\nsource  ${source}\n`,
      flags.output,
      format,
    );
    return 0;
  }
  const name = [...table.keys()].find((op) => plain(op) === key);
  const formula = name === undefined ? undefined : table.get(name);
  if (name === undefined || formula === undefined) {
    const near = nearest(subject, [...table.keys(), ...[...CONVENTIONS, ...SPECIAL_CONVENTIONS].map((c) => c.id)]);
    throw new UsageError(
      `there is neither an operator nor a convention "${subject}"`,
      near.length > 0 ? `did you mean ${anyOf(near)}?` : '`opcount explain` lists them',
    );
  }
  const { macs, flops, source, leavesOut } = formula;
  await print(
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
    format,
  );
  return 0;
}

/** Behind `source      ` and the like a line goes on below its words. */
async function print(text: string, file: string | undefined, format = 'table'): Promise<void> {
  const hang = (line: string): number => /^[A-Za-z]+(?: [a-z]+)? {2,}/.exec(line)?.[0].length ?? 0;
  emit(format === 'json' ? text : await fitted(text, file !== undefined, hang), file);
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/^(aten[.:]+|torch\.nn\.|nn\.|f\.)/, '')
    .replace(/[^a-z0-9]/g, '');
}
