import { readFileSync } from 'node:fs';
import { profileOf } from '../api/profile.js';
import { read } from '../node.js';
import { bytes, grouped, quantity, type Report, type ReportCount, toJson } from '../report/index.js';
import { shownData } from '../report/shown.js';
import { SourceError } from '../source/errors.js';
import { EXIT, UsageError } from './errors.js';
import { type ModelFlags, openOptions } from './options.js';
import { emit } from './output.js';

export interface CheckFlags extends ModelFlags {
  readonly maxMacs?: bigint;
  readonly maxFlops?: bigint;
  readonly maxParams?: bigint;
  readonly maxPeak?: bigint;
  readonly baseline?: string;
  /** Growth over the baseline that is let pass, in percent. */
  readonly tolerance?: number;
  readonly format?: string;
  readonly output?: string;
}

const SCALE: Readonly<Record<string, bigint>> = {
  '': 1n,
  k: 10n ** 3n,
  m: 10n ** 6n,
  g: 10n ** 9n,
  t: 10n ** 12n,
  p: 10n ** 15n,
  ki: 2n ** 10n,
  mi: 2n ** 20n,
  gi: 2n ** 30n,
  ti: 2n ** 40n,
};

/** `5G`, `4.1G`, `512MiB`, `30_000_000`: decimal prefixes are powers of 1000, those with an i of 1024. */
export function amount(text: string): bigint {
  const match = /^(\d[\d_,]*)(?:\.(\d+))?\s*([kmgtp]i?)?b?$/i.exec(text.trim());
  const scale = SCALE[(match?.[3] ?? '').toLowerCase()];
  if (match === null || scale === undefined)
    throw new UsageError(`"${text}" is not an amount`, 'write 5G, 30M, 512MiB or a plain number');
  const digits = match[2] ?? '';
  return (BigInt((match[1] as string).replace(/[_,]/g, '') + digits) * scale) / 10n ** BigInt(digits.length);
}

interface Verdict {
  readonly what: string;
  readonly passed: boolean;
  readonly text: string;
}

/** `opcount check`: a budget to keep in CI. Anything uncounted fails, for a budget on half a model is none. */
export async function runCheck(model: string, flags: CheckFlags): Promise<number> {
  const options = openOptions(flags);
  const report = await profileOf(await read(model, options), options);
  const graph = report.totals.macs !== null;
  const computed = graph ? budget : unknowable;
  const verdicts = [
    ...computed('MACs', report.totals.macs, flags.maxMacs, quantity),
    ...computed('FLOPs', report.totals.flops, flags.maxFlops, quantity),
    ...budget('params', report.totals.params, flags.maxParams, quantity),
    ...computed('peak activations', report.totals.peakActivationBytes, flags.maxPeak, bytes),
    ...(flags.baseline === undefined ? [] : growth(report, flags.baseline, flags.tolerance ?? 0)),
    ...(graph ? [coverage(report)] : []),
  ];
  const failed = verdicts.some((v) => !v.passed);
  emit(
    flags.format === 'json'
      ? toJson({ model: report.model.name, passed: !failed, checks: verdicts })
      : `${shownData(verdicts)
          .map((v) => `${v.passed ? 'ok  ' : 'FAIL'}  ${v.text}`)
          .join('\n')}\n`,
    flags.output,
  );
  return failed ? EXIT.overBudget : EXIT.fine;
}

type Show = (count: ReportCount) => string;

function budget(what: string, found: ReportCount | null, limit: bigint | undefined, show: Show): Verdict[] {
  if (limit === undefined) return [];
  if (typeof found !== 'bigint')
    throw new UsageError(
      `${what} ${found === null ? 'cannot be ordered' : `is ${found}`}: a budget needs a number`,
      'bind the free dimensions: --bind batch=1',
    );
  const passed = found <= limit;
  const by = passed ? `${percentOf(found, limit)} of the budget` : `${show(found - limit)} over the budget`;
  return [{ what, passed, text: `${what} ${show(found)} (${grouped(found)}), at most ${show(limit)}: ${by}` }];
}

/** A checkpoint has parameters and no graph: a budget on anything else must not pass. */
function unknowable(what: string, _found: ReportCount | null, limit: bigint | undefined, show: Show): Verdict[] {
  if (limit === undefined) return [];
  return [
    { what, passed: false, text: `${what} unknown, at most ${show(limit)}: the file holds weights and no graph` },
  ];
}

function percentOf(part: bigint, whole: bigint): string {
  return whole === 0n ? '0 %' : `${(Number((1000n * part) / whole) / 10).toFixed(1)} %`;
}

function growth(report: Report, file: string, tolerance: number): Verdict[] {
  const before = baselineOf(file);
  const pairs = [
    ['MACs', report.totals.macs, before['macs'], quantity],
    ['FLOPs', report.totals.flops, before['flops'], quantity],
    ['params', report.totals.params, before['params'], quantity],
    ['peak activations', report.totals.peakActivationBytes, before['peakActivationBytes'], bytes],
  ] as const;
  return pairs.flatMap(([what, now, old, show]): Verdict[] => {
    if (now === null || old === undefined || old === null) return [];
    const was = /^\d+$/.test(String(old)) ? BigInt(String(old)) : String(old);
    if (typeof now === 'string' || typeof was === 'string') {
      const passed = String(now) === String(was);
      return [{ what, passed, text: `${what} ${now}, in the baseline ${was}` }];
    }
    const allowed = was + (was * BigInt(Math.round(tolerance * 1000))) / 100_000n;
    const sign =
      now === was
        ? 'as in the baseline'
        : `${now > was ? '+' : '−'}${show(now > was ? now - was : was - now)} against the baseline`;
    return [{ what, passed: now <= allowed, text: `${what} ${show(now)} (${grouped(now)}): ${sign}` }];
  });
}

/** The totals of a report that `--format json` wrote, every integer with all its digits. */
function baselineOf(file: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new SourceError(
      `cannot read the baseline ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      {
        hint: `make it: opcount <model> --format json -o ${file}`,
        cause: error,
      },
    );
  }
  let data: unknown;
  try {
    // Counts beyond 2^53 must not be rounded: long integers are taken as text.
    data = JSON.parse(text.replace(/(:\s*)(\d{16,})(?=\s*[,}\n])/g, '$1"$2"'));
  } catch (error) {
    throw new UsageError(`the baseline ${file} is not JSON: ${(error as Error).message}`, 'make it with --format json');
  }
  const totals = (data as { totals?: unknown } | null)?.totals;
  if (typeof totals !== 'object' || totals === null)
    throw new UsageError(`the baseline ${file} has no totals`, 'make it with opcount <model> --format json -o FILE');
  return totals as Record<string, unknown>;
}

function coverage({ coverage: c }: Report): Verdict {
  const unknown = c.unknown.reduce((n, u) => n + u.nodes, 0);
  return {
    what: 'coverage',
    passed: unknown === 0,
    text:
      unknown === 0
        ? `all ${grouped(c.nodes)} operators counted`
        : `${grouped(unknown)} of ${grouped(c.nodes)} operators not counted: ${c.unknown.map((u) => `${u.nodes} × ${u.op}`).join(', ')}`,
  };
}
