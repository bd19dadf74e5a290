import { deviceLines } from './devices.js';
import { PLAIN } from './grid.js';
import { shapeText } from './numbers.js';
import type { View } from './render.js';
import { conventionLines, footLines, noteLines, summaryLines, yoloLines } from './summary.js';
import { listed } from './tree.js';
import type { Report } from './types.js';

/** For a pull request or an appendix: a heading, the numbers, the modules, what was not counted. */
export function markdown(report: Report, view: View): string {
  const inputs = report.inputs.map((t) => `${escaped(t.name)} ${shapeText(t.shape)}`).join(', ');
  const lines = [
    `### ${escaped(report.model.name)}${inputs === '' ? '' : ` — ${inputs}`}`,
    '',
    '| | | | |',
    '|:--|--:|--:|:--|',
    ...summaryLines(report, view.units, view.formula).map(
      (l) => `| ${l.label} | **${escaped(l.short)}** | ${l.exact} | ${escaped(l.words)} |`,
    ),
    '',
    `| module | ${view.columns.map((c) => c.title).join(' | ')} |`,
    `|:--|${view.columns.map((c) => (c.align === 'right' ? '--:' : ':--')).join('|')}|`,
    ...listed(report.modules, view.depth ?? 1).map(({ name, node }) => {
      const cells = view.columns.map((c) => escaped(c.text(node, view)));
      return `| ${escaped(name.replace(/^[│ ]*/, (indent) => '&emsp;'.repeat(Math.round(indent.length / 3))).replace(/[├└]─ /, ''))} | ${cells.join(' | ')} |`;
    }),
    '',
    ...footLines(report, PLAIN).map((line) => `${escaped(line)}  `),
    ...conventionLines(report, view.units, PLAIN).map((line) => (line === '' ? '' : `${escaped(line.trim())}  `)),
    ...deviceLines(report, PLAIN).map((line) => (line === '' ? '' : `${escaped(line.trim())}  `)),
    ...yoloLines(report, PLAIN).map((line) => (line === '' ? '' : `${escaped(line.trim())}  `)),
    ...noteLines(report).map((line) => `\n> ${escaped(line)}`),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Names from files are text, not markup. */
function escaped(text: string): string {
  return text
    .replace(/[\\|`*_[\]<>]/g, (c) => (c === '<' ? '&lt;' : c === '>' ? '&gt;' : `\\${c}`))
    .replaceAll('\n', ' ');
}
