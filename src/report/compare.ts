import { parse, sub } from '../dim/index.js';
import { byName } from '../source/by-name.js';
import { pairsOf } from './pairs.js';
import type { Report, ReportCount, ReportNode, ReportTraining } from './types.js';

/** A module of one of two models. */
export interface ComparedSide {
  readonly path: string;
  readonly macs: ReportCount;
  readonly params: ReportCount;
}

export interface Comparison {
  readonly schema: 1;
  readonly a: string;
  readonly b: string;
  readonly totals: readonly {
    readonly name: string;
    readonly a: ReportCount;
    readonly b: ReportCount;
    readonly delta: ReportCount;
  }[];
  readonly modules: readonly {
    /** In the first model that has it. */
    readonly path: string;
    readonly a: ComparedSide | null;
    readonly b: ComparedSide | null;
    readonly delta: { readonly macs: ReportCount; readonly params: ReportCount };
  }[];
}

/** b − a, exact; a formula where either is one. */
export function delta(a: ReportCount, b: ReportCount): ReportCount {
  if (typeof a === 'bigint' && typeof b === 'bigint') return b - a;
  if (a === b) return 0n;
  const d = sub(parse(String(b)), parse(String(a)));
  return typeof d === 'object' ? String(d) : BigInt(d);
}

/** The cost of a training step, if both reports have it. */
function trainingTotals({ training: a }: Report, { training: b }: Report): Comparison['totals'] {
  if (a === undefined || b === undefined) return [];
  const macs = ({ forwardMacs, backwardMacs, recomputedMacs }: ReportTraining): ReportCount | null =>
    forwardMacs === null || backwardMacs === null
      ? null
      : delta(negative(forwardMacs), delta(negative(backwardMacs), recomputedMacs ?? 0n));
  return Object.entries(
    byName({
      trainableParams: (t: ReportTraining) => t.trainableParams,
      trainingMacs: macs,
      savedBytes: (t: ReportTraining) => t.savedBytes,
      gradientBytes: (t: ReportTraining) => t.gradientBytes,
      optimizerBytes: (t: ReportTraining) => t.optimizerBytes,
      trainingPeakBytes: (t: ReportTraining) => t.peakBytes,
    }),
  ).flatMap(([name, of]) => {
    const [x, y] = [of(a), of(b)];
    return x === null || y === null ? [] : [{ name, a: x, b: y, delta: delta(x, y) }];
  });
}

const negative = (count: ReportCount): ReportCount => delta(count, 0n);

export function compareReports(a: Report, b: Report, depth: number): Comparison {
  const totals = (['macs', 'flops', 'params', 'weightBytes', 'peakActivationBytes'] as const).flatMap((name) => {
    const [x, y] = [a.totals[name], b.totals[name]];
    return x === null || y === null ? [] : [{ name, a: x, b: y, delta: delta(x, y) }];
  });
  const side = (node: ReportNode | null): ComparedSide | null =>
    node === null ? null : { path: node.path, macs: node.macs, params: node.params };
  return {
    schema: 1,
    a: a.model.name,
    b: b.model.name,
    totals: [...totals, ...trainingTotals(a, b)],
    modules: pairsOf(a.modules, b.modules, depth)
      .slice(1)
      .map((pair) => ({
        path: (pair.a ?? pair.b)?.path ?? '',
        a: side(pair.a),
        b: side(pair.b),
        delta: {
          macs: delta(pair.a?.macs ?? 0n, pair.b?.macs ?? 0n),
          params: delta(pair.a?.params ?? 0n, pair.b?.params ?? 0n),
        },
      })),
  };
}
