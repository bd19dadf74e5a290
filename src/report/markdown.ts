import { deviceLines } from './devices.js';
import { markdownText } from './escape.js';
import { PLAIN } from './grid.js';
import { type MarkdownColumn, markdownTable } from './markdown-table.js';
import { measuredLines } from './measured-text.js';
import { shapeText } from './numbers.js';
import { servingLines } from './serving-text.js';
import { conventionLines, footLines, noteLines, printedLines, summaryLines } from './summary.js';
import { trainingLines } from './training-text.js';
import { listed } from './tree.js';
import type { Report } from './types.js';
import type { View } from './view.js';

/** A figure's name, how it is shown, the exact one, and words. */
const FIGURES: readonly MarkdownColumn[] = [
  { title: '' },
  { title: '', align: 'right' },
  { title: '', align: 'right' },
  { title: '' },
];

/** For a pull request or an appendix: a heading, the numbers, the modules, what was not counted. */
export function markdown(report: Report, view: View): string {
  const inputs = report.inputs.map((t) => `${markdownText(`${t.name} ${shapeText(t.shape)}`)}`).join(', ');
  const lines = [
    `### ${markdownText(report.model.name)}${inputs === '' ? '' : ` — ${inputs}`}`,
    '',
    ...markdownTable(
      FIGURES,
      summaryLines(report, view.units, view.formula).map((l) => [
        l.label,
        `**${markdownText(l.short)}**`,
        l.exact,
        markdownText(l.words),
      ]),
    ),
    '',
    ...markdownTable(
      [{ title: 'module' }, ...view.columns],
      listed(report.modules, view.depth ?? 1).map(({ name, node }) => {
        const [, indent = '', own = ''] = /^([│ ]*)(?:[├└]─ )?(.*)$/s.exec(name) ?? [];
        const module = `${'&emsp;'.repeat(Math.round(indent.length / 3))}${markdownText(own)}`;
        return [module, ...view.columns.map((c) => markdownText(c.text(node, view)))];
      }),
    ),
    '',
    ...footLines(report, PLAIN).map((line) => `${markdownText(line)}  `),
    ...conventionLines(report, view.units, PLAIN).map((line) => (line === '' ? '' : `${markdownText(line.trim())}  `)),
    ...deviceLines(report, PLAIN, view.units).map((line) => (line === '' ? '' : `${markdownText(line.trim())}  `)),
    ...fenced(servingLines(report, PLAIN, view.units)),
    ...fenced(trainingLines(report, PLAIN, view.units)),
    ...fenced(measuredLines(report, PLAIN)),
    ...printedLines(report, PLAIN).map((line) => (line === '' ? '' : `${markdownText(line.trim())}  `)),
    ...noteLines(report).map((line) => `\n> ${markdownText(line)}`),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Lines of columns as they are. */
function fenced(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', '```', ...lines.slice(0, -1).map((line) => line.replaceAll('`', "'")), '```'];
}
