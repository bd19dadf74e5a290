import { TRAINING_FORMULAS } from '../conventions/index.js';
import type { ReconcileReport } from './reconcile.js';

/** The facts of a tool's number that are needed here. */
interface Figure {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly value: bigint;
}

/** On how many tokens a model would have been trained for a number of FLOPs, by a formula. */
export interface TrainedOn {
  readonly title: string;
  readonly tokens: bigint;
}

/** A training is at least this many passes: anything less is a count of passes. */
const MANY = 1000;
const IDS: ReadonlySet<string> = new Set(TRAINING_FORMULAS.map(({ id }) => id));

/** Tokens of the pass that a language model's report is of; null for other models, and if they are left free. */
export function tokensOf(report: ReconcileReport): number | null {
  if (!report.tools.some(({ id, counts }) => IDS.has(id) && counts.length > 0)) return null;
  const shape = report.inputs[0]?.shape ?? null;
  if (shape === null || shape.some((d) => typeof d !== 'number')) return null;
  return (shape as readonly number[]).reduce((a, b) => a * b, 1);
}

/** Formulas of training that give a number for each token. */
export function perToken<F extends Figure>(all: readonly F[], tokens: number, fits: (value: number) => boolean): F[] {
  return all.filter((p) => IDS.has(p.id) && p.unit === 'flop' && fits(Number(p.value) / tokens));
}

/** The length of training that a number is of, where it is far more than one step; none otherwise. */
export function trainedOn(
  { digits, scales }: { readonly digits: number; readonly scales: readonly number[] },
  all: readonly Figure[],
  params: bigint | null,
  tokens: number,
): TrainedOn[] {
  const [scale] = scales;
  const formulas = all.filter((p) => IDS.has(p.id) && p.unit === 'flop' && p.value > 0n);
  const number = digits * (scale ?? 1);
  if (scales.length > 1 || formulas.length === 0 || formulas.some((p) => number < MANY * Number(p.value))) return [];
  const on = (flops: number): bigint => BigInt(Math.round(number / flops));
  return [
    ...formulas.map((p) => ({ title: p.title, tokens: on(Number(p.value) / tokens) })),
    ...(params === null ? [] : [{ title: '6 × all parameters', tokens: on(6 * Number(params)) }]),
  ];
}
