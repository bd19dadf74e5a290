import { termOfOp } from '../ops/index.js';

/**
 * What the amounts of a count stand for, and by which words a difference is explained. A closed list: two conventions that
 * do the same thing say the same thing.
 *
 * - `products`: the amount stands for the multiply-accumulates of its operators and is compared with them; nothing is left
 *   where the tool counts them as `exact` does, and the words say why where it does not.
 * - `extra`: the amount counts something that is not a multiply-accumulate; all of it is a difference.
 * - `unseen`: multiply-accumulates of operators that no amount stands for.
 */
export type TermKind = 'products' | 'extra' | 'unseen';

interface Term {
  readonly kind: TermKind;
  /** For a reader who knows papers, not tools. Completes "4.134 G = 4.089 G + …". */
  readonly words: string;
}

export const TERMS = {
  products: { kind: 'products', words: 'multiply-accumulates by another formula' },
  transposed: { kind: 'products', words: 'transposed convolutions, taken at every output instead of every input' },
  grouped: { kind: 'products', words: 'grouped convolutions, by a formula that mistakes the groups' },
  'output-size': { kind: 'products', words: 'convolutions, by a formula that mistakes the size of the output' },
  unbatched: { kind: 'products', words: 'inputs without a batch axis, whose axes are mistaken' },
  broadcast: { kind: 'products', words: 'matrix products of operands that are broadcast, by the extents of one' },
  order: { kind: 'products', words: 'einsum, in another order of contraction' },
  recurrent: { kind: 'products', words: 'recurrent layers, by another formula' },
  attention: { kind: 'products', words: 'multi-head attention, by another formula' },
  'by-parameters': { kind: 'products', words: 'layers counted as parameters × positions of the output' },
  'one-sample': { kind: 'products', words: 'one sample of the batch counted, whatever the batch' },
  'last-call': { kind: 'products', words: 'layers called several times, of which only the last call is kept' },
  'inside-a-layer': { kind: 'products', words: 'layers inside one that the tool counts as a whole, left out' },
  'fused-kernel': { kind: 'products', words: 'fused kernels of inference, not seen' },
  custom: { kind: 'products', words: 'layers counted by a rule of your own' },

  unit: { kind: 'extra', words: 'each multiply-accumulate taken as two operations' },
  'first-addition': { kind: 'extra', words: 'a sum of n products taken as n − 1 additions' },
  bias: { kind: 'extra', words: 'bias' },
  'batch-norm': { kind: 'extra', words: 'batch norm' },
  'layer-norm': { kind: 'extra', words: 'layer norm' },
  norm: { kind: 'extra', words: 'other normalisation' },
  activation: { kind: 'extra', words: 'activations' },
  softmax: { kind: 'extra', words: 'softmax' },
  pooling: { kind: 'extra', words: 'pooling' },
  resize: { kind: 'extra', words: 'up-sampling' },
  elementwise: { kind: 'extra', words: 'element-wise arithmetic' },
  reduction: { kind: 'extra', words: 'sums, means and norms of tensors' },
  gates: { kind: 'extra', words: 'arithmetic of recurrent gates' },
  scaling: { kind: 'extra', words: 'scaling, mask and softmax within attention' },
  embedding: { kind: 'extra', words: 'embedding look-ups' },
  backward: { kind: 'extra', words: 'the backward pass, twice the forward one' },
  sampling: { kind: 'extra', words: 'grid sampling' },
  parameters: { kind: 'extra', words: 'parameters of layers that multiply no matrices' },
  'counted-again': { kind: 'extra', words: 'the same work counted again' },
  'shared-again': { kind: 'extra', words: 'layers shared by several modules, counted under each' },
  'function-again': { kind: 'extra', words: 'the same layers once more, as functions called within them' },
  'per-sample': { kind: 'extra', words: 'the sum divided by the batch' },
  rounding: { kind: 'extra', words: 'rounding by the tool' },
  other: { kind: 'extra', words: 'other operators' },

  'attention-unseen': { kind: 'unseen', words: 'products of attention (QKᵀ and AV), not seen' },
  'projection-unseen': { kind: 'unseen', words: 'projections inside nn.MultiheadAttention, not seen' },
  'matmul-unseen': { kind: 'unseen', words: 'matrix products written as functions, not seen' },
  'function-unseen': { kind: 'unseen', words: 'linear layers and convolutions called as functions, not seen' },
  'class-unseen': { kind: 'unseen', words: 'layers of classes that the tool has no rule for' },
  'recurrent-unseen': { kind: 'unseen', words: 'recurrent layers, not seen' },
  'operator-unseen': { kind: 'unseen', words: 'other products, not seen' },
} as const satisfies Readonly<Record<string, Term>>;

export type TermId = keyof typeof TERMS;

/** The term of an operator's arithmetic beside its products, by opcount's name of the operator. */
export function termOf(op: string): TermId {
  return termOfOp(op);
}
