import type { ServingBound } from '../machine/serving-devices.js';
import type { UnitMode } from './choices.js';
import { type Cell, grid, padTo, type Style, wrapped } from './grid.js';
import { countOf, extentText, grouped, inUnits, type Numbers, seconds } from './numbers.js';
import type { Report, ReportCount, ReportPhase, ReportServing } from './types.js';

const LABEL = 9;
type Line = (label: string, words: string) => string[];

/**
 * The answers about a language model in the order in which people ask: parameters, weights, cache, prefill and decode, where it goes. `tables`:
 * with the figures that are tables.
 */
export function servingLines(
  { serving, totals }: Report,
  style: Style,
  units: UnitMode = 'auto',
  tables = true,
): string[] {
  if (serving === undefined) return [];
  const n = inUnits(units);
  const line = (label: string, words: string): string[] => wrapped(`${padTo(label, LABEL)}${words}`, style, LABEL);
  const free = isSymbolic(serving);
  return [
    style.bold(`Serving ${countOf(serving.batch, 'sequence')} of ${extentText(serving.context)} tokens`),
    ...line('params', paramsWords(totals.params, serving, n)),
    ...line(
      'weights',
      `${n.bytes(serving.weightBytes)}${bitsWords(totals.params, serving)}${serving.weightFormat === null ? '' : `, kept as ${serving.weightFormat}`}`,
    ),
    ...line(
      'cache',
      `${n.bytes(serving.cacheBytesPerToken)} for one more token; ${n.bytes(serving.cacheBytesAtContext)} in all${serving.kvFormat === null ? '' : `, kept as ${serving.kvFormat}`}`,
    ),
    ...(free
      ? formulas(serving, line, n)
      : (tables ? servingTables(serving, units) : []).flatMap((table) => ['', ...gridOf(table, style)])),
    ...splitLines(serving, line, n),
    ...(serving.devices ?? []).flatMap((bound) => [
      '',
      ...boundLines(bound, serving, style, n).flatMap((l) => wrapped(l, style, 2)),
    ]),
    '',
  ];
}

function paramsWords(total: ReportCount, s: ReportServing, n: Numbers): string {
  const without = `${n.quantity(s.activeParamsWithoutEmbeddings)} without tables that are looked up`;
  return s.activeParams === total
    ? `${n.quantity(total)}; ${without}`
    : `${n.quantity(total)}, of which a token uses ${n.quantity(s.activeParams)} (${without})`;
}

/** Bits that a parameter takes on average. */
function bitsWords(params: ReportCount, { weightBytes }: ReportServing): string {
  if (typeof params !== 'bigint' || typeof weightBytes !== 'bigint' || params === 0n) return '';
  return `, ${Number(((8 * Number(weightBytes)) / Number(params)).toPrecision(3))} bits a weight`;
}

/** With sizes left free there is no table: each count is a formula. */
function formulas(serving: ReportServing, line: Line, n: Numbers): string[] {
  return phasesOf(serving).flatMap((p) => [
    ...line(p.name, `MACs ${n.quantity(p.macs)}`),
    ...line('', `reads ${n.bytes(p.readBytes)}`),
  ]);
}

/** A table has no room for formulas. */
function isSymbolic({ phases }: ReportServing): boolean {
  return phases.some(({ macs, readBytes }) => typeof macs === 'string' || typeof readBytes === 'string');
}

/** The phases, and the step with absorbed latents. */
function phasesOf({ phases, absorbed }: ReportServing): ReportPhase[] {
  return [...phases, ...(absorbed === undefined ? [] : [{ name: 'absorbed', ...absorbed }])];
}

/** A table of serving figures: titles, and a first column of names. */
export interface ServingTable {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The figures that are tables on the screen, for formats that have tables; none if sizes are left free. */
export function servingTables(serving: ReportServing, units: UnitMode = 'auto'): ServingTable[] {
  const n = inUnits(units);
  return isSymbolic(serving) ? [] : [phaseTable(serving, n), partTable(serving, n)];
}

function gridOf({ titles, rows }: ServingTable, style: Style): string[] {
  const columns = titles.map((title, i) => ({ title, align: i === 0 ? ('left' as const) : ('right' as const) }));
  return grid(
    columns,
    rows.map((row) => row.map((text): Cell => ({ text }))),
    style,
  );
}

function phaseTable(serving: ReportServing, n: Numbers): ServingTable {
  const titles = ['', 'tokens', 'after', 'MACs', 'FLOPs', 'reads', 'FLOPs/byte', 'live'];
  const rows = phasesOf(serving).map((p) => [
    p.name,
    extentText(p.sequence),
    extentText(p.past),
    n.quantity(p.macs),
    n.quantity(p.flops),
    n.bytes(p.readBytes),
    p.intensity === null ? '' : String(Number(p.intensity.toPrecision(4))),
    p.activationBytes === null ? 'open' : n.bytes(p.activationBytes),
  ]);
  return { titles, rows };
}

function partTable({ parts, phases }: ReportServing, n: Numbers): ServingTable {
  const titles = ['where it goes', 'params', 'weights', 'prefill', 'decode MACs', 'of it'];
  const all = Number(phases[1]?.macs ?? 0);
  const rows = parts.map((p) => [
    p.part,
    n.quantity(p.params),
    n.bytes(p.weightBytes),
    n.quantity(p.prefillMacs),
    n.quantity(p.decodeMacs),
    all === 0 ? '' : `${((100 * Number(p.decodeMacs)) / all).toFixed(1)} %`,
  ]);
  return { titles, rows };
}

function splitLines({ tensorParallel: t }: ReportServing, line: Line, n: Numbers): string[] {
  if (t === undefined) return [];
  return [
    '',
    ...line(`1 of ${t.devices}`, `holds ${n.bytes(t.weightBytes)} of weights, ${n.bytes(t.cacheBytes)} of cache`),
    ...line(
      '',
      `sends ${n.bytes(t.prefillBytes)} in the prefill, ${n.bytes(t.stepBytes)} a step (${t.reductions} sums in a ring)`,
    ),
  ];
}

function boundLines(b: ServingBound, serving: ReportServing, style: Style, n: Numbers): string[] {
  const { tensorParallel: t, longestContext } = serving;
  const batch = b.chosen?.batch ?? serving.batch;
  const by = (what: string | null): string => (what === null ? '' : `, bound by ${what}`);
  const several = `${batch !== 1 ? ', all sequences together' : ''}${b.latent === 'absorbed' ? ', latents absorbed' : ''}`;
  const lines = [style.bold(`Served on ${b.name} (bounds: nothing is faster, real programs are slower)`)];
  if (b.chosen !== undefined) lines.push(`  ${chosenWords(b.chosen)}`);
  if (b.firstTokenSeconds !== null)
    lines.push(`  first token after at least ${seconds(b.firstTokenSeconds)}${by(b.firstTokenBy)}`);
  if (b.stepSeconds !== null && b.tokensPerSecond !== null)
    lines.push(
      `  then at most ${Number(b.tokensPerSecond.toPrecision(3))} tokens a second${several} (${seconds(b.stepSeconds)} a step${by(b.stepBy)})`,
    );
  if (b.fits !== null && b.memory !== null)
    lines.push(
      `  ${b.fits ? 'fits' : 'does not fit'} ${n.bytes(b.memory)}: weights ${n.bytes(b.weightBytes ?? 0)}, cache ${n.bytes(b.cacheBytes ?? 0)}, live ${n.bytes(b.activationBytes ?? 0)}`,
    );
  if (b.memory !== null) lines.push(`  ${largestWords(b)}`);
  if (b.largestContext !== 0 && longestContext !== null && longestContext < (b.largestContext ?? Infinity))
    lines.push(`  the model itself states a longest context of ${grouped(longestContext)}`);
  if (t !== undefined && b.memory !== null && typeof t.weightBytes === 'bigint' && typeof t.cacheBytes === 'bigint') {
    const held = Number(t.weightBytes + t.cacheBytes);
    const fits = held + (b.activationBytes ?? 0) <= b.memory;
    lines.push(
      `  of ${t.devices} such devices each holds ${n.bytes(held)} and ${fits ? 'fits' : 'does not fit'} (above: one alone)`,
    );
  }
  if (b.firstTokenSeconds === null && b.stepSeconds === null)
    lines.push('  no bound: batch or context is symbolic, or the device’s figures are not known');
  return lines;
}

/** Which sizes nobody gave, and how to give them. */
function chosenWords({ batch, context, source }: NonNullable<ServingBound['chosen']>): string {
  const sizes = [
    ...(batch === undefined ? [] : [`batch ${batch}`]),
    ...(context === undefined ? [] : [`context ${grouped(context)}`]),
    ...(source === undefined ? [] : [`source ${grouped(source)}`]),
  ];
  const flags = [
    ...(context === undefined ? [] : ['--context']),
    ...(batch === undefined ? [] : ['--bind batch=…']),
    ...(source === undefined ? [] : ['--bind source=…']),
  ];
  return `at ${sizes.join(', ')}, chosen by opcount (${flags.join(', ')})`;
}

function largestWords({ largestContext: c, largestBatch: n, weightBytes }: ServingBound): string {
  if (c === 0 && n === 0) return 'not even one sequence of one token fits: the weights alone take most of it';
  if (c === null && n === null && weightBytes === null) return 'largest context and batch: bind batch and context';
  const context = c === null ? 'context without bound' : `largest context ${grouped(c)} tokens`;
  const batch = n === null ? 'batch without bound' : `largest batch ${grouped(n)}`;
  return `${context} at this batch; ${batch} at this context`;
}
