import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readModel } from '../../src/formats/onnx/model.js';
import type { Ledger } from '../../src/ledger/index.js';
import { totalsOf } from '../../src/ledger/index.js';
import { isModelError } from '../../src/source/errors.js';
import { memorySource } from '../../src/source/memory.js';
import { scan } from '../../src/wire/scan.js';
import { int, join, key, len, varint } from '../wire/encode.js';
import { attributes, graph, ints, modelOf, node, tensor, tensorType } from './onnx-build.js';

const read = (bytes: Uint8Array): Ledger => readModel(memorySource(bytes));
// A copy: a slice of what Node reads is the same bytes.
const fixture = (file: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../fixtures/onnx/${file}`, import.meta.url)));

/** Read whole, or refused with what, where and what to do: nothing else may happen. */
function survives(bytes: Uint8Array): void {
  try {
    totalsOf(read(bytes));
  } catch (error) {
    if (!isModelError(error)) throw error;
    expect(error.message).not.toBe('');
  }
}

describe('structure-aware mutations', () => {
  const files = ['lstm.legacy17.dyn.onnx', 'resnet18.legacy17.onnx'].map(fixture);

  /** Every field of a message that holds messages, by path: what a change can be made to without breaking the frame. */
  function spans(
    bytes: Uint8Array,
    start: number,
    end: number,
    depth: number,
  ): { start: number; end: number; wire: number }[] {
    const found: { start: number; end: number; wire: number }[] = [];
    for (const field of scan(memorySource(bytes.subarray(start, end)))) {
      found.push({ start: start + field.start, end: start + field.end, wire: field.wire });
      if (field.wire !== 2 || depth === 0) continue;
      try {
        found.push(...spans(bytes, start + field.start, start + field.end, depth - 1));
      } catch (error) {
        if (!isModelError(error)) throw error; // text or data, no message
      }
    }
    return found;
  }

  test.each(files.map((bytes, i) => [i, bytes] as const))('file %i: values within fields', (_, bytes) => {
    const fields = spans(bytes, 0, bytes.length, 4);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(fields.length - 1), fc.nat(1 << 20), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const copy = bytes.slice();
          for (const [f, at, value] of changes) {
            const field = fields[f] as { start: number; end: number; wire: number };
            const size = field.end - field.start;
            if (size > 0) copy[field.start + (at % size)] = field.wire === 0 ? value & 0x7f : value;
          }
          survives(copy);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('parts left out, repeated or exchanged', () => {
    const bytes = files[0] as Uint8Array;
    const outer = [...scan(memorySource(bytes))];
    const g = outer.find((f) => f.number === 7) as { start: number; end: number };
    const parts = [...scan(memorySource(bytes.subarray(g.start, g.end)))].map((f) =>
      len(f.number, bytes.subarray(g.start + f.start, g.start + f.end)),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(parts.length - 1), { maxLength: 2 * parts.length }), (order) => {
        survives(join(int(1, 8), len(7, ...order.map((i) => parts[i] as Uint8Array)), len(8, int(2, 17))));
      }),
      { numRuns: 200 },
    );
  });
});

describe('limits', () => {
  const scalar = (elemType: number): Uint8Array => tensorType(elemType, []);
  const flag = tensor('yes', [], 9, int(5, 1));

  test('functions that double at each level are stopped by what they execute', () => {
    const functions = Array.from({ length: 60 }, (_, i) =>
      len(
        25,
        len(1, `f${i}`),
        len(4, 'a'),
        len(5, 'b'),
        ...[
          ['a', 'm'],
          ['m', 'b'],
        ].map(([from, to]) =>
          len(
            7,
            join(node(i === 59 ? 'Relu' : `f${i + 1}`, [from as string], [to as string]), i === 59 ? [] : len(7, 'd')),
          ),
        ),
        len(9, int(2, 17)),
        len(10, 'd'),
      ),
    );
    const file = modelOf(
      { nodes: [join(node('f0', ['x'], ['y']), len(7, 'd'))], inputs: { x: [1] }, outputs: ['y'] },
      17,
      ...functions,
    );
    expect(() => read(file)).toThrow(expect.objectContaining({ code: 'limit', format: 'onnx' }));
  }, 120_000);

  test('loops within loops of states that grow do not multiply without end', () => {
    let inner: Uint8Array = node('Concat', ['s', 's'], ['t'], attributes({ axis: 0 }));
    for (let depth = 0; depth < 6; depth++) {
      const body = graph({
        inputs: { i: scalar(7), go: scalar(9), s: [null] },
        nodes: [node('Identity', ['go'], ['on']), inner],
        outputs: ['on', 't'],
      });
      inner = node('Loop', ['n', 'yes', 's'], ['t'], attributes({ body }));
    }
    survives(
      modelOf({
        nodes: [node('Identity', ['x'], ['s']), inner],
        inputs: { x: [2] },
        outputs: ['t'],
        initializers: [flag, ints('n', [], [40])],
      }),
    );
  }, 120_000);

  test('a graph that feeds itself, a name that nothing makes, a negative extent', () => {
    const cyclic = modelOf({
      nodes: [node('Add', ['x', 'b'], ['a']), node('Relu', ['a'], ['b'])],
      inputs: { x: [2] },
      outputs: ['b'],
    });
    expect(() => read(cyclic)).toThrow(expect.objectContaining({ code: 'cycle' }));
    const open = modelOf({ nodes: [node('Add', ['x', 'nowhere'], ['a'])], inputs: { x: [2] }, outputs: ['a'] });
    expect(() => read(open)).toThrow(/"nowhere" is used but never defined/);
    const negative = modelOf({
      nodes: [node('MatMul', ['x', 'w'], ['y'])],
      inputs: { x: [2, 8] },
      outputs: ['y'],
      initializers: [tensor('w', [8, -8], 1)],
    });
    expect(() => read(negative)).toThrow(/negative extent/);
  });

  test('extents beyond what a number holds stay exact', () => {
    const far = 2 ** 40;
    const file = modelOf({
      nodes: [node('MatMul', ['x', 'w'], ['y'])],
      inputs: { x: [far, far] },
      outputs: ['y'],
      initializers: [tensor('w', [far, far], 1)],
    });
    expect(totalsOf(read(file)).macs).toBe(2n ** 120n);
    const stored = modelOf({
      nodes: [node('Relu', ['w'], ['y'])],
      outputs: ['y'],
      initializers: [tensor('w', [2 ** 60, 2 ** 60], 1)],
    });
    expect(totalsOf(read(stored)).params).toBe(2n ** 120n);
  });

  test('parts of a Split and operands of an einsum have a bound of their own', () => {
    const parts = (count: number) =>
      modelOf(
        {
          nodes: [node('Split', ['x'], ['y'], attributes({ num_outputs: count }))],
          inputs: { x: [4, 4] },
          outputs: ['y'],
        },
        18,
      );
    expect(() => read(parts(2 ** 40))).toThrow(expect.objectContaining({ code: 'limit', at: { node: 'y' } }));
    expect(() => read(parts(-1))).toThrow(expect.objectContaining({ code: 'malformed' }));
    const equation = `${Array.from({ length: 5000 }, () => 'ab').join(',')}->ab`;
    const many = modelOf({
      nodes: [
        node(
          'Einsum',
          Array.from({ length: 5000 }, () => 'x'),
          ['y'],
          attributes({ equation }),
        ),
      ],
      inputs: { x: [2, 2] },
      outputs: ['y'],
    });
    expect(() => read(many)).toThrow(/5000 operands/);
  });

  test('no scale makes an extent that is not a whole number', () => {
    for (const scale of [1e30, Number.POSITIVE_INFINITY, Number.NaN, -1e30]) {
      const scales = new Uint8Array(new Float32Array([1, scale]).buffer);
      survives(
        modelOf(
          {
            nodes: [node('Upsample', ['x', 's'], ['y'])],
            inputs: { x: [3, 3] },
            outputs: ['y'],
            initializers: [tensor('s', [2], 1, len(9, scales))],
          },
          9,
        ),
      );
    }
  });

  test('a tensor that claims terabytes, a list that claims more than the file', () => {
    const huge = modelOf({
      nodes: [node('Reshape', ['x', 's'], ['y'])],
      inputs: { x: [2] },
      outputs: ['y'],
      initializers: [tensor('s', [2 ** 40], 7)],
    });
    survives(huge);
    const lying = join(int(1, 8), key(7, 2), varint(2 ** 50));
    expect(() => read(lying)).toThrow(expect.objectContaining({ code: 'truncated' }));
  });

  test('an operator that nobody knows is a gap, and what the file states of its result is believed and said', () => {
    const stated = len(13, len(1, 'h'), len(2, tensorType(1, [2, 8])));
    const g = join(
      graph({
        nodes: [join(node('Mystery', ['x'], ['h']), len(7, 'odd')), node('MatMul', ['h', 'w'], ['y'])],
        inputs: { x: [2, 8] },
        outputs: ['y'],
        initializers: [tensor('w', [8, 4], 1)],
      }),
      stated,
    );
    const ledger = read(join(int(1, 8), len(7, g), len(8, int(2, 17))));
    expect(ledger.entries[0]?.result).toMatchObject({ kind: 'gap', why: expect.stringContaining('odd.Mystery') });
    expect(totalsOf(ledger).macs).toBe(64);
    expect(ledger.notes.map((n) => n.code)).toContain('shape-from-file');
  });

  test('what the file states never wins over what is computed', () => {
    const g = join(
      graph({
        nodes: [node('Relu', ['x'], ['h']), node('MatMul', ['h', 'w'], ['y'])],
        inputs: { x: [2, 8] },
        outputs: ['y'],
        initializers: [tensor('w', [8, 4], 1)],
      }),
      len(13, len(1, 'h'), len(2, tensorType(1, [2000, 8]))),
    );
    const ledger = read(join(int(1, 8), len(7, g), len(8, int(2, 17))));
    expect(totalsOf(ledger).macs).toBe(64);
    expect(ledger.notes.map((n) => n.code)).toContain('value-info-disagrees');
  });
});

describe('lists as long as an extent that a file states', () => {
  const HUGE = 2 ** 31;
  const starts = ints('starts', [HUGE], [0]);
  const ends = ints('ends', [1], [1]);

  test.each([
    ['Slice with two thousand million starts', node('Slice', ['x', 'starts', 'ends'], ['y']), 17, [starts, ends]],
    ['DynamicSlice with as many', node('DynamicSlice', ['x', 'starts', 'ends'], ['y']), 9, [starts, ends]],
    [
      'Add that broadcasts far in front',
      node('Add', ['x', 'w'], ['y'], attributes({ broadcast: 1, axis: -HUGE })),
      6,
      [tensor('w', [2], 1)],
    ],
  ] as const)('%s is refused or a gap, at once', (_, one, opset, initializers) => {
    const bytes = modelOf({ nodes: [one], inputs: { x: [2, 3] }, outputs: ['y'], initializers }, opset);
    survives(bytes);
  });

  test('the reason names what is wrong', () => {
    const one = node('Slice', ['x', 'starts', 'ends'], ['y']);
    const parts = { nodes: [one], inputs: { x: [2, 3] }, outputs: ['y'], initializers: [starts, ends] };
    expect(() => read(modelOf(parts))).toThrow(/cuts 2147483648 axes/);
  });
});

describe('operators that repeat are worked out once', () => {
  const chain = (axes: readonly number[]): Ledger =>
    read(
      modelOf(
        {
          nodes: axes.map((axis, i) => node('Softmax', [i === 0 ? 'x' : `h${i}`], [`h${i + 1}`], attributes({ axis }))),
          inputs: { x: [2, 3, 4] },
          outputs: [`h${axes.length}`],
        },
        17,
      ),
    );

  test('those with other attributes are not the same', () => {
    const { entries } = chain([1, 2, 1]);
    expect(entries[0]?.attrs).toBe(entries[2]?.attrs);
    expect(entries[0]?.attrs).not.toEqual(entries[1]?.attrs);
  });

  test('each has values of its own', () => {
    const [first, second] = chain([1, 1]).entries;
    expect(first?.outputs[0]?.storage).not.toBe(second?.outputs[0]?.storage);
    expect(first?.outputs[0]?.type).toBe(second?.outputs[0]?.type);
    expect(second?.inputs[0]).toBe(first?.outputs[0]);
  });

  test('what a file stores is looked at each time', () => {
    const to = (name: string, shape: readonly number[]): Uint8Array => ints(name, [shape.length], shape);
    const ledger = read(
      modelOf({
        nodes: [node('Reshape', ['x', 'a'], ['p']), node('Reshape', ['x', 'b'], ['q'])],
        inputs: { x: [2, 6] },
        outputs: ['p', 'q'],
        initializers: [to('a', [3, 4]), to('b', [4, 3])],
      }),
    );
    expect(ledger.outputs.map((o) => o.value.type?.shape)).toEqual([
      [3, 4],
      [4, 3],
    ]);
  });
});

test('names as long as deep are refused before their paths fill the memory', () => {
  const name = (i: number): string =>
    `${'m'.repeat(500_000)}${i}/${Array.from({ length: 190 }, (_, k) => k).join('/')}/Relu`;
  const nodes = [0, 1].map((i) => join(node('Relu', ['x'], [`y${i}`]), len(3, name(i))));
  const bytes = modelOf({ nodes, inputs: { x: [2, 3] }, outputs: ['y0', 'y1'] });
  expect(() => read(bytes)).toThrow(/paths of its modules/);
});

test('a node that names no operator is refused before others like it fill the memory', () => {
  // Two bytes each: a key, and a length of nothing.
  const nodes = new Uint8Array(2 * 490_000).map((_, i) => (i % 2 === 0 ? 0x0a : 0));
  expect(() => read(join(int(1, 8), len(7, nodes)))).toThrow(/node 0 names no operator/);
  const second = modelOf({
    nodes: [node('Relu', ['x'], ['y']), node('', ['y'], ['z'])],
    inputs: { x: [2] },
    outputs: ['z'],
  });
  expect(() => read(second)).toThrow(/node 1 names no operator/);
});

describe('extents past 2^53 beside one that is 0', () => {
  // No element is stored, so their contents are known, and nothing may go through the extents.
  const huge = 2n ** 60n;
  test.each([
    ['Concat', [huge, 0], attributes({ axis: 0 })],
    ['Concat', [2n ** 50n, 0], attributes({ axis: 1 })],
    ['Add', [2n ** 50n, 0], new Uint8Array()],
    ['Gather', [2n ** 50n, 0], attributes({ axis: 1 })],
    ['NonMaxSuppression', [2n ** 50n, 0, 1], new Uint8Array()],
  ] as const)('%s of %s', (op, dims, attrs) => {
    const stored = join(...dims.map((d) => int(1, d)), int(2, op === 'NonMaxSuppression' ? 1 : 7), len(8, 'c'));
    const boxes = tensor('b', [1, 0, 4], 1);
    const inputs = op === 'NonMaxSuppression' ? ['b', 'c'] : ['c', 'c'];
    survives(modelOf({ nodes: [node(op, inputs, ['y'], attrs)], outputs: ['y'], initializers: [stored, boxes] }));
  });
});
