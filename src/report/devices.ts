import type { DeviceBound } from '../machine/index.js';
import type { UnitMode } from './choices.js';
import type { Style } from './grid.js';
import { grouped, inUnits, type Numbers, seconds } from './numbers.js';
import { freeNames } from './summary.js';
import type { Report } from './types.js';

/** Lower bounds of time on each device asked for, what binds them, and whether the model fits. */
export function deviceLines(report: Report, style: Style, units: UnitMode = 'auto'): string[] {
  if (report.bounds === undefined) return [];
  // A language model with free sizes has its answer in what serving takes.
  const served = report.serving?.devices !== undefined;
  return report.bounds.flatMap((bound) =>
    served && bound.seconds === null
      ? []
      : ['', style.bold(headOf(bound)), ...bodyOf(bound, report, style, inUnits(units))],
  );
}

function headOf({ name, dtype, rate, bandwidth }: DeviceBound): string {
  const figures = [
    rate === null ? `no rate known for ${dtype}` : `${dtype} ${perSecond(rate, 'FLOP/s')}, dense`,
    ...(bandwidth === null ? [] : [`memory ${perSecond(bandwidth, 'B/s')}`]),
  ];
  return `On ${name} (${figures.join('; ')})`;
}

function bodyOf(bound: DeviceBound, report: Report, style: Style, n: Numbers): string[] {
  if (bound.seconds === null) {
    const why =
      bound.flops === null
        ? `the work depends on free sizes: bind them${exampleOf(report)}`
        : 'neither rate nor bandwidth is known';
    return [`  no bound: ${why}`];
  }
  const { unfused, perSecond: runs } = bound;
  const share = (label: string, n: number | null): string[] => (n === null ? [] : [`${label} ${seconds(n)}`]);
  const parts = [...share('compute', bound.computeSeconds), ...share('memory', bound.memorySeconds)].join(', ');
  return [
    `  at least ${seconds(bound.seconds)} a run${runs === null ? '' : `, at most ${runsOf(runs)} runs a second`}; bound by ${bound.by} (${parts})`,
    ...(unfused === null
      ? []
      : [
          style.dim(
            `  operator after operator, nothing fused: at least ${seconds(unfused.seconds)}, ${Math.round((100 * unfused.memorySeconds) / (unfused.seconds || 1))} % of it waiting for memory; ${grouped(unfused.operators)} operators to start`,
          ),
        ]),
    ...fitLine(bound, n),
  ];
}

/** How to bind what is free, at the sizes that shares are taken at. */
function exampleOf(report: Report): string {
  const free = freeNames(report);
  return free.length === 0
    ? ''
    : `, as in --bind ${free.map((name) => `${name}=${report.shown?.[name]?.size ?? 1}`).join(',')}`;
}

function fitLine({ memoryBytes, memory, fits }: DeviceBound, n: Numbers): string[] {
  if (memoryBytes === null || memory === null) return [];
  return [
    `  ${fits === true ? 'fits' : 'does not fit'}: ${n.bytes(memoryBytes)} of weights and live activations, ${n.bytes(memory)} of memory`,
  ];
}

function runsOf(n: number): string {
  return n >= 100 ? grouped(Math.floor(n)) : String(Number(n.toPrecision(3)));
}

const PREFIXES = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
] as const;

function perSecond(n: number, unit: string): string {
  const [size, prefix] = PREFIXES.find(([s]) => n >= s) ?? [1, ''];
  return `${Number((n / size).toPrecision(4))} ${prefix}${unit}`;
}
