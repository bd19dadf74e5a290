// torchstat's own formulas by class: compute_flops.py, compute_madd.py and compute_memory.py, quirks included.
import { add, type Dim, mul, product, sub } from '../../dim/index.js';
import { attrsAs } from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { numel } from '../../tensor/index.js';
import type { Parts } from '../items.js';
import type { TermId } from '../terms.js';
import type { WorkUnit } from '../types.js';

/** A layer as torchstat sees it: shapes without the batch. */
export interface Layer {
  readonly unit: WorkUnit;
  readonly input: readonly Dim[];
  readonly output: readonly Dim[];
  /** Parameters that require a gradient: what its memory column reads. */
  readonly trainable: Dim;
}
type Rule = (layer: Layer) => Parts;
const as =
  (term: TermId, amount: (layer: Layer) => Dim): Rule =>
  (l) => ({ [term]: amount(l) });

const out = (l: Layer): Dim => numel(l.output);
const inputElements = (l: Layer): Dim => numel(l.input);
const kernel = (l: Layer): Dim => product(attrsAs('conv', l.unit).kernel ?? []);
const groups = (l: Layer): number => attrsAs('conv', l.unit).groups ?? 1;
const biased = (l: Layer): boolean => l.unit.attrs['bias'] === true;
const table = (rules: Readonly<Record<string, Rule>>): Readonly<Record<string, Rule>> =>
  byName(
    Object.fromEntries(
      Object.entries(rules).flatMap(([names, rule]) => names.split(' ').map((n) => [`torch.nn.${n}`, rule])),
    ),
  );

/** kernel × in channels × (out channels / groups) per position, bias added once an output. */
const convFlops: Rule = (l) => ({
  products: mul(kernel(l), l.input[0] ?? 0, divide(l.output[0] ?? 0, groups(l)), product(l.output.slice(1))),
  bias: biased(l) ? out(l) : 0,
});
/** Multiplications, and additions one fewer (or as many, with a bias), of every output. */
const convMadd: Rule = (l) => ({
  products: mul(2, kernel(l), divide(l.input[0] ?? 0, groups(l)), out(l)),
  'first-addition': mul(-1, out(l)),
  bias: biased(l) ? out(l) : 0,
});
/** The same, with the positions of the input in place of the output's. */
const transposedMadd: Rule = (l) => {
  const perInput = mul(kernel(l), divide(l.output[0] ?? 0, groups(l)), groups(l), divide(l.input[0] ?? 0, groups(l)));
  const positions = product(l.input.slice(1));
  const outputs = mul(l.output[0] ?? 0, positions);
  return {
    transposed: mul(2, perInput, positions),
    'first-addition': mul(-1, outputs),
    bias: biased(l) ? outputs : 0,
  };
};

export const FLOPS = table({
  Conv2d: convFlops,
  BatchNorm2d: as('batch-norm', (l) => mul(inputElements(l), l.unit.attrs['affine'] ? 2 : 1)),
  'ReLU ReLU6 PReLU ELU LeakyReLU': as('activation', inputElements),
  'MaxPool2d AvgPool2d': as('pooling', inputElements),
  Linear: as('products', (l) => mul(inputElements(l), out(l))),
  Upsample: as('resize', (l) => product(l.output.slice(1))), // the channels are left out
});

export const MADD = table({
  Conv2d: convMadd,
  ConvTranspose2d: transposedMadd,
  BatchNorm2d: as('batch-norm', (l) => mul(4, inputElements(l))),
  MaxPool2d: as('pooling', (l) => mul(sub(kernel(l), 1), out(l))),
  AvgPool2d: as('pooling', (l) => mul(kernel(l), out(l))),
  'ReLU ReLU6': as('activation', inputElements),
  Softmax: as('softmax', (l) => sub(mul(3, inputElements(l)), 1)),
  Linear: (l) => ({ products: mul(2, inputElements(l), out(l)), 'first-addition': mul(-1, out(l)) }),
});

/** Bytes read and written, of float32. */
export interface Bytes {
  readonly read: Dim;
  readonly write: Dim;
}
const bytes = (read: Dim, write: Dim): Bytes => ({ read: mul(4, read), write: mul(4, write) });
const withWeights = (l: Layer): Bytes => bytes(add(inputElements(l), l.trainable), out(l));
export const MEMORY: Readonly<Record<string, (l: Layer) => Bytes>> = byName(
  Object.fromEntries(
    [
      ['Conv2d', withWeights],
      ['Linear', withWeights],
      ['BatchNorm2d', (l: Layer) => bytes(add(inputElements(l), mul(2, l.input[0] ?? 0)), inputElements(l))],
      ['PReLU', (l: Layer) => bytes(add(inputElements(l), l.trainable), inputElements(l))],
      ...['ReLU', 'ReLU6', 'ELU', 'LeakyReLU'].map(
        (n) => [n, (l: Layer) => bytes(inputElements(l), inputElements(l))] as const,
      ),
      ...['MaxPool2d', 'AvgPool2d'].map((n) => [n, (l: Layer) => bytes(inputElements(l), out(l))] as const),
    ].map(([name, rule]) => [`torch.nn.${name as string}`, rule as (l: Layer) => Bytes]),
  ),
);

function divide(channels: Dim, by: number): Dim {
  return typeof channels === 'number' ? Math.floor(channels / by) : channels;
}
