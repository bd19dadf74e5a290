import { markdownText } from '../report/escape.js';
import type { ReportCount } from '../report/index.js';
import { MEASURES } from './measures.js';
import type { Checked, Verdict } from './verdicts.js';

/** A table of models and measures, as a pull request's comment shows it: what failed first. */
export function checksMarkdown(checked: readonly Checked[]): string {
  const failed = checked.filter((c) => !c.passed).length;
  const rows = [...checked].sort((a, b) => Number(a.passed) - Number(b.passed)).flatMap(rowsOf);
  const title = failed === 0 ? 'all budgets are kept' : `${failed} of ${checked.length} over budget or not comparable`;
  return [
    `**opcount**: ${title}.`,
    '',
    '| model | measure | now | before | change | budget | |',
    '|:--|:--|--:|--:|--:|--:|:-:|',
    ...rows,
    '',
  ].join('\n');
}

function rowsOf(checked: Checked): string[] {
  const name = markdownText(checked.name);
  const rows = checked.checks
    .filter((v) => !(v.what === 'coverage' && v.passed))
    .map((v) => (isMeasure(v) ? measureRow(name, v) : `| ${name} | ${v.what} | ${markdownText(v.text)} | | | | ❌ |`));
  if (checked.error !== undefined) rows.push(`| ${name} | | ${markdownText(checked.error.message)} | | | | ❌ |`);
  if (rows.length === 0) rows.push(`| ${name} | coverage | all operators counted | | | | ✅ |`);
  return rows;
}

const isMeasure = (v: Verdict): boolean => MEASURES.some((m) => m.id === v.what);

function measureRow(name: string, v: Verdict): string {
  const measure = MEASURES.find((m) => m.id === v.what);
  const show = (count: ReportCount | null): string => {
    if (count === null || measure === undefined) return '';
    return typeof count === 'bigint' ? measure.show(count) : markdownText(count);
  };
  const change = deltaCell(v, measure?.show);
  const now = v.value === null ? 'unknown' : show(v.value);
  return `| ${name} | ${measure?.title ?? v.what} | ${now} | ${show(v.baseline)} | ${change} | ${show(v.limit)} | ${v.passed ? '✅' : '❌'} |`;
}

/** `+1.2 M (+0.3 %)`; nothing where nothing changed. */
function deltaCell(v: Verdict, show: ((count: bigint) => string) | undefined): string {
  if (v.delta === null || v.delta === 0n || show === undefined) return v.delta === 0n ? '0' : '';
  const size = v.delta > 0n ? v.delta : -v.delta;
  const sign = v.delta > 0n ? '+' : '−';
  const before = typeof v.baseline === 'bigint' ? v.baseline : 0n;
  const share = before === 0n ? '' : ` (${sign}${(Number((10_000n * size) / before) / 100).toFixed(2)} %)`;
  return `${sign}${show(size)}${share}`;
}
