import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENCODING_BYTES } from '../../src/formats/onnx/encoding.js';
import { readOnnx } from '../../src/formats/onnx/read.js';
import { byteCount } from '../../src/formats/onnx/tensors.js';
import { memorySource } from '../../src/source/memory.js';
import { checkRange, type Source } from '../../src/source/source.js';
import { REMOTE, windowed } from '../../src/source/window.js';
import { scan } from '../../src/wire/scan.js';
import { type Bytes, int, join, key, len, varint } from '../wire/encode.js';
import { attribute, model, node, rawHead, tensor, tensorType, valueInfo } from './onnx-build.js';

const fixture = (name: string): Uint8Array => readFileSync(new URL(`../fixtures/onnx/${name}.onnx`, import.meta.url));

/** Bytes with holes: weights that would fill gigabytes, and that must not be asked for. */
class Holes implements Source {
  readonly name = 'holes';
  readonly size: number;
  bytesRead = 0;
  requests = 0;
  private readonly parts: readonly { readonly start: number; readonly bytes: Bytes }[];

  constructor(parts: readonly (Bytes | number)[]) {
    let at = 0;
    const kept: { start: number; bytes: Bytes }[] = [];
    for (const part of parts) {
      if (typeof part !== 'number') kept.push({ start: at, bytes: part });
      at += typeof part === 'number' ? part : part.length;
    }
    this.size = at;
    this.parts = kept;
  }

  read(start: number, end: number): Uint8Array {
    checkRange(this.name, this.size, start, end);
    const bytes = new Uint8Array(end - start);
    for (const part of this.parts) {
      const from = Math.max(start, part.start);
      const to = Math.min(end, part.start + part.bytes.length);
      if (from < to) bytes.set(part.bytes.slice(from - part.start, to - part.start), from - start);
    }
    this.requests += 1;
    this.bytesRead += end - start;
    return bytes;
  }

  sibling(): undefined {
    return undefined;
  }
}

/** The file as it was before its weights were taken out: each initializer that points elsewhere gets its raw data back, as a hole. */
function refilled(name: string): { readonly source: Holes; readonly graphBytes: number; readonly weights: number } {
  const bytes = fixture(name);
  const file = memorySource(bytes);
  const whole = (field: { readonly number: number; readonly start: number; readonly end: number }) =>
    len(field.number, bytes.subarray(field.start, field.end));
  const { graph } = readOnnx(file);
  const head: Bytes[] = [];
  const tail: Bytes[] = [];
  const inner: (Bytes | number)[] = [];
  let tensors = 0;
  let weights = 0;
  for (const field of scan(file)) {
    if (field.number !== 7) {
      const copy = field.wire === 0 ? int(field.number, field.value!) : whole(field);
      (field.number < 7 ? head : tail).push(copy);
      continue;
    }
    for (const part of scan(file, { start: field.start, end: field.end })) {
      const initializer = part.number === 5 ? graph.initializer[tensors++] : undefined;
      if (initializer === undefined || initializer.dataLocation !== 1) inner.push(whole(part));
      else {
        const size = Number(byteCount(initializer));
        const header = join(
          tensor(initializer.name, initializer.dims.map(Number), initializer.dataType),
          rawHead(size),
        );
        inner.push(key(5, 2), varint(header.length + size), header, size);
        weights += size;
      }
    }
  }
  const length = inner.reduce<number>((sum, part) => sum + (typeof part === 'number' ? part : part.length), 0);
  const source = new Holes([...head, key(7, 2), varint(length), ...inner, ...tail]);
  return { source, graphBytes: source.size - weights, weights };
}

describe.each([
  'resnet50.legacy17',
  'resnet50.legacy17.trainbn',
  'convnext_tiny.dynamo.dyn',
  'vit_b_16.legacy17',
  'swin_t.legacy17.dyn',
  'mobilenet_v2.legacy17.dyn',
])('%s with its weights', (name) => {
  test('about the bytes of its graph are read, in few requests, and none of its weights', () => {
    const { source, graphBytes, weights } = refilled(name);
    expect(weights).toBeGreaterThan(10_000_000);
    const { graph } = readOnnx(source);
    expect(graph.node.length).toBe(readOnnx(memorySource(fixture(name))).graph.node.length);
    console.info(
      `# ${name}: ${source.bytesRead} of ${source.size} bytes read, graph ${graphBytes}, ${source.requests} requests`,
    );
    expect(source.bytesRead).toBeLessThanOrEqual(1.1 * graphBytes);
    expect(source.requests).toBeLessThan(40 + 2 * graph.initializer.length);
  });

  test('over a network: few requests', () => {
    const { source, graphBytes } = refilled(name);
    const { graph } = readOnnx(windowed(source, REMOTE));
    console.info(`# ${name}, remote: ${source.bytesRead} bytes, graph ${graphBytes}, ${source.requests} requests`);
    expect(source.requests).toBeLessThan(10 + graph.initializer.length);
  });
});

test('a tensor of four terabytes costs nothing extra', () => {
  const weight = tensor('w', [2 ** 20, 2 ** 20], 1);
  const size = 2 ** 42;
  const initializer = [
    key(5, 2),
    varint(weight.length + rawHead(size).length + size),
    weight,
    rawHead(size),
    size,
  ] as const;
  const rest = len(1, node('Relu', ['x'], ['y']));
  const length = [...initializer, rest].reduce<number>(
    (sum, part) => sum + (typeof part === 'number' ? part : part.length),
    0,
  );
  const source = new Holes([int(1, 8), key(7, 2), varint(length), ...initializer, rest]);
  const { graph } = readOnnx(source);
  expect(graph.node).toHaveLength(1);
  expect(graph.initializer[0]!.rawData!.length).toBe(size);
  expect(source.bytesRead).toBeLessThan(2000);
});

/** A graph of `count` nodes with what exporters write at each: names, attributes, shapes. */
function large(count: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    parts.push(
      len(
        1,
        node(
          'Conv',
          [`/layer${i}/x_output_0`, `layer${i}.weight`],
          [`/layer${i}/y_output_0`],
          len(3, `/layer${i}/conv/Conv`),
          attribute('kernel_shape', 7, int(8, 3), int(8, 3)),
          attribute('group', 2, int(3, 1)),
        ),
      ),
    );
    parts.push(len(13, valueInfo(`/layer${i}/y_output_0`, tensorType(1, ['batch', 64, 56, 56]))));
  }
  // In two steps: a call takes only so many arguments.
  const groups = Array.from({ length: Math.ceil(parts.length / 1000) }, (_, i) =>
    join(...parts.slice(i * 1000, i * 1000 + 1000)),
  );
  return model(join(...groups));
}

test('a large graph is read once: no byte twice, every node there', () => {
  for (const nodes of [1_000, 50_000]) {
    const source = memorySource(large(nodes));
    expect(readOnnx(source).graph?.node).toHaveLength(nodes);
    // But for the head, by which text is told from bytes.
    expect(source.bytesRead).toBeLessThanOrEqual(source.size + ENCODING_BYTES);
  }
});

describe('hostile files', () => {
  const bytes = fixture('lstm.legacy17.dyn');
  const refused = (run: () => unknown): void => {
    try {
      run();
    } catch (error) {
      expect(error).toMatchObject({
        kind: 'ModelError',
        format: 'onnx',
        hint: expect.any(String),
        at: { offset: expect.any(Number) },
      });
    }
  };

  test('cut anywhere, it is refused as cut', () => {
    const graph = [...scan(memorySource(bytes))].find((field) => field.number === 7)!;
    for (let cut = 1; cut < graph.end; cut += 1 + (cut >> 6)) {
      const code = expect.stringMatching(/^(truncated|wrong-format)$/);
      expect(() => readOnnx(memorySource(bytes.subarray(0, cut)))).toThrow(
        expect.objectContaining({
          kind: 'ModelError',
          code,
          at: expect.objectContaining({ offset: expect.any(Number) }),
        }),
      );
    }
  });

  test('random bytes, and real ones altered', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (random) => refused(() => readOnnx(memorySource(random)))),
      { numRuns: 300 },
    );
    const edits = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(edits, (changes) => {
        const copy = bytes.slice();
        for (const [at, value] of changes) copy[at] = value;
        refused(() => readOnnx(memorySource(copy)));
      }),
      { numRuns: 300 },
    );
  });

  test('ten gigabytes of graph in a kilobyte', () => {
    const file = join(int(1, 8), key(7, 2), varint(10 ** 10), new Uint8Array(1000));
    expect(() => readOnnx(memorySource(file))).toThrow(
      expect.objectContaining({
        code: 'truncated',
        format: 'onnx',
        at: { offset: 8, field: 'ModelProto.graph' },
        message: expect.stringMatching(/ModelProto\.graph states 10000000000 bytes/),
      }),
    );
  });

  test('nothing, and a model without a graph', () => {
    for (const file of [new Uint8Array(0), int(1, 8)])
      expect(() => readOnnx(memorySource(file))).toThrow(expect.objectContaining({ code: 'wrong-format' }));
  });

  test('graphs within graphs without end', () => {
    let graph: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < 60; i++) graph = len(1, node('If', [], ['y'], attribute('then_branch', 5, len(6, graph))));
    expect(() => readOnnx(memorySource(model(graph)))).toThrow(expect.objectContaining({ code: 'limit' }));
  });
});
