import type { Baseline, BaselineEntry } from '../src/check/baseline.js';
import { changeText } from '../src/check/markdown.js';
import { MEASURES, type Measure } from '../src/check/measures.js';
import type { Checked } from '../src/check/verdicts.js';
import { markdownText } from '../src/report/escape.js';
import { shown } from '../src/report/shown.js';
import { shownData } from '../src/report/shown-data.js';
import type { ReportCount } from '../src/report/types.js';

/** By this the action knows its own comment again. */
export const MARKER = '<!-- opcount -->';

/** GitHub takes no comment that is longer. */
const MOST = 65_536;
const CUT = '\n\nThere is more: see the summary of the job.\n';

/** The report as a comment may be: whole, or its first lines. */
export function inComment(text: string): string {
  if (text.length <= MOST) return text;
  const fold = '</details>';
  const kept = text.slice(0, text.lastIndexOf('\n', MOST - CUT.length - fold.length - 2));
  const open = kept.includes('<details>') && !kept.includes(fold);
  return `${kept}${open ? `\n\n${fold}` : ''}${CUT}`;
}

/**
 * The report: what is over budget, what changes against the base of a pull request, and the rest folded. `baseRef` is null
 * where no pull request is.
 */
export function commentText(
  given: readonly Checked[],
  costs: Baseline,
  base: Baseline | null,
  baseRef: string | null,
): string {
  const checked = shownData(given);
  const failed = checked.filter((c) => !c.passed);
  const rows = Object.entries(costs.models).flatMap(([name, now]) =>
    rowsOf(name, now, base?.models[name], base !== null),
  );
  const gone = base === null ? [] : Object.keys(base.models).filter((name) => costs.models[name] === undefined);
  const changed = rows.filter((row) => row.changed).map((row) => row.text);
  const same = rows.filter((row) => !row.changed).map((row) => row.text);
  const against = base === null ? '' : ` against \`${(baseRef ?? '').replace(/`/g, "'")}\``;
  return [
    MARKER,
    `### opcount: ${failed.length === 0 ? 'budgets are kept' : `${failed.length} of ${checked.length} models over budget`}`,
    '',
    ...failed.flatMap(failuresOf),
    ...(failed.length === 0 ? [] : ['']),
    ...(changed.length === 0
      ? baseRef === null
        ? []
        : [base === null ? 'The base branch was not counted.' : `Nothing changes${against}.`, '']
      : [`What changes${against}:`, '', ...HEAD, ...changed, '']),
    ...gone.map((name) => `${markdownText(shown(name))} is no longer there.`),
    ...(same.length === 0
      ? []
      : ['<details><summary>All other numbers</summary>', '', ...HEAD, ...same, '', '</details>', '']),
  ].join('\n');
}

const HEAD = ['| model | | now | before | change |', '|:--|:--|--:|--:|--:|'];

function failuresOf({ name, checks, error }: Checked): string[] {
  const why = [...checks.filter((v) => !v.passed).map((v) => v.text), ...(error === undefined ? [] : [error.message])];
  return why.map((text) => `- ❌ **${markdownText(name)}**: ${markdownText(text)}`);
}

interface ChangeRow {
  readonly text: string;
  readonly changed: boolean;
}

function rowsOf(name: string, now: BaselineEntry, before: BaselineEntry | undefined, counted: boolean): ChangeRow[] {
  const title = markdownText(shown(name));
  return MEASURES.flatMap((measure): ChangeRow[] => {
    const [is, was] = [now.counts[measure.id], before?.counts[measure.id]];
    if (is === undefined) return [];
    const cells = [
      title,
      measure.title,
      show(measure, is),
      was === undefined ? (counted ? 'new' : '') : show(measure, was),
    ];
    return [
      { text: `| ${[...cells, changeText(is, was, measure.show)].join(' | ')} |`, changed: counted && is !== was },
    ];
  });
}

const show = (measure: Measure, count: ReportCount): string =>
  typeof count === 'bigint' ? measure.show(count) : markdownText(shown(count));
