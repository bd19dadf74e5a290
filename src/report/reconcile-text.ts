import { delta } from './compare.js';
import { markdownText } from './escape.js';
import { padTo, type Style } from './grid.js';
import { type MarkdownColumn, markdownTable } from './markdown-table.js';
import { grouped, quantity, shapeText, topLevelTerms } from './numbers.js';
import type { ReconcileCount, ReconcileReport, ReconcileTerm, ReconcileTool } from './reconcile.js';
import { shownData } from './shown-data.js';
import type { ReportCount } from './types.js';

const UNITS = { mac: 'MACs', flop: 'FLOPs' } as const;
/** Words are broken beyond this, so that the account stays on a page. */
const WORDS = 58;
const PAGE = 78;
/** Formulas longer than this show their first terms; JSON has all of it. */
const MAX_FORMULA = 36;

/** One line of the account. */
interface Line {
  readonly left: string;
  readonly amount: string;
  readonly unit: string;
  readonly paint: (text: string) => string;
}

/** An account for a screen: every tool's number, and what leads to it from exact MACs, one amount under the other. */
export function reconcileText(given: ReconcileReport, style: Style): string {
  const report = shownData(given);
  const lines = accounts(report, style);
  const left = Math.max(...lines.map((l) => l.left.length));
  const beside = (l: Line): boolean => l.amount.length <= MAX_FORMULA;
  const right = Math.max(0, ...lines.filter(beside).map((l) => l.amount.length));
  const body = lines.flatMap((l) => {
    const unit = l.unit === '' ? '' : `  ${l.unit}`;
    if (beside(l)) return [l.paint(`${padTo(l.left, left)}  ${padTo(l.amount, right, 'right')}${unit}`.trimEnd())];
    // A long formula has lines of its own.
    return [
      l.paint(l.left),
      ...formulaLines(l.amount).map((line, i, all) => (i < all.length - 1 ? line : line + unit)),
    ];
  });
  return `${[...headLines(report, style), '', ...body, ...footLines(report).map(style.dim)].join('\n').trimEnd()}\n`;
}

function headLines(report: ReconcileReport, style: Style): string[] {
  const inputs = report.inputs.map((t) => shapeText(t.shape)).join(', ');
  const { macs, params } = report.exact;
  const exact =
    typeof macs === 'string' && amountText(macs).length > MAX_FORMULA
      ? `exact: ${amountText(params)} parameters; multiply-accumulates (MACs) as under opcount exact`
      : `exact: ${amountText(macs)} multiply-accumulates (MACs), ${amountText(params)} parameters`;
  return [
    `${style.bold(report.model.name)}${inputs === '' ? '' : style.dim(`  input ${inputs}`)}`,
    exact,
    ...(report.uncounted === 0
      ? []
      : [
          style.warn(
            `NOT COUNTED: ${grouped(report.uncounted)} operators without a formula; the numbers leave them out`,
          ),
        ]),
  ];
}

function accounts(report: ReconcileReport, style: Style): Line[] {
  const told = new Map<string, string>();
  return report.tools.flatMap((tool): Line[] => {
    const name = `${tool.title} ${tool.version}`;
    const plain = (left: string, amount = '', unit = '', paint = (t: string) => t): Line => ({
      left,
      amount,
      unit,
      paint,
    });
    if (tool.fails !== null)
      return [
        plain(name, 'no number', '', style.bold),
        ...wrapped(tool.fails, '    ').map((l) => plain(l, '', '', style.dim)),
        plain(''),
      ];
    const counts = tool.counts.flatMap((count) => {
      const head = plain(`${name}, ${count.name}`, amountText(count.value), UNITS[count.unit], style.bold);
      const account = JSON.stringify([count.unit, count.terms.map((t) => [t.term, String(t.amount)])]);
      const before = told.get(account);
      if (count.terms.length === 0) return [head];
      if (before !== undefined) return [head, plain(`    as ${before}`, '', '', style.dim)];
      told.set(account, `${tool.title}, ${count.name}`);
      return [head, ...count.terms.flatMap((term) => termLines(term).map(([left, amount]) => plain(left, amount)))];
    });
    return [...counts, ...paramLines(tool).map((l) => plain(l)), plain('')];
  });
}

/** `  + batch norm (BatchNorm2d ×53)` and its amount, on as many lines as the words take. */
function termLines(term: ReconcileTerm): [left: string, amount: string][] {
  const minus = negative(term.amount);
  const lines = wrapped(`${term.words}${onText(term)}`, '    ');
  const amount = amountText(minus ? delta(term.amount, 0n) : term.amount);
  return lines.map((line, i) => [i === 0 ? `  ${minus ? '−' : '+'} ${line.trimStart()}` : line, i === 0 ? amount : '']);
}

function paramLines(tool: ReconcileTool): string[] {
  const { params, paramsDifference: d } = tool;
  if (d === 0n) return [];
  const by = amountText(negative(d) ? delta(d, 0n) : d);
  return wrapped(
    `parameters: ${amountText(params)}, ${by} ${negative(d) ? 'fewer' : 'more'} than there are`,
    '    ',
    PAGE,
  );
}

function footLines(report: ReconcileReport): string[] {
  return [
    'Every number is the exact MACs with its + and −, to the last digit.',
    ...standIns(report).flatMap((note) =>
      wrapped(note, '  ', PAGE).map((l, i) => (i === 0 ? `note ${l.trimStart()}` : l)),
    ),
  ];
}

/** Codes of notes that say by which rule a number was found where the file does not carry what the tool looks at. */
const STAND_INS = new Set([
  'operators-for-modules',
  'spelling-assumed',
  'whole-batch',
  'batch-one',
  'norms-folded',
  'idle-layers',
]);

/** The operators that stood in for modules, each once and of which tool. */
export function standIns(report: ReconcileReport): string[] {
  const tools = new Map<string, string[]>();
  for (const tool of report.tools)
    for (const { code, message } of tool.notes)
      if (STAND_INS.has(code)) {
        // The same sentence of several tools is one, of all of them.
        const about = [tool.title, tool.id].find((name) => message.startsWith(`${name} `));
        const rest = about === undefined ? message : message.slice(about.length);
        tools.set(rest, [...(tools.get(rest) ?? []), ...(about === undefined ? [] : [tool.title])]);
      }
  return [...tools].map(([rest, names]) => {
    if (names.length === 0) return rest;
    return names.length === 1 ? `${names[0]}${rest}` : `${names.join(', ')}:${rest.replace(/^ (\w+)s /, ' they $1 ')}`;
  });
}

function onText({ on }: ReconcileTerm): string {
  const names = Object.entries(on);
  if (names.length === 0) return '';
  const shown = names.slice(0, 3).map(([name, times]) => (times === 1 ? name : `${name} ×${grouped(times)}`));
  return ` (${shown.join(', ')}${names.length > 3 ? ', …' : ''})`;
}

/** A long formula, broken between its terms. */
function formulaLines(text: string): string[] {
  const terms = topLevelTerms(text.replaceAll(' − ', ' - '));
  return terms.map((term, i) => `${' '.repeat(i === 0 ? 8 : 6)}${term.trim().replace(/^- /, '− ')}`);
}

function negative(n: ReportCount): boolean {
  return typeof n === 'string' ? n.startsWith('-') : n < 0n;
}

function amountText(n: ReportCount): string {
  if (typeof n !== 'string') return grouped(n).replace('-', '−');
  const whole = n.replaceAll('*', '·').replace(/\d{5,}/g, (digits) => grouped(BigInt(digits)));
  return whole.length <= MAX_FORMULA ? whole : quantity(n);
}

function wrapped(text: string, indent: string, width = WORDS): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines;
}

const TOOLS: readonly MarkdownColumn[] = [
  { title: 'tool' },
  { title: 'calls it' },
  { title: 'prints', align: 'right' },
  { title: 'which are' },
  { title: 'exact MACs and' },
  { title: 'parameters', align: 'right' },
];

/** The same as one table for a document. */
export function reconcileMarkdown(given: ReconcileReport): string {
  const report = shownData(given);
  const inputs = report.inputs.map((t) => markdownText(shapeText(t.shape))).join(', ');
  const rows = report.tools.flatMap((tool) => {
    const name = `${tool.title} ${tool.version}`;
    if (tool.fails !== null) return [[name, '', '–', '', markdownText(`fails: ${tool.fails}`), '–']];
    return tool.counts.map((count) => [
      name,
      `\`${count.name}\``,
      markdownText(amountText(count.value)),
      UNITS[count.unit],
      termsCell(count),
      markdownText(amountText(tool.params)),
    ]);
  });
  const notes = standIns(report).map((note) => `\n> ${markdownText(note)}`);
  return `${[
    `### ${markdownText(report.model.name)}${inputs === '' ? '' : ` — input ${inputs}`}`,
    '',
    `Exact: ${markdownText(amountText(report.exact.macs))} MACs, ${markdownText(amountText(report.exact.params))} parameters. Every number is the exact MACs plus the terms beside it, to the last digit.`,
    '',
    ...markdownTable(TOOLS, rows),
    ...notes,
  ].join('\n')}\n`;
}

function termsCell(count: ReconcileCount): string {
  return count.terms
    .map((term) => {
      const minus = negative(term.amount);
      const amount = amountText(minus ? delta(term.amount, 0n) : term.amount);
      return `${minus ? '−' : '+'} ${markdownText(amount)} ${markdownText(`${term.words}${onText(term)}`)}`;
    })
    .join('<br>');
}
