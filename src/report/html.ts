import type { UnitMode } from './choices.js';
import { wholeOf } from './columns.js';
import { deviceLines } from './devices.js';
import { htmlText } from './escape.js';
import { PLAIN } from './grid.js';
import { magnitude, shapeText } from './numbers.js';
import { servingLines, servingTables } from './serving-text.js';
import { conventionLines, footLines, noteLines, printedLines, summaryLines } from './summary.js';
import { trainingLines } from './training-text.js';
import type { Report, ReportNode } from './types.js';
import type { View } from './view.js';

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#667085;--line:#e4e7ec;--fill:#2f6fde;--paper:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--dim:#98a2b3;--line:#2b313a;--fill:#5b93f5;--paper:#14171b}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:60rem;margin:2.5rem auto;padding:0 1.25rem}
h1{font-size:1.4rem;margin:0 0 .25rem}p{margin:.25rem 0;color:var(--dim)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:1rem;margin:1.5rem 0}
dt{color:var(--dim)}dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums}dd small{display:block;font-size:.8rem;color:var(--dim)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:500;color:var(--dim);text-align:left;border-bottom:1px solid var(--line)}td,th{padding:.3rem .6rem .3rem 0}
td{border-bottom:1px solid var(--line)}.r{text-align:right}.m{white-space:nowrap}
.b{width:20%}.b i{display:block;height:.6rem;background:var(--fill);border-radius:2px;min-width:1px}
.warn{color:light-dark(#b54708,#f79009)}h2{font-size:1.05rem;margin:1.5rem 0 .25rem}.s{margin:.75rem 0}.s,.w{overflow-x:auto}.s td:not(:first-child),.s th:not(:first-child){text-align:right}`;

/** The serving of a language model, its tables as tables. */
function servingSection(report: Report, units: UnitMode): string {
  const { serving } = report;
  if (serving === undefined) return '';
  const [title = '', ...lines] = servingLines(report, PLAIN, units, false);
  const tables = servingTables(serving, units).map(
    ({ titles, rows }) =>
      `<div class="s" tabindex="0"><table><thead><tr>${titles.map((t) => `<th>${htmlText(t)}</th>`).join('')}</tr></thead><tbody>${rows
        .map((row) => `<tr>${row.map((cell) => `<td>${htmlText(cell)}</td>`).join('')}</tr>`)
        .join('')}</tbody></table></div>`,
  );
  const words = lines.filter((line) => line !== '').map((line) => `<p>${htmlText(line.trim())}</p>`);
  return `<h2>${htmlText(title)}</h2>${words.join('')}${tables.join('')}`;
}

/** One page that stands alone: no script, no request. `main` is HTML. */
export function page(title: string, main: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${htmlText(title)} · opcount</title><style>${STYLE}</style></head><body><main>
${main}</main></body></html>
`;
}

/** The numbers, the modules with bars of their shares, and what else there is to say. */
export function html(report: Report, view: View): string {
  const { model } = report;
  const io = [...report.inputs.map((t) => `${t.name} ${shapeText(t.shape)} ${t.dtype}`)].join(', ');
  const paragraphs = (lines: readonly string[]): string =>
    lines
      .filter((line) => line !== '')
      .map((line) => `<p${line.startsWith('NOT COUNTED') ? ' class="warn"' : ''}>${htmlText(line.trim())}</p>`)
      .join('\n');
  return page(
    model.name,
    `<h1>${htmlText(model.name)}</h1>
<p>${htmlText([model.format, model.producer, io].filter(Boolean).join(' · '))}</p>
<dl>${summaryLines(report, view.units, view.formula)
      .map(
        (l) =>
          `<div><dt>${l.label}</dt><dd>${htmlText(l.short)}<small>${l.exact}</small><small>${htmlText(l.words)}</small></dd></div>`,
      )
      .join('')}</dl>
${moduleTable(report, view)}
${servingSection(report, view.units)}${paragraphs(footLines(report, PLAIN))}
${paragraphs(conventionLines(report, view.units, PLAIN))}
${paragraphs(deviceLines(report, PLAIN, view.units))}
${paragraphs(trainingLines(report, PLAIN, view.units))}
${paragraphs(printedLines(report, PLAIN))}
${paragraphs(noteLines(report))}
`,
  );
}

/** Modules down to the depth that is shown, each with a bar of its share of the whole. */
function moduleTable(report: Report, view: View): string {
  const whole = wholeOf(view);
  const side = (align: string): string => (align === 'right' ? ' class="r"' : '');
  const rows: string[] = [];
  const walk = (node: ReportNode, level: number): void => {
    const size = magnitude(node.stored === undefined ? node.macs : node.params, view.at);
    const share = whole === 0 ? 0 : (100 * size) / whole;
    const cells = view.columns.map((c) => `<td${side(c.align)}>${htmlText(c.text(node, view))}</td>`);
    const name = node.name === '' ? report.model.name : node.name;
    rows.push(
      `<tr><td class="m" style="padding-left:${level * 1.2}em">${htmlText(name)}</td>${cells.join('')}<td class="b"><i style="width:${share.toFixed(2)}%"></i></td></tr>`,
    );
    if (level < (view.depth ?? 2)) for (const child of node.children) walk(child, level + 1);
  };
  walk(report.modules, 0);
  const titles = view.columns.map((c) => `<th${side(c.align)}>${htmlText(c.title)}</th>`);
  return `<div class="w" tabindex="0"><table><thead><tr><th>module</th>${titles.join('')}<td class="b"></td></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`;
}
