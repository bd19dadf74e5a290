import { expect, test } from 'vitest';
import { CONTRACTION_GRADIENTS } from '../../src/ops/catalog/gradients/contractions.js';
import {
  BINARY_GRADIENTS,
  PER_ELEMENT_GRADIENTS,
  UNARY_GRADIENTS,
} from '../../src/ops/catalog/gradients/elementwise.js';
import { MOVE_GRADIENTS } from '../../src/ops/catalog/gradients/moves.js';
import { OTHER_GRADIENTS } from '../../src/ops/catalog/gradients/others.js';
import { OPS } from '../../src/ops/catalog/index.js';
import { type Gradient, type GradientView, gradientOfOp } from '../../src/ops/index.js';
import type { TensorType } from '../../src/tensor/index.js';

const TABLES = [
  UNARY_GRADIENTS,
  BINARY_GRADIENTS,
  PER_ELEMENT_GRADIENTS,
  CONTRACTION_GRADIENTS,
  OTHER_GRADIENTS,
  MOVE_GRADIENTS,
];

test('every operator of the catalogue says its gradient, or why there is none, once', () => {
  const said = TABLES.flatMap((table) => Object.keys(table));
  expect(said.filter((op, i) => said.indexOf(op) !== i)).toEqual([]);
  expect(said.filter((op) => !Object.hasOwn(OPS, op))).toEqual([]);
  for (const op of Object.keys(OPS)) {
    const statement = gradientOfOp(op);
    expect(statement, op).not.toBeNull();
    if (statement !== null && 'none' in statement) expect(statement.none, op).not.toBe('');
    if (statement !== null && 'unknown' in statement) expect(statement.unknown, op).not.toBe('');
  }
});

test('an operator that nobody has heard of has no statement', () => {
  expect(gradientOfOp('no_such_operator')).toBeNull();
  expect(gradientOfOp('toString')).toBeNull();
});

const x: TensorType = { dtype: 'float32', shape: [2, 8, 16] };

function view(inputs: number, needs: readonly number[]): GradientView {
  return {
    attrs: {},
    inputs: Array.from({ length: inputs }, () => x),
    outputs: [x],
    needs: Array.from({ length: inputs }, (_, i) => needs.includes(i)),
    work: [],
    attention: 'unfused',
  };
}

function kept(op: string, inputs: number, needs: readonly number[]): string[] {
  const gradient = gradientOfOp(op) as Gradient;
  return gradient
    .saves(view(inputs, needs))
    .map((k) => (k.kind === 'new' ? k.what : `${k.kind} ${k.at}`))
    .sort();
}

// What saved-tensor hooks of PyTorch 2.13 saw.
test.each([
  ['relu', 'output 0'],
  ['exp', 'output 0'],
  ['sqrt', 'output 0'],
  ['rsqrt', 'output 0'],
  ['tanh', 'output 0'],
  ['sigmoid', 'output 0'],
  ['softmax', 'output 0'],
  ['log_softmax', 'output 0'],
  ['gelu', 'input 0'],
  ['silu', 'input 0'],
  ['mish', 'input 0'],
  ['hardswish', 'input 0'],
  ['softplus', 'input 0'],
  ['leaky_relu', 'input 0'],
  ['elu', 'input 0'],
  ['log', 'input 0'],
  ['abs', 'input 0'],
  ['square', 'input 0'],
  ['clamp', 'input 0'],
  ['avg_pool', 'input 0'],
  ['glu', 'input 0'],
  ['neg', ''],
  ['mean', ''],
  ['cumsum', ''],
  ['reshape', ''],
  ['concat', ''],
  ['resize', ''],
  ['logsumexp', 'input 0, output 0'],
  ['cumprod', 'input 0, output 0'],
  ['quick_gelu', 'input 0, sigmoid'],
  ['layer_norm', 'deviation, input 0, mean'],
  ['batch_norm', 'deviation, input 0, mean'],
  ['max_pool', 'indices, input 0'],
  ['dropout', 'mask'],
  ['topk', 'indices'],
])('%s keeps %s', (op, what) => {
  expect(kept(op, 1, [0]).join(', ')).toBe(what);
});

test('of two operands each is kept for the other, where that needs a gradient', () => {
  for (const op of ['mul', 'div', 'matmul']) expect(kept(op, 2, [0]).concat(op).join(' '), op).toBe(`input 1 ${op}`);
  expect(kept('mul', 2, [0, 1])).toEqual(['input 0', 'input 1']);
  expect(kept('mul', 2, [])).toEqual([]);
  expect(kept('add', 2, [0, 1])).toEqual([]);
  expect(kept('sub', 2, [0, 1])).toEqual([]);
  // A frozen weight keeps no input: what an adapter's base layer keeps is the weight alone.
  expect(kept('linear', 2, [0])).toEqual(['input 1']);
  expect(kept('linear', 2, [1])).toEqual(['input 0']);
});

test('scans keep what goes in, and cost their forward pass three times', () => {
  for (const op of ['selective_scan', 'gated_delta_rule', 'lightning_attention', 'linear_attention']) {
    expect(kept(op, 3, [1]), op).toEqual(['input 0', 'input 1', 'input 2']);
    const work = [{ kind: 'contraction', products: 60, unpadded: 60, outputs: 6, bias: false }] as const;
    const back = (gradientOfOp(op) as Gradient).backward({ ...view(3, [1]), work });
    expect(back, op).toEqual([...work, ...work, ...work]);
  }
  expect(kept('linear_recurrence', 1, [0])).toEqual(['input 0', 'output 0']);
});

test('what needs no gradient costs nothing backward', () => {
  for (const table of TABLES)
    for (const [op, statement] of Object.entries(table)) {
      if (!('backward' in statement) || /^(rnn|gru|lstm)/.test(op)) continue;
      expect(statement.backward(view(3, [])), op).toEqual([]);
    }
});
