import { type Dim, equal } from '../../../dim/index.js';
import { isFloating, numel, type TensorType } from '../../../tensor/index.js';
import type { CostPerElement, Work } from '../../primitives.js';
import type { Autocast, Gradient, GradientStatement, GradientView, Kept } from './types.js';

/** So much for each of some elements. */
export function each(elements: Dim, cost: CostPerElement): Work[] {
  return Object.keys(cost).length === 0 ? [] : [{ kind: 'map', elements, each: cost }];
}

/** The gradient of something that was repeated over new axes: summed over them. */
export function summedTo(of: TensorType | null | undefined, elements: Dim): Work[] {
  if (of == null) return [];
  const n = numel(of.shape);
  return equal(n, elements) ? [] : [{ kind: 'reduction', elements, outputs: n, by: 'add' }];
}

export function out(op: GradientView): Dim {
  const [first] = op.outputs;
  return first === undefined ? 0 : numel(first.shape);
}

export function sizeOf(op: GradientView, at: number): Dim {
  const type = op.inputs[at];
  return type == null ? 0 : numel(type.shape);
}

export const input = (at: number): Kept => ({ kind: 'input', at });
export const output = (at = 0): Kept => ({ kind: 'output', at });
export const made = (what: string, type: TensorType): Kept => ({ kind: 'new', what, type });

const KEPT: Readonly<Record<string, readonly Kept[]>> = {
  input: [input(0)],
  output: [output()],
  both: [input(0), output()],
  nothing: [],
};

/** Of a function of each element of one tensor: what it keeps, and what an element of the gradient costs. */
export function unary(
  keeps: 'input' | 'output' | 'both' | 'nothing',
  cost: CostPerElement,
  options: { inplace?: 'output'; autocast?: Autocast } = {},
): Gradient {
  const kept = KEPT[keeps] ?? [];
  return {
    backward: (op) => (op.needs[0] ? each(sizeOf(op, 0), cost) : []),
    saves: () => kept,
    ...(options.inplace === undefined ? {} : { savesInplace: () => [output()] }),
    ...(options.autocast === undefined ? {} : { autocast: options.autocast }),
  };
}

/** The needs of one operand's gradient: tensors kept for it, and the cost of an element of the result. */
export interface Operand {
  readonly keeps?: readonly Kept[];
  readonly cost?: CostPerElement;
}

/**
 * Of a function of several tensors, element by element of the broadcast result: each operand's gradient by itself, summed
 * over the axes that the operand was repeated along. A number of the program is not an operand and keeps nothing.
 */
export function operands(rules: readonly Operand[], autocast?: Autocast): Gradient {
  return {
    backward: (op) =>
      rules.flatMap(({ cost = {} }, i) =>
        op.needs[i] ? [...each(out(op), cost), ...summedTo(op.inputs[i], out(op))] : [],
      ),
    saves: (op) =>
      rules.flatMap(({ keeps = [] }, i) =>
        op.needs[i] ? keeps.filter((k) => k.kind !== 'input' || op.inputs[k.at] != null) : [],
      ),
    ...(autocast === undefined ? {} : { autocast }),
  };
}

/** Data that only moves: so does its gradient. */
export const MOVES_BACK: Gradient = { backward: () => [], saves: () => [] };

/** The gradient is summed where one element was read several times. */
export const SUMS_BACK: Gradient = {
  backward: (op) => (op.needs[0] ? summedTo(op.inputs[0], out(op)) : []),
  saves: () => [],
};

export function none(why: string): GradientStatement {
  return { none: why };
}

export function unknown(why = 'nobody has said what its gradient costs and keeps'): GradientStatement {
  return { unknown: why };
}

/** The same statement for several operators. */
export function all<const N extends string>(
  statement: GradientStatement,
  ...names: readonly N[]
): Record<N, GradientStatement> {
  return Object.fromEntries(names.map((name) => [name, statement])) as Record<N, GradientStatement>;
}

/** Statistics of a normalisation are kept in at least single precision. */
export function statistic(of: TensorType, shape: readonly Dim[]): TensorType {
  return { dtype: isFloating(of.dtype) && of.dtype !== 'float64' ? 'float32' : of.dtype, shape };
}

/** Positions, if they are the second input, are kept. */
export const byPosition = (...kept: readonly number[]): Gradient => ({
  backward: (op) => (op.needs[0] ? each(out(op), { add: 1 }) : []),
  saves: (op) => kept.filter((i) => op.inputs[i] != null).map(input),
});
