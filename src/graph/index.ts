/**
 * Runs graphs of operators over types: values, branches, loops, lists, functions and gaps, for every format that has graphs.
 *
 * In: a format's nodes (`GraphNode`) and what it knows of them (`GraphFormat`: a rule a node, stored tensors, stated types).
 * Out: entries in a `Trace`, under the module calls of a `ModuleTree`, and the values of the graph's outputs.
 * To add: an operator goes into its format's table; a new kind of control flow goes here, beside `branch` and `iterate`.
 */
export { branch, branchAmong, decide } from './branch.js';
export { Choices, withChoices } from './choices.js';
export { repeatCounted } from './counted.js';
export { either, eitherDim } from './either.js';
export { endModel, valueOr } from './ending.js';
export { ModelRaised, Unsupported } from './errors.js';
export type { GraphFormat } from './format.js';
export { inputAt, inputsFrom } from './inputs.js';
export { iterate } from './loop.js';
export { ModuleTree, type Scope, type ScopePart } from './modules.js';
export {
  type Call,
  type Frame,
  type Graph,
  type GraphNode,
  type Interpreter,
  type Rule,
  sourceOf,
  valueIn,
} from './node.js';
export { inOrder } from './order.js';
export { recordOutputs, recordStack } from './record.js';
export { GraphRunner } from './runner.js';
export {
  eraseItem,
  flowingIn,
  insertItem,
  itemAt,
  joinItems,
  mapItems,
  reserveItems,
  sequenceIn,
  sequenceLength,
  setItem,
  splitItems,
} from './sequence.js';
export {
  type GraphValue,
  isOptional,
  isSequence,
  isTensor,
  type Sequence,
  scalarOf,
  sequenceOf,
  tensorOrNull,
} from './values.js';
export { repeatWhile } from './while.js';
export type { Values, Wires } from './wires.js';
