import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { detectFormat, type ReadOptions } from '../../src/formats/index.js';
import { readTensorflow } from '../../src/formats/tensorflow/read.js';
import { coverageOf, type Ledger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { readChanged, refusal } from '../refusal.js';

/** Graphs that TensorFlow froze and exported, contents of their weights left out. MACs are those of its own graph. */
const bytesOf = (name: string): Uint8Array => readFileSync(new URL(`../fixtures/tensorflow/${name}`, import.meta.url));
const read = (name: string, options: ReadOptions = {}): Ledger =>
  readTensorflow(memorySource(bytesOf(name), { name }), options);
const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const macs = (ledger: Ledger): string => text(totalsOf(ledger).macs);
const shapes = (ledger: Ledger): (string | undefined)[] =>
  ledger.outputs.map((o) => o.value.type?.shape.map(text).join('x'));
/** A graph in protobuf's text form. */
const written = (graph: string, options: ReadOptions = {}): Ledger =>
  readTensorflow(memorySource(new TextEncoder().encode(graph), { name: 'graph.pbtxt' }), options);

const shape = (...dims: number[]): string => `shape { ${dims.map((d) => `dim { size: ${d} }`).join(' ')} }`;
const node = (name: string, op: string, inputs: readonly string[] = [], ...attrs: readonly string[]): string =>
  `node { name: "${name}" op: "${op}" ${inputs.map((i) => `input: "${i}"`).join(' ')} ${attrs.join(' ')} }`;
const attr = (key: string, value: string): string => `attr { key: "${key}" value { ${value} } }`;
const placeholder = (name: string, ...dims: number[]): string =>
  node(name, 'Placeholder', [], attr('dtype', 'type: DT_FLOAT'), attr('shape', shape(...dims)));
const weights = (name: string, ...dims: number[]): string =>
  node(
    name,
    'Const',
    [],
    attr('dtype', 'type: DT_FLOAT'),
    attr('value', `tensor { dtype: DT_FLOAT tensor_${shape(...dims)} }`),
  );
const integers = (name: string, ...values: number[]): string =>
  node(
    name,
    'Const',
    [],
    attr('dtype', 'type: DT_INT32'),
    attr(
      'value',
      `tensor { dtype: DT_INT32 tensor_shape { dim { size: ${values.length} } } ${values.map((v) => `int_val: ${v}`).join(' ')} }`,
    ),
  );

describe('frozen graphs', () => {
  test.each([
    ['mnist_sequential.dynbatch.pb', '2440960*batch', 'batchx10'],
    ['lstm_single.dynbatch.pb', '1967360*batch', 'batchx10'],
    ['mixed_layers.dynbatch.pb', '35511676*batch', 'batchx5'],
  ])('%s', (name, expected, output) => {
    const ledger = read(name);
    expect([macs(ledger), shapes(ledger)]).toEqual([expected, [output]]);
    expect(coverageOf(ledger).unknown).toEqual([]);
  });

  test('a loop of TensorFlow 1 is put together again: its body once, as often as there are steps', () => {
    const ledger = read('lstm_single.dynbatch.pb', { inputs: [{ shape: [3, 20, 64] }] });
    const products = ledger.entries.filter((e) => e.op === 'matmul' && e.name?.includes('lstm_cell'));
    expect(products).toHaveLength(2);
    expect(macs(ledger)).toBe(String(3 * (20 * 4 * 128 * (64 + 128) + 128 * 10)));
  });

  test('another size is worked out anew', () => {
    const ledger = read('mixed_layers.dynbatch.pb', { inputs: [{ shape: [2, 32, 32, 3] }] });
    expect(macs(ledger)).toBe(String(2 * 35511676));
  });

  test('modules are those of the names, calls and lowered loops left out', () => {
    const ledger = read('lstm_single.dynbatch.pb');
    expect(ledger.entries.find((e) => e.op === 'matmul')?.call.path).toBe('lstm_single_1.lstm_1.while.lstm_cell_1');
  });
});

describe('SavedModels', () => {
  test('the signature to serve, through its functions; variables once, as trainable as the file says', () => {
    const ledger = read('saved/saved_model.pb');
    expect([macs(ledger), shapes(ledger)]).toEqual(['3441920*batch', ['batchx10']]);
    expect(text(totalsOf(ledger).params)).toBe('174602');
    expect(coverageOf(ledger).unknown).toEqual([]);
    expect(ledger.inputs.map((i) => i.name)).toEqual(['seq']);
  });

  test('a signature by its name; of one that is not there the names of all', () => {
    expect(macs(read('saved/saved_model.pb', { signature: 'serve' }))).toBe('3441920*batch');
    expect(() => read('saved/saved_model.pb', { signature: 'predict' })).toThrow(
      expect.objectContaining({ code: 'argument', hint: 'its signatures: serve, serving_default' }),
    );
    expect(() => read('mnist_sequential.dynbatch.pb', { signature: 'x' })).toThrow(/no signatures/);
  });

  test('reads little more than the graph', () => {
    const ledger = read('saved/saved_model.pb');
    expect(ledger.file?.bytesRead).toBeLessThanOrEqual(1.2 * (ledger.file?.bytes ?? 0));
  });
});

describe('text, operators and control flow of TensorFlow 1', () => {
  const conv = (dataFormat: string, padding: string, ...more: string[]): string =>
    node(
      'conv',
      'Conv2D',
      ['x', 'w'],
      attr('strides', `list { i: [${dataFormat === 'NHWC' ? '1, 2, 2, 1' : '1, 1, 2, 2'}] }`),
      attr('padding', `s: "${padding}"`),
      attr('data_format', `s: "${dataFormat}"`),
      ...more,
    );

  test('channels in front or behind: the same products', () => {
    const behind = written([placeholder('x', -1, 9, 9, 4), weights('w', 3, 3, 4, 8), conv('NHWC', 'SAME')].join('\n'));
    const front = written([placeholder('x', -1, 4, 9, 9), weights('w', 3, 3, 4, 8), conv('NCHW', 'SAME')].join('\n'));
    expect([macs(behind), macs(front)]).toEqual(Array(2).fill(`${5 * 5 * 8 * 4 * 9}*batch`));
    expect([shapes(behind), shapes(front)]).toEqual([['batchx5x5x8'], ['batchx8x5x5']]);
  });

  test('explicit paddings, and groups by the channels', () => {
    const ledger = written(
      [
        placeholder('x', 1, 8, 8, 4),
        weights('w', 3, 3, 2, 8),
        conv('NHWC', 'EXPLICIT', attr('explicit_paddings', 'list { i: [0, 0, 1, 1, 0, 2, 0, 0] }')),
      ].join('\n'),
    );
    // ⌊(8 + 2 − 3) / 2⌋ + 1 and ⌊(8 + 2 − 3) / 2⌋ + 1 positions, two channels a group
    expect([macs(ledger), shapes(ledger)]).toEqual([String(4 * 4 * 8 * 2 * 9), ['1x4x4x8']]);
  });

  test('a branch whose condition is fed: both arms, each as often as it runs', () => {
    const graph = [
      placeholder('x', 1, 8),
      node('p', 'Placeholder', [], attr('dtype', 'type: DT_BOOL'), attr('shape', shape())),
      weights('a', 8, 16),
      weights('b', 8, 16),
      node('s', 'Switch', ['x', 'p']),
      node('yes', 'MatMul', ['s:1', 'a']),
      node('no', 'MatMul', ['s', 'b']),
      node('relu', 'Relu', ['no']),
      node('m', 'Merge', ['relu', 'yes']),
      node('out', 'Identity', ['m']),
    ].join('\n');
    const ledger = written(graph);
    expect([macs(ledger), shapes(ledger)]).toEqual([String(8 * 16), ['1x16']]);
    expect(ledger.entries.filter((e) => e.op === 'relu')).toHaveLength(1);
    const taken = written(graph, { bind: new Map([['p', 1]]) });
    expect(taken.entries.filter((e) => e.op === 'relu')).toHaveLength(0);
  });

  test('a loop within a loop', () => {
    const looped = (k: number, input: string, body: (value: string) => string[], result: string): string[] => [
      node(`enter${k}`, 'Enter', [input], attr('frame_name', `s: "frame${k}"`)),
      node(`merge${k}`, 'Merge', [`enter${k}`, `next${k}`]),
      node(`asked${k}`, 'LoopCond', [`merge${k}`]),
      node(`switch${k}`, 'Switch', [`merge${k}`, `asked${k}`]),
      ...body(`switch${k}:1`),
      node(`next${k}`, 'NextIteration', [result]),
      node(`exit${k}`, 'Exit', [`switch${k}`]),
    ];
    const inner = (value: string): string[] => looped(2, value, (x) => [node('relu', 'Relu', [x])], 'relu');
    const graph = [placeholder('x', 1, 8), ...looped(1, 'x', inner, 'exit2'), node('out', 'Identity', ['exit1'])];
    const ledger = written(graph.join('\n'));
    expect(ledger.entries.filter((e) => e.op === 'relu')).toHaveLength(1);
    expect(shapes(ledger)).toEqual(['1x8']);
  });

  test('conditions by the hundred, one after the other and within each other', () => {
    const condition = (k: number, input: string, inside: (value: string) => string[] = () => []): string[] => [
      node(`p${k}`, 'Placeholder', [], attr('dtype', 'type: DT_BOOL'), attr('shape', shape())),
      node(`s${k}`, 'Switch', [input, `p${k}`]),
      ...inside(`s${k}:1`),
      node(`yes${k}`, 'Relu', [inside(`s${k}:1`).length > 0 ? `m${k + 1}` : `s${k}:1`]),
      node(`no${k}`, 'Relu', [`s${k}`]),
      node(`m${k}`, 'Merge', [`no${k}`, `yes${k}`]),
    ];
    const row = Array.from({ length: 300 }, (_, k) => condition(k, k === 0 ? 'x' : `m${k - 1}`)).flat();
    const ledger = written([placeholder('x', 1, 8), ...row, node('out', 'Identity', ['m299'])].join('\n'));
    expect(ledger.entries.filter((e) => e.op === 'relu')).toHaveLength(600); // both arms, each as often as it is taken
    const nested = condition(0, 'x', (a) => condition(1, a, (b) => condition(2, b)));
    const deep = written([placeholder('x', 1, 8), ...nested, node('out', 'Identity', ['m0'])].join('\n'));
    expect(deep.entries.filter((e) => e.op === 'relu')).toHaveLength(6);
  });

  test('nodes that are asked for their last output of thousands are refused', () => {
    const row = Array.from({ length: 80 }, (_, k) => node(`n${k}`, 'Split', [k === 0 ? 'x' : `n${k - 1}:16000`]));
    expect(() => written([placeholder('x', 1, 8), ...row].join('\n'))).toThrow(
      expect.objectContaining({ code: 'limit', format: 'tensorflow' }),
    );
  });

  test('functions, also by an operator of their name', () => {
    const ledger = written(
      [
        placeholder('x', -1, 8),
        weights('w', 8, 4),
        node('first', 'PartitionedCall', ['x', 'w'], attr('f', 'func { name: "dense" }')),
        node('second', 'dense', ['x', 'w']),
        node('out', 'AddV2', ['first', 'second']),
        `library { function {
           signature { name: "dense" input_arg { name: "a" } input_arg { name: "k" } output_arg { name: "y" } }
           node_def { name: "mul" op: "MatMul" input: "a" input: "k" }
           node_def { name: "halves" op: "Split" input: "mul/axis:output:0" input: "mul:product:0" attr { key: "num_split" value { i: 2 } } }
           node_def { name: "mul/axis" op: "Const" attr { key: "dtype" value { type: DT_INT32 } } attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { } int_val: 1 } } } }
           ret { key: "y" value: "halves:output:1" }
         } }`,
      ].join('\n'),
    );
    expect([macs(ledger), shapes(ledger)]).toEqual(['64*batch', ['batchx2']]);
    expect(text(totalsOf(ledger).params)).toBe('32');
  });

  test('shapes that the graph works out itself', () => {
    const ledger = written(
      [
        placeholder('x', -1, 4, 6),
        node('shape', 'Shape', ['x']),
        integers('zero', 0),
        integers('one', 1),
        node('n', 'StridedSlice', ['shape', 'zero', 'one', 'one'], attr('shrink_axis_mask', 'i: 1')),
        node(
          'k',
          'Const',
          [],
          attr('dtype', 'type: DT_INT32'),
          attr('value', 'tensor { dtype: DT_INT32 tensor_shape { } int_val: 24 }'),
        ),
        node('target', 'Pack', ['n', 'k']),
        node('flat', 'Reshape', ['x', 'target']),
      ].join('\n'),
    );
    expect(shapes(ledger)).toEqual(['batchx24']);
  });

  test('one side of an “and” can decide it: a quotient that is rounded towards 0, as JAX writes it', () => {
    const scalar = (name: string, value: number): string =>
      node(
        name,
        'Const',
        [],
        attr('dtype', 'type: DT_INT32'),
        attr('value', `tensor { dtype: DT_INT32 tensor_shape { } int_val: ${value} }`),
      );
    const ledger = written(
      [
        placeholder('x', -1, 6),
        node('shape', 'Shape', ['x']),
        integers('zero', 0),
        integers('one', 1),
        node('n', 'StridedSlice', ['shape', 'zero', 'one', 'one'], attr('shrink_axis_mask', 'i: 1')),
        scalar('four', 4),
        scalar('none', 0),
        scalar('step', 1),
        scalar('six', 6),
        node('down', 'FloorDiv', ['n', 'four']),
        node('up', 'AddV2', ['down', 'step']),
        node('sign', 'Sign', ['n']),
        node('other', 'NotEqual', ['sign', 'step']),
        node('rest', 'FloorMod', ['n', 'four']),
        node('some', 'NotEqual', ['rest', 'none']),
        node('both', 'LogicalAnd', ['other', 'some']),
        node('k', 'SelectV2', ['both', 'up', 'down']),
        node('target', 'Pack', ['k', 'six']),
        node('y', 'BroadcastTo', ['step', 'target']),
      ].join('\n'),
    );
    expect(shapes(ledger)).toEqual(['floor(batch/4)x6']);
  });

  test('a slice with fewer positions than axes is refused', () => {
    const sliced = (...begin: number[]): Ledger =>
      written(
        [
          placeholder('x', 2, 6, 3),
          integers('begin', ...begin),
          integers('size', 1, 2, -1),
          node('y', 'Slice', ['x', 'begin', 'size']),
        ].join('\n'),
      );
    expect(shapes(sliced(0, 0, 1))).toEqual(['1x2x2']);
    expect(() => sliced(0)).toThrow(/slice: 1 beginnings and 3 sizes for 3 axes/);
  });

  test('what training left in a graph is not a result, and its circles are none of the model', () => {
    const variable = (name: string, ...dims: number[]): string =>
      node(
        name,
        'VarHandleOp',
        [],
        attr('dtype', 'type: DT_FLOAT'),
        attr('shape', shape(...dims)),
        attr('shared_name', `s: "${name}"`),
      );
    const ledger = written(
      [
        placeholder('x', -1, 8),
        variable('fc/kernel', 8, 4),
        node('fc/kernel/Read/ReadVariableOp', 'ReadVariableOp', ['fc/kernel']),
        node('fc/MatMul/ReadVariableOp', 'ReadVariableOp', ['fc/kernel']),
        node('fc/MatMul', 'MatMul', ['x', 'fc/MatMul/ReadVariableOp']),
        node('gradients/fc/MatMul_grad', 'MatMul', ['x', 'fc/MatMul'], attr('transpose_a', 'b: true')),
        node('train', 'ResourceApplyGradientDescent', ['fc/kernel', 'gradients/fc/MatMul_grad']),
        node('gradients/a', 'AddV2', ['gradients/b', 'gradients/b']),
        node('gradients/b', 'Neg', ['gradients/a']),
      ].join('\n'),
    );
    expect([macs(ledger), ledger.outputs.map((o) => o.name), text(totalsOf(ledger).params)]).toEqual([
      '32*batch',
      ['fc/MatMul'],
      '32',
    ]);
  });

  test('a loop whose bound is a free size counts it', () => {
    const scalar = (name: string, value: number): string =>
      node(
        name,
        'Const',
        [],
        attr('dtype', 'type: DT_INT32'),
        attr('value', `tensor { dtype: DT_INT32 tensor_shape { } int_val: ${value} }`),
      );
    const ledger = written(
      [
        placeholder('x', 2, 8),
        placeholder('sequence', -1, -1, 3),
        weights('w', 8, 8),
        node('shape', 'Shape', ['sequence']),
        integers('one', 1),
        integers('two', 2),
        node('steps', 'StridedSlice', ['shape', 'one', 'two', 'one'], attr('shrink_axis_mask', 'i: 1')),
        scalar('zero', 0),
        node(
          'while',
          'While',
          ['zero', 'steps', 'x', 'w'],
          attr('cond', 'func { name: "cond" }'),
          attr('body', 'func { name: "body" }'),
        ),
        node('out', 'Identity', ['while:2']),
        `library {
           function { signature { name: "cond" ${['i', 'n', 'h', 'k'].map((a) => `input_arg { name: "${a}" }`).join(' ')} output_arg { name: "go" } }
             node_def { name: "less" op: "Less" input: "i" input: "n" } ret { key: "go" value: "less:z:0" } }
           function { signature { name: "body" ${['i', 'n', 'h', 'k'].map((a) => `input_arg { name: "${a}" } output_arg { name: "${a}_next" }`).join(' ')} }
             node_def { name: "step" op: "Const" attr { key: "dtype" value { type: DT_INT32 } } attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { } int_val: 1 } } } }
             node_def { name: "next" op: "AddV2" input: "i" input: "step:output:0" }
             node_def { name: "mul" op: "MatMul" input: "h" input: "k" }
             ret { key: "i_next" value: "next:z:0" } ret { key: "n_next" value: "n" } ret { key: "h_next" value: "mul:product:0" } ret { key: "k_next" value: "k" } } }`,
      ].join('\n'),
    );
    expect([macs(ledger), shapes(ledger)]).toEqual(['128*sequence_1', ['2x8']]);
  });

  test('an operator without a formula is named, and takes one', () => {
    const graph = [placeholder('x', 1, 8), node('y', 'MyOp', ['x'])].join('\n');
    expect(coverageOf(written(graph)).unknown.map((u) => u.op)).toEqual(['MyOp']);
    expect(macs(written(graph, { formulas: { MyOp: { macs: '5*in', outputs: [['in.0']] } } }))).toBe('40');
  });

  test('a circle that is not a loop, and a loop without a condition, are refused', () => {
    expect(() =>
      written(
        [placeholder('x', 1), node('a', 'AddV2', ['x', 'b']), node('b', 'Relu', ['a']), node('c', 'Relu', ['b'])].join(
          '\n',
        ),
      ),
    ).toThrow(expect.objectContaining({ code: 'cycle' }));
    expect(() =>
      written(
        [placeholder('x', 1), node('e', 'Enter', ['x'], attr('frame_name', 's: "f"')), node('r', 'Relu', ['e'])].join(
          '\n',
        ),
      ),
    ).toThrow(/no condition/);
  });
});

test('crossed columns: as many values in each row as the columns have together, a sparse tensor of them', () => {
  const type = attr('T', 'type: DT_INT64');
  const crossed = (sparse: number, inputs: readonly string[]): string =>
    [
      placeholder('a', 5, 2),
      placeholder('b', 5, 3),
      placeholder('w', 5),
      integers('shape', 5, 9),
      node('c', 'SparseCross', inputs, attr('N', `i: ${sparse}`), attr('out_type', 'type: DT_INT64')),
      node('d', 'SparseToDense', ['c', 'c:2', 'c:1', 'w'], type),
    ].join('\n');
  const dense = written(crossed(0, ['a', 'b']));
  expect([shapes(dense), coverageOf(dense).unknown, text(totalsOf(dense).flops)]).toEqual([['5x6'], [], '0']);
  const free = written(crossed(1, ['a', 'w', 'shape', 'b']));
  expect([shapes(free), coverageOf(free).unknown]).toEqual([['5xc.crossed'], []]);
});

describe('files', () => {
  test('are detected by their bytes', () => {
    for (const name of ['mnist_sequential.dynbatch.pb', 'saved/saved_model.pb'])
      expect(detectFormat(memorySource(bytesOf(name), { name: 'x.bin' })).id).toBe('tensorflow');
    expect(() => detectFormat(memorySource(bytesOf('saved/fingerprint.pb'), { name: 'fingerprint.pb' }))).toThrow();
  });

  test('cut short anywhere: an error with a reason', () => {
    const whole = bytesOf('lstm_single.dynbatch.pb');
    for (let n = 8; n < whole.length - 1; n += 197)
      expect(['truncated', 'malformed', 'limit', 'cycle', 'read']).toContain(
        refusal(() => readTensorflow(memorySource(whole.subarray(0, n)))),
      );
  });

  test('a changed byte: read, or refused with a reason', () => {
    readChanged(bytesOf('lstm_single.dynbatch.pb'), (bytes) => readTensorflow(memorySource(bytes)), 150);
  });
});

test('in a graph with variables a constant of arithmetic is no parameter; in one without it may have been frozen', () => {
  const scaled = (weight: string): string =>
    [
      placeholder('x', 1, 8, 8, 3),
      weights('std', 3),
      node('scaled', 'Mul', ['x', 'std'], attr('T', 'type: DT_FLOAT')),
      weight,
      node('y', 'MatMul', ['flat', 'w']),
      node('flat', 'Reshape', ['scaled', 'rows']),
      integers('rows', 1, 192),
    ].join('\n');
  const variable = node('w', 'VariableV2', [], attr('shape', shape(192, 5)), attr('dtype', 'type: DT_FLOAT'));
  const params = (graph: string): string => text(totalsOf(written(graph)).params);
  expect([params(scaled(variable)), params(scaled(weights('w', 192, 5)))]).toEqual(['960', '963']);
});

test.each([
  ['FakeQuantWithMinMaxArgs', [attr('num_bits', 'i: 8')], 'uint8×float32'],
  ['FakeQuantWithMinMaxArgs', [attr('num_bits', 'i: 4')], 'uint4×float32'],
  ['QuantizeAndDequantizeV2', [attr('signed_input', 'b: true')], 'int8×float32'],
])('products behind %s are of %s', (op, attributes, operands) => {
  const graph = [
    placeholder('x', 1, 16),
    node('q', op, ['x'], ...attributes),
    weights('w', 16, 8),
    node('y', 'MatMul', ['q', 'w']),
  ];
  expect([...totalsOf(written(graph.join('\n'))).macsByOperands.keys()]).toEqual([operands]);
});
