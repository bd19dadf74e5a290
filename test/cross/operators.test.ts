import { describe, expect, test } from 'vitest';
import { readModel } from '../../src/formats/onnx/model.js';
import { type Ledger, Trace, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/index.js';
import type { DType, Shape } from '../../src/tensor/index.js';
import * as nn from '../../src/torch/nn/index.js';
import { type Arg, applyAten } from '../../src/torch/operators/index.js';
import { attributes, ints, modelOf, node, tensor, tensorType as tensorTypeOf } from '../formats/onnx-build.js';
import { len } from '../wire/encode.js';

// One operator through every format: layers in TypeScript, PyTorch's operators (pt2, TorchScript and Python go through
// them), ONNX. Whoever spells it, it costs the same.

const F = nn.functional;

interface Case {
  /** Shapes of the tensors that it takes; int64 where it says so. */
  readonly inputs: readonly (Shape | { readonly shape: Shape; readonly dtype: DType })[];
  readonly nn?: (...x: nn.Tensor[]) => nn.Tensor | readonly nn.Tensor[];
  /** PyTorch's operator, and its arguments: numbers stand for the tensors where they are `$0`, `$1`, … */
  readonly aten?: readonly [name: string, ...args: (Arg | `$${number}`)[]];
  /** ONNX's operator with its attributes, and integers that it takes behind the tensors. */
  readonly onnx?: readonly [
    op: string,
    attributes?: Parameters<typeof attributes>[0],
    ints?: readonly (readonly number[] | number)[],
    opset?: number,
  ];
}

const unary = (of: (x: nn.Tensor) => nn.Tensor, aten: string, onnx?: Case['onnx']): Case => ({
  inputs: [[2, 6, 5]],
  nn: of,
  aten: [aten, '$0'],
  ...(onnx === undefined ? {} : { onnx }),
});
const binary = (of: (a: nn.Tensor, b: nn.Tensor) => nn.Tensor, aten: string, onnx: string): Case => ({
  inputs: [
    [2, 1, 5],
    [3, 5],
  ],
  nn: of as (...x: nn.Tensor[]) => nn.Tensor,
  aten: [aten, '$0', '$1'],
  onnx: [onnx],
});
const power = (exponent: number): Case => ({
  inputs: [[10]],
  nn: (x) => (x as nn.Tensor).pow(exponent),
  aten: ['pow', '$0', exponent],
  onnx: ['Pow', {}, [exponent]],
});
const IMAGE: Shape = [2, 4, 9, 8];

const CASES: Readonly<Record<string, Case>> = {
  relu: unary((x) => x.relu(), 'relu', ['Relu']),
  sigmoid: unary((x) => x.sigmoid(), 'sigmoid', ['Sigmoid']),
  tanh: unary((x) => x.tanh(), 'tanh', ['Tanh']),
  exp: unary((x) => x.exp(), 'exp', ['Exp']),
  log: unary((x) => x.log(), 'log', ['Log']),
  sqrt: unary((x) => x.sqrt(), 'sqrt', ['Sqrt']),
  reciprocal: unary((x) => x.reciprocal(), 'reciprocal', ['Reciprocal']),
  abs: unary((x) => x.abs(), 'abs', ['Abs']),
  neg: unary((x) => x.neg(), 'neg', ['Neg']),
  erf: unary((x) => x.erf(), 'erf', ['Erf']),
  sin: unary((x) => x.sin(), 'sin', ['Sin']),
  cos: unary((x) => x.cos(), 'cos', ['Cos']),
  floor: unary((x) => x.floor(), 'floor', ['Floor']),
  round: unary((x) => x.round(), 'round', ['Round']),
  gelu: unary((x) => F.gelu(x), 'gelu', ['Gelu', {}, [], 20]),
  silu: unary((x) => F.silu(x), 'silu', ['Swish', {}, [], 24]),
  mish: unary((x) => F.mish(x), 'mish', ['Mish', {}, [], 18]),
  hardswish: unary((x) => F.hardswish(x), 'hardswish', ['HardSwish']),
  hardsigmoid: unary((x) => F.hardsigmoid(x), 'hardsigmoid', ['HardSigmoid']),
  selu: unary((x) => F.selu(x), 'selu', ['Selu']),
  elu: unary((x) => F.elu(x), 'elu', ['Elu']),
  celu: unary((x) => F.celu(x), 'celu', ['Celu']),
  leaky_relu: unary((x) => F.leaky_relu(x), 'leaky_relu', ['LeakyRelu']),
  softplus: unary((x) => F.softplus(x), 'softplus', ['Softplus']),
  softsign: unary((x) => F.softsign(x), 'softsign', ['Softsign']),
  softshrink: unary((x) => F.softshrink(x), 'softshrink', ['Shrink']),
  rsqrt: unary((x) => x.rsqrt(), 'rsqrt'),
  log_sigmoid: unary((x) => F.logsigmoid(x), 'log_sigmoid'),
  'clamp, both bounds': {
    inputs: [[7]],
    nn: (x) => (x as nn.Tensor).clamp(-1, 2),
    aten: ['clamp', '$0', -1, 2],
    onnx: ['Clip', { min: { float: -1 }, max: { float: 2 } }, [], 6],
  },
  'clamp, one bound': { inputs: [[7]], nn: (x) => (x as nn.Tensor).clamp(0), aten: ['clamp', '$0', 0] },
  prelu: {
    inputs: [IMAGE, [4]],
    nn: (x, w) => F.prelu(x as nn.Tensor, w as nn.Tensor),
    aten: ['prelu', '$0', '$1'],
    onnx: ['PRelu'],
  },
  glu: { inputs: [[3, 8]], nn: (x) => F.glu(x as nn.Tensor, 1), aten: ['glu', '$0', 1] },
  add: binary((a, b) => a.add(b), 'add', 'Add'),
  sub: binary((a, b) => a.sub(b), 'sub', 'Sub'),
  mul: binary((a, b) => a.mul(b), 'mul', 'Mul'),
  div: binary((a, b) => a.div(b), 'div', 'Div'),
  pow: binary((a, b) => a.pow(b), 'pow', 'Pow'),
  maximum: binary((a, b) => a.maximum(b), 'maximum', 'Max'),
  minimum: binary((a, b) => a.minimum(b), 'minimum', 'Min'),
  eq: binary((a, b) => a.eq(b), 'eq', 'Equal'),
  lt: binary((a, b) => a.lt(b), 'lt', 'Less'),
  ge: binary((a, b) => a.ge(b), 'ge', 'GreaterOrEqual'),
  remainder: binary((a, b) => a.remainder(b), 'remainder', 'Mod'),
  square: power(2),
  cube: power(3),
  'power 2.5': power(2.5),
  'power 4': power(4),
  'dropout at inference': {
    inputs: [[3, 4]],
    nn: (x) => F.dropout(x as nn.Tensor),
    aten: ['dropout', '$0', 0.5, false],
    onnx: ['Dropout'],
  },
  'dropout in training': {
    inputs: [[3, 4]],
    nn: (x) => F.dropout(x as nn.Tensor, 0.5, true),
    aten: ['dropout', '$0', 0.5, true],
  },
  conv: {
    inputs: [IMAGE, [6, 2, 3, 3], [6]],
    nn: (x, w, b) =>
      F.conv2d(x as nn.Tensor, w as nn.Tensor, b as nn.Tensor, { stride: 2, padding: 1, dilation: 2, groups: 2 }),
    aten: ['conv2d', '$0', '$1', '$2', [2, 2], [1, 1], [2, 2], 2],
    onnx: ['Conv', { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [2, 2], group: 2 }],
  },
  'transposed conv': {
    inputs: [IMAGE, [4, 3, 3, 3]],
    nn: (x, w) => F.conv_transpose2d(x as nn.Tensor, w as nn.Tensor, null, { stride: 2, padding: 1 }),
    aten: ['conv_transpose2d', '$0', '$1', null, [2, 2], [1, 1]],
    onnx: ['ConvTranspose', { strides: [2, 2], pads: [1, 1, 1, 1] }],
  },
  'deformable conv': {
    inputs: [IMAGE, [6, 4, 3, 3], [2, 18, 9, 8]],
    aten: ['torchvision.deform_conv2d', '$0', '$1', '$2', '$2', null, 1, 1, 1, 1, 1, 1, 1, 1, false],
    onnx: ['DeformConv', { pads: [1, 1, 1, 1] }, [], 19],
  },
  linear: {
    inputs: [[5, 7], [3, 7], [3]],
    nn: (x, w, b) => F.linear(x as nn.Tensor, w as nn.Tensor, b as nn.Tensor),
    aten: ['linear', '$0', '$1', '$2'],
    onnx: ['Gemm', { transB: 1 }],
  },
  matmul: {
    inputs: [
      [2, 5, 7],
      [2, 7, 3],
    ],
    nn: (a, b) => F.matmul(a as nn.Tensor, b as nn.Tensor),
    aten: ['matmul', '$0', '$1'],
    onnx: ['MatMul'],
  },
  addmm: {
    inputs: [
      [5, 3],
      [5, 7],
      [7, 3],
    ],
    nn: (x, a, b) => F.addmm(x as nn.Tensor, a as nn.Tensor, b as nn.Tensor),
    aten: ['addmm', '$0', '$1', '$2'],
  },
  einsum: {
    inputs: [
      [2, 5, 7],
      [2, 3, 7],
    ],
    nn: (a, b) => F.einsum('bik,bjk->bij', a as nn.Tensor, b as nn.Tensor),
    aten: ['einsum', 'bik,bjk->bij', ['$0', '$1'] as unknown as Arg],
    onnx: ['Einsum', { equation: 'bik,bjk->bij' }],
  },
  attention: {
    inputs: [
      [2, 3, 5, 8],
      [2, 3, 7, 8],
      [2, 3, 7, 4],
    ],
    nn: (q, k, v) => F.scaled_dot_product_attention(q as nn.Tensor, k as nn.Tensor, v as nn.Tensor),
    aten: ['scaled_dot_product_attention', '$0', '$1', '$2'],
    onnx: ['Attention', {}, [], 23],
  },
  softmax: {
    inputs: [[3, 5]],
    nn: (x) => F.softmax(x as nn.Tensor, -1),
    aten: ['softmax', '$0', -1],
    onnx: ['Softmax', { axis: -1 }],
  },
  'log softmax': {
    inputs: [[3, 5]],
    nn: (x) => F.log_softmax(x as nn.Tensor, -1),
    aten: ['log_softmax', '$0', -1],
    onnx: ['LogSoftmax', { axis: -1 }],
  },
  'layer norm': {
    inputs: [[3, 5, 6], [6], [6]],
    nn: (x, weight, bias) =>
      F.layer_norm(x as nn.Tensor, [6], { weight: weight as nn.Tensor, bias: bias as nn.Tensor }),
    aten: ['layer_norm', '$0', [6], '$1', '$2'],
    onnx: ['LayerNormalization'],
  },
  'max pool': {
    inputs: [IMAGE],
    nn: (x) => F.max_pool2d(x as nn.Tensor, 3, { stride: 2, padding: 1 }),
    aten: ['max_pool2d', '$0', [3, 3], [2, 2], [1, 1]],
    onnx: ['MaxPool', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  },
  'average pool': {
    inputs: [IMAGE],
    nn: (x) => F.avg_pool2d(x as nn.Tensor, 2),
    aten: ['avg_pool2d', '$0', [2, 2]],
    onnx: ['AveragePool', { kernel_shape: [2, 2], strides: [2, 2] }],
  },
  'global average pool': {
    inputs: [IMAGE],
    nn: (x) => F.adaptive_avg_pool2d(x as nn.Tensor, 1),
    aten: ['adaptive_avg_pool2d', '$0', [1, 1]],
    onnx: ['GlobalAveragePool'],
  },
  sum: {
    inputs: [[3, 5]],
    nn: (x) => (x as nn.Tensor).sum(1),
    aten: ['sum', '$0', [1]],
    onnx: ['ReduceSum', { keepdims: 0 }, [[1]]],
  },
  mean: {
    inputs: [[3, 5]],
    nn: (x) => (x as nn.Tensor).mean(1),
    aten: ['mean', '$0', [1]],
    onnx: ['ReduceMean', { axes: [1], keepdims: 0 }],
  },
  'l2 norm': {
    inputs: [[3, 5]],
    nn: (x) => (x as nn.Tensor).norm(2, 1),
    aten: ['linalg_vector_norm', '$0', 2, [1]],
    onnx: ['ReduceL2', { axes: [1], keepdims: 0 }],
  },
  'running sum': {
    inputs: [[3, 5]],
    nn: (x) => (x as nn.Tensor).cumsum(1),
    aten: ['cumsum', '$0', 1],
    onnx: ['CumSum', {}, [1]],
  },
  'top k': {
    inputs: [[3, 9]],
    nn: (x) => (x as nn.Tensor).topk(2),
    aten: ['topk', '$0', 2],
    onnx: ['TopK', {}, [[2]]],
  },
  gather: {
    inputs: [[10, 4], { shape: [3], dtype: 'int64' }],
    nn: (x, i) => (x as nn.Tensor).index_select(0, i as nn.Tensor),
    aten: ['index_select', '$0', 0, '$1'],
    onnx: ['Gather'],
  },
  'all distances': {
    inputs: [
      [5, 3],
      [7, 3],
    ],
    nn: (a, b) => F.cdist(a as nn.Tensor, b as nn.Tensor),
    aten: ['cdist', '$0', '$1'],
  },
  'regions, aligned': {
    inputs: [IMAGE, [5, 5]],
    aten: ['torchvision.roi_align', '$0', '$1', 1, 3, 3, 2, false],
  },
  'grid of samples': {
    inputs: [IMAGE, [2, 5, 6, 2]],
    aten: ['grid_sampler', '$0', '$1', 0, 0, false],
    onnx: ['GridSample', {}, [], 16],
  },
};

/** MACs, FLOPs, primitives and the shapes that come out. */
const costOf = (ledger: Ledger, outputs: number): unknown => {
  const { macs, flops, primitives } = totalsOf(ledger);
  expect(ledger.entries.map((entry) => entry.result.kind)).not.toContain('gap');
  return { macs, flops, primitives, shapes: ledger.outputs.slice(0, outputs).map(({ value }) => value.type?.shape) };
};
const typeOf = (input: Case['inputs'][number]): { readonly shape: Shape; readonly dtype: DType } =>
  'shape' in input ? input : { shape: input, dtype: 'float32' };

function viaNn({ inputs, nn: run }: Case): Ledger {
  class Net extends nn.Module<nn.Tensor[], unknown> {
    override forward(...x: nn.Tensor[]): unknown {
      return (run as NonNullable<Case['nn']>)(...x);
    }
  }
  return nn.readModule(new Net() as unknown as nn.AnyModule, inputs.map(typeOf));
}

function viaAten({ inputs, aten }: Case): Ledger {
  const [name, ...args] = aten as NonNullable<Case['aten']>;
  const trace = new Trace();
  trace.enter({ path: '', type: 'Net', mro: [], children: [], weights: [], calls: [], attrs: {} }, '', []);
  const given = inputs.map((input, i) => ({ name: `x${i}`, value: trace.input(`x${i}`, typeOf(input)) }));
  const filled = (arg: unknown): Arg => {
    if (Array.isArray(arg)) return arg.map(filled);
    return typeof arg === 'string' && arg.startsWith('$') ? (given[Number(arg.slice(1))]?.value as Arg) : (arg as Arg);
  };
  const results = applyAten(trace, { name, args: args.map(filled), spelling: { type: name } });
  trace.exit([]);
  const outputs = results.flatMap((value) =>
    typeof value === 'object' && value !== null && 'storage' in value ? [{ name: 'y', value }] : [],
  );
  return trace.ledger({ name, format: 'aten', producer: null, file: null, inputs: given, outputs, modules: 'none' });
}

const TYPES: Readonly<Partial<Record<DType, number>>> = { float32: 1, int64: 7 };

function viaOnnx({ inputs, onnx }: Case, outputs: number): Ledger {
  const [op, values = {}, further = [], opset = 17] = onnx as NonNullable<Case['onnx']>;
  const names = inputs.map((_, i) => `x${i}`);
  const constants = further.map((value, i) =>
    typeof value === 'number' && op !== 'CumSum'
      ? tensor(`c${i}`, [], 1, len(9, new Uint8Array(new Float32Array([value]).buffer)))
      : ints(`c${i}`, Array.isArray(value) ? [value.length] : [], [value].flat() as number[]),
  );
  const made = Array.from({ length: outputs }, (_, i) => `y${i}`);
  return readModel(
    memorySource(
      modelOf(
        {
          nodes: [node(op, [...names, ...further.map((_, i) => `c${i}`)], made, attributes(values))],
          inputs: Object.fromEntries(
            inputs.map((input, i) => {
              const { shape, dtype } = typeOf(input);
              return [`x${i}`, tensorTypeOf(TYPES[dtype] ?? 1, shape as readonly number[])];
            }),
          ),
          outputs: made,
          initializers: constants,
        },
        opset,
      ),
      { name: 'case.onnx' },
    ),
  );
}

describe('one operator, every format', () => {
  test.each(Object.entries(CASES))('%s', (_, of) => {
    const two = of.onnx?.[0] === 'TopK' ? 2 : 1;
    const costs = [
      ...(of.nn === undefined ? [] : [viaNn(of)]),
      ...(of.aten === undefined ? [] : [viaAten(of)]),
      ...(of.onnx === undefined ? [] : [viaOnnx(of, two)]),
    ].map((ledger) => costOf(ledger, two));
    expect(costs.length).toBeGreaterThan(0);
    for (const cost of costs.slice(1)) expect(cost).toEqual(costs[0]);
  });
});
