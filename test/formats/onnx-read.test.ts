import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { detect } from '../../src/formats/onnx/detect.js';
import { dtypeOf } from '../../src/formats/onnx/dtype.js';
import { readOnnx } from '../../src/formats/onnx/read.js';
import type { GraphProto } from '../../src/formats/onnx/schema.js';
import { elementCount } from '../../src/formats/onnx/tensors.js';
import { memorySource } from '../../src/source/memory.js';
import { openSource } from '../../src/source/node/open.js';
import { isFloating } from '../../src/tensor/dtype.js';
import { float, int, join, len } from '../wire/encode.js';
import {
  attribute,
  entry,
  external,
  graph as graphOf,
  model,
  node,
  tensor,
  tensorType,
  valueInfo,
} from './onnx-build.js';

const FIXTURES = new URL('../fixtures/onnx/', import.meta.url);

/** What the exporter's side said of each file when it was made, by the onnx package. */
interface Known {
  readonly nodes: number;
  readonly n_initializers: number;
  readonly initializer_numel: number;
  readonly initializer_float_numel: number;
  readonly n_value_info: number;
  readonly n_functions: number;
  readonly ir_version: number;
  readonly producer: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly ops: Readonly<Record<string, number>>;
  readonly graph_inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly graph_outputs: Readonly<Record<string, readonly (number | string)[]>>;
}

const known = JSON.parse(readFileSync(new URL('manifest.json', FIXTURES), 'utf8')) as Readonly<Record<string, Known>>;
const files = readdirSync(FIXTURES).filter((file) => file.endsWith('.onnx'));

const histogram = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

const shapes = (infos: GraphProto['input']) =>
  Object.fromEntries(
    infos.map((info) => [
      info.name,
      (info.type?.tensorType?.shape?.dim ?? []).map((dim) => dim.dimValue ?? dim.dimParam),
    ]),
  );

describe.each(files)('%s', (file) => {
  const path = new URL(file, FIXTURES);

  test('is what the onnx package says it is', () => {
    const source = openSource(path.href);
    const { model, graph } = readOnnx(source);
    const numel = (list: typeof graph.initializer) =>
      Number(list.reduce((sum, tensor) => sum + elementCount(tensor), 0n));
    expect({
      nodes: graph.node.length,
      n_initializers: graph.initializer.length,
      initializer_numel: numel(graph.initializer),
      initializer_float_numel: numel(graph.initializer.filter((t) => isFloating(dtypeOf(t.dataType)!))),
      n_value_info: graph.valueInfo.length,
      n_functions: model.functions.length,
      ir_version: model.irVersion,
      producer: `${model.producerName} ${model.producerVersion}`,
      opsets: Object.fromEntries(model.opsetImport.map((opset) => [opset.domain || 'ai.onnx', opset.version])),
      ops: histogram(graph.node.map((node) => node.opType)),
      graph_inputs: shapes(graph.input),
      graph_outputs: shapes(graph.output),
    }).toEqual(pick(known[file]!));
    source.close?.();
  });

  test('every node is whole, and every small tensor readable though the weights are absent', () => {
    const source = openSource(path.href);
    const { graph, tensors } = readOnnx(source);
    for (const node of graph.node) {
      expect(node.opType).not.toBe('');
      expect(node.output.length).toBeGreaterThan(0);
      for (const attribute of node.attribute) expect(attribute.type).toBeGreaterThan(0);
    }
    const constants = graph.node.flatMap((node) => node.attribute.flatMap((attribute) => attribute.t ?? []));
    for (const tensor of [...graph.initializer, ...constants]) {
      const values = tensors.smallInts(tensor) ?? tensors.smallFloats(tensor);
      if (values !== undefined) expect(BigInt(values.length)).toBe(elementCount(tensor));
      else expect(tensor.dataLocation).toBe(1);
    }
    source.close?.();
  });

  test('is recognised by its head, whatever its name', () => {
    const bytes = readFileSync(path);
    for (const size of [200, 4096, bytes.length]) expect(detect(bytes.subarray(0, size), 'model.bin')).toBe('certain');
  });
});

function pick({
  nodes,
  n_initializers,
  initializer_numel,
  initializer_float_numel,
  n_value_info,
  n_functions,
  ir_version,
  producer,
  opsets,
  ops,
  graph_inputs,
  graph_outputs,
}: Known): Known {
  return {
    nodes,
    n_initializers,
    initializer_numel,
    initializer_float_numel,
    n_value_info,
    n_functions,
    ir_version,
    producer,
    opsets,
    ops,
    graph_inputs,
    graph_outputs,
  };
}

test('every member of the schema is read', () => {
  const body = join(len(1, node('Add', ['x', 'one'], ['y'])), len(2, 'branch'));
  const attributes = join(
    attribute('alpha', 1, float(2, 0.5)),
    attribute('axis', 2, int(3, -1)),
    attribute('mode', 3, len(4, 'linear')),
    attribute('value', 4, len(5, tensor('', [2], 7, len(7, [1, 2])))),
    attribute('then_branch', 5, len(6, body)),
    attribute('scales', 6, len(7, float(1, 1.5).subarray(1), float(1, 2).subarray(1))),
    attribute('pads', 7, int(8, 1), int(8, -2)),
    attribute('names', 8, len(9, 'a'), len(9, 'b')),
    attribute('bodies', 10, len(11, body), len(11, body)),
    attribute('sparse', 11, len(22, len(1, tensor('v', [1], 1)), len(2, tensor('i', [1], 7)), int(3, 100))),
    attribute('type', 13, len(14, len(4, len(1, tensorType(1))))),
    len(5, len(1, 'from_caller'), int(20, 2), len(21, 'axis')),
  );
  const graph = join(
    len(
      1,
      node(
        'Custom',
        ['x', ''],
        ['y'],
        len(3, '/layer/Custom'),
        attributes,
        len(6, 'File "m.py"'),
        len(7, 'my.domain'),
        len(8, 'v2'),
        len(9, entry('namespace', 'layer')),
      ),
    ),
    len(2, 'main'),
    len(5, external('w', [3, 4], 1, 'weights.bin')),
    len(10, 'about'),
    len(11, valueInfo('x', tensorType(1, ['batch', 3, null]))),
    len(12, valueInfo('y', len(9, len(1, tensorType(7))))),
    len(13, valueInfo('m', len(5, int(1, 8), len(2, tensorType(11))))),
    len(13, valueInfo('s', len(8, int(1, 1)))),
    len(14, len(1, 'x'), len(2, entry('SCALE_TENSOR', 'scale'))),
    len(15, len(1, tensor('sparse_w', [2], 1)), int(3, 10)),
    len(16, entry('graph_key', 'value')),
  );
  const fn = len(
    25,
    len(1, 'Custom'),
    len(4, 'a'),
    len(5, 'b'),
    len(6, 'needed'),
    len(7, node('Neg', ['a'], ['b'])),
    len(9, int(2, 18)),
    len(10, 'my.domain'),
    len(11, len(1, 'alpha'), float(2, 1), int(20, 1)),
    len(13, 'v2'),
  );
  const bytes = model(
    graph,
    len(3, '1.0'),
    len(4, 'org'),
    int(5, 7),
    len(6, 'doc'),
    len(14, entry('author', 'me')),
    len(20, len(1, graph)),
    fn,
    len(26, len(1, 'device')),
  );
  const file = readOnnx(memorySource(bytes));
  const text = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
  expect(file.model).toMatchObject({
    producerName: 'hand',
    producerVersion: '1.0',
    domain: 'org',
    modelVersion: 7,
    docString: 'doc',
    opsetImport: [{ domain: '', version: 17 }],
  });
  expect(file.model.metadataProps).toEqual([{ key: 'author', value: 'me' }]);
  expect(file.model.trainingInfo).toHaveLength(1);
  expect(file.model.functions).toMatchObject([
    {
      name: 'Custom',
      domain: 'my.domain',
      overload: 'v2',
      input: ['a'],
      output: ['b'],
      attribute: ['needed'],
      attributeProto: [{ name: 'alpha', f: 1, type: 1 }],
      node: [{ opType: 'Neg' }],
      opsetImport: [{ version: 18 }],
    },
  ]);
  const [only] = file.graph.node;
  expect(only).toMatchObject({
    opType: 'Custom',
    name: '/layer/Custom',
    input: ['x', ''],
    output: ['y'],
    domain: 'my.domain',
    overload: 'v2',
    docString: 'File "m.py"',
    metadataProps: [{ key: 'namespace', value: 'layer' }],
  });
  const inner = { name: 'branch', node: [{ opType: 'Add', input: ['x', 'one'] }] };
  expect(only!.attribute).toMatchObject([
    { name: 'alpha', type: 1, f: 0.5 },
    { name: 'axis', type: 2, i: -1 },
    { name: 'mode', type: 3, s: 'linear' },
    { name: 'value', type: 4, t: { dims: [2], dataType: 7 } },
    { name: 'then_branch', type: 5, g: inner },
    { name: 'scales', type: 6, floats: [1.5, 2] },
    { name: 'pads', type: 7, ints: [1, -2] },
    { name: 'names', type: 8, strings: ['a', 'b'] },
    { name: 'bodies', type: 10, graphs: [inner, inner] },
    { name: 'sparse', type: 11, sparseTensor: { dims: [100], values: { name: 'v' }, indices: { name: 'i' } } },
    { name: 'type', type: 13, tp: { sequenceType: { elemType: { tensorType: { elemType: 1 } } } } },
    { name: 'from_caller', type: 2, refAttrName: 'axis' },
  ]);
  // Members that the file does not have are absent, not empty.
  expect(Object.keys(only!.attribute[1]!).sort()).toEqual(['i', 'name', 'type']);
  expect(text(file.graph.initializer)).toMatchObject([
    {
      name: 'w',
      dims: [3, 4],
      dataLocation: 1,
      externalData: [
        { key: 'location', value: 'weights.bin' },
        { key: 'offset', value: '0' },
      ],
    },
  ]);
  expect(file.graph.input[0]!.type).toEqual({
    tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'batch' }, { dimValue: 3 }, {}] } },
  });
  expect(file.graph.output[0]!.type).toEqual({ optionalType: { elemType: { tensorType: { elemType: 7 } } } });
  expect(file.graph.valueInfo.map((info) => info.type)).toEqual([
    { mapType: { keyType: 8, valueType: { tensorType: { elemType: 11 } } } },
    { sparseTensorType: { elemType: 1 } },
  ]);
  expect(file.graph.quantizationAnnotation).toEqual([
    { tensorName: 'x', quantParameterTensorNames: [{ key: 'SCALE_TENSOR', value: 'scale' }] },
  ]);
  expect(file.graph.sparseInitializer).toMatchObject([{ values: { name: 'sparse_w' }, dims: [10] }]);
  expect(file.graph).toMatchObject({
    name: 'main',
    docString: 'about',
    metadataProps: [{ key: 'graph_key', value: 'value' }],
  });
});

describe('recognising', () => {
  const of = (...parts: (readonly number[] | Uint8Array)[]) => detect(join(...parts), 'file');

  test('a producer that calls itself what no producer does is still one, where the name of the file says what it is', () => {
    const bytes = model(graphOf({ nodes: [node('Relu', ['x'], ['y'])], outputs: ['y'] }), len(2, '\u001b[31m'));
    expect([detect(bytes, 'x.onnx'), detect(bytes, 'x')]).toEqual(['likely', 'no']);
  });

  test('formats that begin the same way are not ONNX', () => {
    // TensorFlow's SavedModel: version 1, then a message. Core ML: version, then a message. GraphDef: nodes at once.
    expect(of(int(1, 1), len(2, len(1, len(5, 'serve'))))).toBe('no');
    expect(of(int(1, 5), len(2, len(1, len(1, 'input'))))).toBe('no');
    expect(of(len(1, len(1, 'x'), len(2, 'Placeholder')))).toBe('no');
    expect(of([0x50, 0x4b, 3, 4, 0, 0])).toBe('no');
    expect(of([0x80, 2, 0x8a, 10])).toBe('no');
    expect(of([])).toBe('no');
    expect(detect(new TextEncoder().encode('{"model": 1}'), 'x.onnx')).toBe('no');
    expect(detect(new TextEncoder().encode('<!DOCTYPE html><html>'), 'x.onnx')).toBe('no');
    expect(detect(new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:'), 'x.onnx')).toBe(
      'no',
    );
  });

  test('a head without its graph is likely', () => {
    expect(of(int(1, 8), len(2, 'pytorch'), len(3, '2.0'))).toBe('likely');
    expect(detect(int(1, 8), 'x.onnx')).toBe('likely');
    expect(of(int(1, 8))).toBe('no');
    expect(of(len(7, len(1, node('Relu', ['x'], ['y']))), int(1, 8))).toBe('certain');
  });
});
