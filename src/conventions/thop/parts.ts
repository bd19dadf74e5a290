import { add, type Dim, exactdiv, floordiv, mul, sub } from '../../dim/index.js';
import { attrsAs } from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { numel } from '../../tensor/index.js';
import type { AttentionSizes } from '../attention-parts.js';
import type { Parts } from '../items.js';
import type { TermId } from '../terms.js';
import type { WorkUnit } from '../types.js';

// Code that both thops share: the second began as a copy of the first.

/** A call as a hook sees it; of attention its sizes too, null if it has no product. */
export interface HookUnit extends WorkUnit {
  readonly attention?: AttentionSizes | null;
}
export type Rule = (unit: HookUnit) => Parts;

export const input = (u: WorkUnit): readonly Dim[] => u.inputs[0] ?? [];
export const output = (u: WorkUnit): readonly Dim[] => u.outputs[0] ?? [];
export const extents = (u: WorkUnit, name: string): readonly Dim[] =>
  (u.attrs[name] as readonly Dim[] | undefined) ?? [];

export const zero: Rule = () => ({});

/** A rule that gives one amount, for what the term says. */
export const as =
  (term: TermId, amount: (unit: WorkUnit) => Dim): Rule =>
  (u) => ({ [term]: amount(u) });

export const linear: Rule = as('products', (u) => mul(attrsAs('linear', u).in_features ?? 0, numel(output(u))));

/** Two per element, doubled where there is a scale: as many as batch norm in training would take. */
export const norm: Rule = (u) => ({ [normTerm(u)]: mul(numel(input(u)), scaled(u) ? 4 : 2) });

/** The layer's own word where the file keeps it, for a norm may be spelled in operators that know of no scale. */
const scaled = (u: WorkUnit): boolean => u.attrs['affine'] === true || u.attrs['elementwise_affine'] === true;

function normTerm({ type }: WorkUnit): TermId {
  return /BatchNorm/.test(type) ? 'batch-norm' : /LayerNorm/.test(type) ? 'layer-norm' : 'norm';
}

/** Rows of n elements of a tensor. */
export function rowsOf(shape: readonly Dim[], n: Dim): Dim {
  if (n === 0) return 0;
  return exactdiv(numel(shape), n) ?? floordiv(numel(shape), n);
}

/** Per row of n: n exps, n − 1 adds, n divisions. */
export const softmaxRow = (n: Dim): Dim => sub(mul(3, n), 1);
export const softmaxRows = (u: WorkUnit): Dim => {
  const n = attrsAs('softmax', u).extent ?? 1;
  return mul(rowsOf(input(u), n), softmaxRow(n));
};
export const softmax: Rule = as('softmax', softmaxRows);

/** The cost of one step of one row, by part. */
interface StepParts {
  readonly recurrent: Dim;
  readonly bias: number;
  readonly gates: number;
}
/**
 * One step of one row, x features in, h units and p that are passed on (of which a projection makes fewer), each gate
 * with its two bias vectors or without.
 */
export const STEP = {
  rnn: (x: Dim, h: number, bias: boolean): StepParts => step(1, x, h, h, bias),
  gru: (x: Dim, h: number, bias: boolean): StepParts => step(3, x, h, h, bias, 4 * h),
  lstm: (x: Dim, h: number, bias: boolean, projection = 0): StepParts =>
    step(4, x, h, projection || h, bias, 4 * h, h * projection),
};
export type Step = (x: Dim, h: number, bias: boolean, projection?: number) => StepParts;

function step(n: number, x: Dim, h: number, p: number, bias: boolean, more = 0, projected = 0): StepParts {
  return {
    recurrent: add(mul(n * h, add(x, p)), projected),
    bias: bias ? 2 * n * h : 0,
    gates: n * h + more,
  };
}

/** A first layer and this many more like the next one, all `times` times. */
export function layers(first: StepParts, next: StepParts, more: number, times: readonly Dim[]): Parts {
  const all = (part: (s: StepParts) => Dim): Dim => mul(add(part(first), mul(more, part(next))), ...times);
  return { recurrent: all((s) => s.recurrent), bias: all((s) => s.bias), gates: all((s) => s.gates) };
}

/** One cell, for each of `rows(input)` rows. */
export const cell =
  (step: Step, rows: (input: readonly Dim[]) => Dim): Rule =>
  (u) => {
    const { input_size = 0, hidden_size = 0, bias = true } = attrsAs('lstm_cell', u);
    const one = step(input_size, hidden_size, bias);
    return layers(one, one, 0, [rows(input(u))]);
  };

/** Elements of the output × what the tool charges for one of the mode; a mode that it does not know is free. */
export const upsample = (costs: Readonly<Record<string, number>>): Rule =>
  as('resize', (u) => mul(numel(output(u)), costs[String(u.attrs['mode'])] ?? 0));

export const each = (rule: Rule, ...names: readonly string[]): Record<string, Rule> =>
  Object.fromEntries(names.map((n) => [`torch.nn.${n}`, rule]));

/** A rule that cannot be applied (a shape below an unknown operator) says where. */
export function located(tool: string, unit: WorkUnit): WorkUnit {
  if (unit.inputs.length === 0 && unit.type !== 'torch.nn.Sequential')
    throw new ModelError('shape', `${tool}: ${unit.path} is called without a tensor`, { at: { module: unit.path } });
  return unit;
}
