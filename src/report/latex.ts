import type { UnitMode } from './choices.js';
import { deviceLines } from './devices.js';
import { latexText } from './escape.js';
import { PLAIN } from './grid.js';
import { shapeText } from './numbers.js';
import { servingLines, servingTables } from './serving-text.js';
import { conventionLines, footLines, noteLines, printedLines, summaryLines } from './summary.js';
import { trainingLines } from './training-text.js';
import { listed } from './tree.js';
import type { Report } from './types.js';
import type { View } from './view.js';

/**
 * A table for a paper, with the rules of the package booktabs: modules down to a depth (1 where none is given), and the
 * totals under them. The caption names the model and its input; what else there is to say is in comments.
 */
export function latex(report: Report, view: View): string {
  const inputs = report.inputs.map((t) => shapeText(t.shape)).join(', ');
  const depth = view.depth ?? 1;
  const lines = listed(report.modules, depth).slice(1);
  const totals = summaryLines(report, view.units, view.formula).map(({ label, short }) => `${label} ${short}`);
  // These belong into the text of a paper rather than into its table.
  const besides = [
    ...footLines(report, PLAIN),
    ...conventionLines(report, view.units, PLAIN),
    ...deviceLines(report, PLAIN, view.units),
    ...servingLines(report, PLAIN, view.units, false),
    ...trainingLines(report, PLAIN, view.units),
    ...printedLines(report, PLAIN),
    ...noteLines(report),
  ];
  return `${[
    '% \\usepackage{booktabs}',
    ...booktabs(
      `${latexText(report.model.name)}${inputs === '' ? '' : `, input ${latexText(inputs)}`}.`,
      ['left', ...view.columns.map((c) => c.align)],
      [
        [['module', ...view.columns.map((c) => latexText(c.title))]],
        lines.map(({ name, node }) => {
          const [, indent = '', own = ''] = /^([│ ]*)(?:[├└]─ )?(.*)$/s.exec(name) ?? [];
          const cells = view.columns.map((c) => latexText(c.text(node, view)));
          return [`${'\\quad '.repeat(Math.round(indent.length / 3))}${latexText(own)}`, ...cells];
        }),
        [['total', ...view.columns.map((c) => latexText(c.text(report.modules, view)))]],
      ],
    ),
    `% ${latexText(totals.join('; '))}`,
    ...servingTable(report, view.units),
    ...besides.filter((line) => line !== '').map((line) => `% ${latexText(line.trim())}`),
  ].join('\n')}\n`;
}

/** The serving of a language model, a table for each of the screen's. */
function servingTable({ serving, model }: Report, units: UnitMode): string[] {
  if (serving === undefined) return [];
  return servingTables(serving, units).flatMap(({ titles, rows }) =>
    booktabs(
      `${latexText(`${model.name}, ${serving.batch} × ${serving.context} tokens`)}.`,
      titles.map((_, i) => (i === 0 ? 'left' : 'right')),
      [[titles], rows].map((group) => group.map((cells) => cells.map(latexText))),
    ),
  );
}

/** A table with the rules of booktabs: one between groups of rows that are not empty. Caption and cells are LaTeX already. */
export function booktabs(
  caption: string,
  aligns: readonly ('left' | 'right')[],
  groups: readonly (readonly (readonly string[])[])[],
): string[] {
  const filled = groups.filter((rows) => rows.length > 0);
  return [
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${caption}}`,
    `  \\begin{tabular}{${aligns.map((align) => (align === 'right' ? 'r' : 'l')).join('')}}`,
    '  \\toprule',
    ...filled.flatMap((rows, i) => [
      ...(i === 0 ? [] : ['  \\midrule']),
      ...rows.map((cells) => `  ${cells.join(' & ')} \\\\`),
    ]),
    '  \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
  ];
}
