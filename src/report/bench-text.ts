import type { Bench, BenchPoint } from '../measure/index.js';
import { markdownText } from './escape.js';
import { type Cell, type GridColumn, grid, PLAIN, padTo, type Style, wrapped } from './grid.js';
import { markdownTable } from './markdown-table.js';
import { kernelLines, kernelTable, rate } from './measured-text.js';
import { bytes, countOf, grouped, quantity, seconds, shapeText } from './numbers.js';
import { shownData } from './shown-data.js';

export interface BenchView {
  /** Operators that are listed. */
  readonly top?: number;
}

/** Operators that are listed where nobody says how many; JSON has all. */
const TOP = 20;

/** The measurements, for a terminal. */
export function benchText(given: Bench, style: Style, { top = TOP }: BenchView = {}): string {
  const bench = shownData(given);
  const [first] = bench.points;
  const detailed = bench.points.length === 1 ? first : bench.points.reduce(fastest);
  const lines = [
    ...headLines(bench, style),
    '',
    ...(bench.points.length === 1 && first !== undefined ? figureLines(bench, first) : batchLines(bench, style)),
    ...bench.failed.map(({ batch, why }) => `${style.warn('not measured')} batch ${grouped(batch)}: ${why}`),
    ...(detailed?.operators ? ['', ...operatorLines(bench, detailed, style, top)] : ['']),
    ...WORDS.map((line) => style.dim(line)),
  ];
  return `${lines
    .flatMap((line) => wrapped(line, style))
    .join('\n')
    .trimEnd()}\n`;
}

/** The meaning of the numbers: a rate is a machine’s, a count a model’s. */
const WORDS = [
  'FLOP/s is a rate; FLOPs are work, of the model as it is written (2 × MACs + other operations). FPS is samples a second.',
];

const fastest = (a: BenchPoint, b: BenchPoint): BenchPoint => (b.samplesPerSecond > a.samplesPerSecond ? b : a);

function headLines(bench: Bench, style: Style): string[] {
  const { model, runtime, missing } = bench;
  const producer = model.producer === null ? '' : `, ${model.producer}`;
  const size = model.bytes === null ? '' : `, ${bytes(BigInt(model.bytes))}`;
  return [
    `${style.bold(model.name)}${style.dim(`  onnx${producer}${size}`)}`,
    ...(bench.points[0]?.inputs ?? []).map(
      ({ name, shape, dtype, filled }) => `${style.dim('in ')} ${name} ${shapeText(shape)} ${dtype}: ${filled}`,
    ),
    ...(missing.tensors === 0
      ? []
      : [
          `${grouped(missing.tensors)} weights are not in the file, ${bytes(BigInt(missing.bytes))}: zeros in their place, which takes as long`,
        ]),
    `${runtime.name} ${runtime.version}, ${runtime.provider}, ${threadWords(runtime.threads)} on ${runtime.processor} (${countOf(runtime.processors, 'processor')})`,
    ...bench.notes.map((note) => `${style.warn('note')} ${note}`),
  ];
}

function threadWords(threads: number | null): string {
  return threads === null ? 'threads as it chooses' : countOf(threads, 'thread');
}

/** The measurements at one size, as label, figure and words. */
export function benchFigures({ machine }: Bench, point: BenchPoint): (readonly [string, string, string])[] {
  const { latency } = point;
  const share = (part: number | null, of: string): string => (part === null ? '' : `${percent(part)} of ${of}`);
  return [
    ['latency', seconds(latency.median), latencyWords(latency)],
    ['FPS', perSecond(point.samplesPerSecond), `${countOf(point.batch, 'sample')} a run`],
    ...(point.flopsPerSecond === null
      ? []
      : [
          [
            'compute',
            rate(point.flopsPerSecond),
            `${quantity(point.flops ?? 0n)} FLOPs (${quantity(point.macs ?? 0n)} MACs) a run; ${
              machine === null
                ? ''
                : share(
                    point.shareOfPeak,
                    `this machine’s ${rate(machine.flopsPerSecond)} (product of ${machine.matrix}×${machine.matrix} matrices, float32)`,
                  )
            }`,
          ] as const,
        ]),
    ...(point.bytesPerSecond === null
      ? []
      : [
          [
            'memory',
            rate(point.bytesPerSecond, 'B/s'),
            `${bytes(point.movedBytes ?? 0n)} read and written by operators one after the other${
              machine?.bytesPerSecond
                ? `; ${share(point.shareOfBandwidth, `this machine’s ${rate(machine.bytesPerSecond, 'B/s')} (copy of ${bytes(BigInt(machine.copiedBytes))})`)}, more where caches and fused operators save trips`
                : ''
            }`,
          ] as const,
        ]),
    ['start', seconds(point.load), `to load; first run ${seconds(point.first)}`],
  ];
}

function figureLines(bench: Bench, point: BenchPoint): string[] {
  const rows = benchFigures(bench, point);
  const widths = [0, 1].map((i) => Math.max(...rows.map((row) => (row[i] as string).length)));
  return rows.map(
    ([label, figure, words]) =>
      `${padTo(label, widths[0] as number)}  ${padTo(figure, widths[1] as number, 'right')}  ${words}`,
  );
}

const BAR = 24;

function latencyWords(latency: BenchPoint['latency']): string {
  if (latency.runs === 1)
    return `${latency.perRound === 1 ? 'one run' : roundsOf(latency)}: how far runs differ is not known; a longer --time tells`;
  const spread = `± ${(100 * latency.spread).toFixed(1)} %${latency.steady ? '' : ' (not steady)'}`;
  return `median of ${roundsOf(latency)}, ${spread}; 90 % within ${seconds(latency.p90)}, 99 % within ${seconds(latency.p99)}, least ${seconds(latency.least)}`;
}

function roundsOf({ runs, perRound }: BenchPoint['latency']): string {
  return perRound === 1 ? countOf(runs, 'run') : `${countOf(runs, 'round')} of ${grouped(perRound)} runs`;
}

/** A row for each batch, and samples a second as bars. */
function batchTable({ points }: Bench): { readonly columns: readonly GridColumn[]; readonly rows: readonly Cell[][] } {
  const most = Math.max(...points.map((p) => p.samplesPerSecond), 0);
  const columns: GridColumn[] = [
    { title: 'batch', align: 'right' },
    { title: 'latency', align: 'right' },
    { title: '±', align: 'right', drop: 2 },
    { title: 'per sample', align: 'right', drop: 4 },
    { title: 'FPS', align: 'right' },
    { title: 'achieved', align: 'right', drop: 3 },
    { title: 'of peak', align: 'right' },
    { title: 'of bandwidth', align: 'right', drop: 1 },
    { title: 'FPS', align: 'left' },
  ];
  const rows = points.map((p) =>
    [
      grouped(p.batch),
      seconds(p.latency.median),
      `${(100 * p.latency.spread).toFixed(1)} %`,
      seconds(p.latency.median / p.batch),
      perSecond(p.samplesPerSecond),
      p.flopsPerSecond === null ? '' : rate(p.flopsPerSecond),
      p.shareOfPeak === null ? '' : percent(p.shareOfPeak),
      p.shareOfBandwidth === null ? '' : percent(p.shareOfBandwidth),
      bar(p.samplesPerSecond / most),
    ].map((text) => ({ text })),
  );
  return { columns, rows };
}

function batchLines(bench: Bench, style: Style): string[] {
  if (bench.points.length === 0) return [];
  const { columns, rows } = batchTable(bench);
  const painted = rows.map((row) =>
    row.map((cell, i) => (i === row.length - 1 ? { ...cell, paint: style.accent } : cell)),
  );
  return [...grid(columns, painted, style), ...(bench.machine === null ? [] : ['', machineLine(bench.machine)])];
}

function machineLine(machine: NonNullable<Bench['machine']>): string {
  const copy =
    machine.bytesPerSecond === null
      ? ''
      : `; bandwidth ${rate(machine.bytesPerSecond, 'B/s')} (copy of ${bytes(BigInt(machine.copiedBytes))})`;
  return `peak of this machine ${rate(machine.flopsPerSecond)} (product of ${machine.matrix}×${machine.matrix} matrices, float32)${copy}`;
}

function operatorLines(bench: Bench, point: BenchPoint, style: Style, top: number): string[] {
  const { operators: m } = point;
  if (m === null) return [];
  const whole = m.wholeSeconds === null ? '' : ` of ${seconds(m.wholeSeconds)} a run`;
  const at = bench.points.length === 1 ? '' : ` at batch ${grouped(point.batch)}, the fastest by sample`;
  return [
    `${style.bold(`Operators${at}`)}: ${seconds(m.seconds)}${whole} in kernels, means of the quieter half of ${grouped(m.runs)} profiled runs`,
    ...kernelLines(m, style, { top, peak: bench.machine?.flopsPerSecond ?? null }),
  ];
}

/** For a pull request or a report: the same as tables. */
export function benchMarkdown(given: Bench, { top = TOP }: BenchView = {}): string {
  const bench = shownData(given);
  const [head = '', ...about] = headLines(bench, PLAIN);
  const detailed = bench.points.length === 0 ? undefined : bench.points.reduce(fastest);
  const operators = detailed?.operators ?? null;
  const lines = [
    `### ${markdownText(head)}`,
    '',
    ...about.map((line) => `${markdownText(line)}  `),
    '',
    ...(bench.points.length === 1 && detailed !== undefined
      ? tableOf(
          [
            { title: '', align: 'left' },
            { title: '', align: 'right' },
            { title: '', align: 'left' },
          ],
          benchFigures(bench, detailed).map((row) => row.map((text) => ({ text }))),
        )
      : tableOf(batchTable(bench).columns, batchTable(bench).rows)),
    ...(bench.points.length > 1 && bench.machine !== null ? ['', markdownText(machineLine(bench.machine))] : []),
    ...bench.failed.map(({ batch, why }) => `\n> batch ${grouped(batch)} was not measured: ${markdownText(why)}`),
    ...(operators === null || detailed === undefined ? [] : operatorTable(bench, detailed, top)),
    '',
    ...WORDS,
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function operatorTable(bench: Bench, point: BenchPoint, top: number): string[] {
  const { columns, cells } = kernelTable(bench.machine?.flopsPerSecond ?? null);
  const [title = ''] = operatorLines(bench, point, PLAIN, 0);
  const rest = (point.operators?.rows.length ?? 0) - top;
  return [
    '',
    `${markdownText(title)}`,
    '',
    ...tableOf(columns, (point.operators?.rows ?? []).slice(0, top).map(cells)),
    ...(rest > 0 ? ['', `… and ${grouped(rest)} more kernels`] : []),
  ];
}

function tableOf(columns: readonly GridColumn[], rows: readonly (readonly Cell[])[]): string[] {
  return markdownTable(
    columns,
    rows.map((cells) => cells.map(({ text }) => markdownText(text))),
  );
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

function bar(share: number): string {
  const eighths = Math.max(1, Math.round(share * BAR * 8));
  return '█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] as string);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function perSecond(n: number): string {
  return n >= 100 ? grouped(Math.round(n)) : String(Number(n.toPrecision(3)));
}
