import { markdownText } from '../report/escape.js';
import type { ReportCount } from '../report/index.js';
import { type MarkdownColumn, markdownTable } from '../report/markdown-table.js';
import { MEASURES } from './measures.js';
import type { Checked, Verdict } from './verdicts.js';

/** A table of models and measures, as a pull request's comment shows it: what failed first. */
export function checksMarkdown(checked: readonly Checked[]): string {
  const failed = checked.filter((c) => !c.passed).length;
  const rows = [...checked].sort((a, b) => Number(a.passed) - Number(b.passed)).flatMap(rowsOf);
  const title = failed === 0 ? 'all budgets are kept' : `${failed} of ${checked.length} over budget or not comparable`;
  return [`**opcount**: ${title}.`, '', ...markdownTable(COLUMNS, rows), ''].join('\n');
}

const COLUMNS: readonly MarkdownColumn[] = [
  { title: 'model' },
  { title: 'measure' },
  { title: 'now', align: 'right' },
  { title: 'before', align: 'right' },
  { title: 'change', align: 'right' },
  { title: 'budget', align: 'right' },
  { title: '', align: 'center' },
];

function rowsOf(checked: Checked): string[][] {
  const name = markdownText(checked.name);
  const rows = checked.checks
    .filter((v) => !(v.what === 'coverage' && v.passed))
    .map((v) => (isMeasure(v) ? measureRow(name, v) : [name, v.what, markdownText(v.text), '', '', '', '❌']));
  if (checked.error !== undefined) rows.push([name, '', markdownText(checked.error.message), '', '', '', '❌']);
  if (rows.length === 0) rows.push([name, 'coverage', 'all operators counted', '', '', '', '✅']);
  return rows;
}

const isMeasure = (v: Verdict): boolean => MEASURES.some((m) => m.id === v.what);

function measureRow(name: string, v: Verdict): string[] {
  const measure = MEASURES.find((m) => m.id === v.what);
  const show = (count: ReportCount | null): string => {
    if (count === null || measure === undefined) return '';
    return typeof count === 'bigint' ? measure.show(count) : markdownText(count);
  };
  const change = v.delta === 0n ? '0' : changeText(v.value, v.baseline, measure?.show ?? String);
  const now = v.value === null ? 'unknown' : show(v.value);
  const mark = v.passed ? '✅' : '❌';
  return [name, measure?.title ?? v.what, now, show(v.baseline), change, show(v.limit), mark];
}

/** `+1.2 M (+0.3 %)`; nothing if nothing changed, or where one of them is a formula or missing. */
export function changeText(
  is: ReportCount | null | undefined,
  was: ReportCount | null | undefined,
  show: (count: bigint) => string,
): string {
  if (typeof is !== 'bigint' || typeof was !== 'bigint' || is === was) return '';
  const sign = is > was ? '+' : '−';
  const size = is > was ? is - was : was - is;
  const share = was === 0n ? '' : ` (${sign}${(Number((10_000n * size) / was) / 100).toFixed(2)} %)`;
  return `${sign}${show(size)}${share}`;
}
