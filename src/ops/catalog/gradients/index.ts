// Comes in: the name of an operator. Goes out: what its gradient costs and keeps. Loaded for training alone.
// Add here: a statement on an operator's gradient, in the table where its like are; the types ask for one of each operator.
import type { OpName } from '../index.js';
import { CONTRACTION_GRADIENTS } from './contractions.js';
import { BINARY_GRADIENTS, PER_ELEMENT_GRADIENTS, UNARY_GRADIENTS } from './elementwise.js';
import { MOVE_GRADIENTS } from './moves.js';
import { OTHER_GRADIENTS } from './others.js';
import type { GradientStatement } from './types.js';

/** The cost of each operator's gradient, and the tensors that it keeps: the training side of its entry. */
const GRADIENTS: Readonly<Record<OpName, GradientStatement>> = {
  ...UNARY_GRADIENTS,
  ...BINARY_GRADIENTS,
  ...PER_ELEMENT_GRADIENTS,
  ...CONTRACTION_GRADIENTS,
  ...OTHER_GRADIENTS,
  ...MOVE_GRADIENTS,
};

/** An operator's entry for training; null for one that the catalogue does not have. */
export function gradientOfOp(op: string): GradientStatement | null {
  return Object.hasOwn(GRADIENTS, op) ? GRADIENTS[op as OpName] : null;
}
