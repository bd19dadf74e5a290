import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detectFormat, type ReadOptions } from '../../src/formats/index.js';
import { readPt2 } from '../../src/formats/pt2/read.js';
import type { Ledger } from '../../src/ledger/index.js';
import { coverageOf, totalsOf } from '../../src/ledger/index.js';
import { isModelError } from '../../src/source/errors.js';
import { memorySource } from '../../src/source/memory.js';
import { numel } from '../../src/tensor/index.js';
import { openZip } from '../../src/wire/zip/index.js';
import { type Part, zipOf } from '../wire/zip-build.js';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const bytesOf = (file: string): Uint8Array => readFileSync(new URL(file, FIXTURES));
const read = (file: string, options: ReadOptions = {}): Ledger =>
  readPt2(memorySource(bytesOf(file), { name: file }), options);
const oracle = (model: string): Ledger => read(`pt2-oracle/${model}.pt2`);

interface Known {
  readonly macs: number;
  readonly params: number;
  readonly buffers: number;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
}
const exact = JSON.parse(readFileSync(new URL('pt2/exact.json', FIXTURES), 'utf8')) as Readonly<Record<string, Known>>;
const files = readdirSync(new URL('pt2/', FIXTURES)).filter((f) => f.endsWith('.pt2'));

describe('models with free sizes', () => {
  test.each(files)('%s: bound, it is the model of fixed sizes', (file) => {
    const known = exact[file.split('.')[0] as string] as Known;
    const free = read(`pt2/${file}`);
    expect(free.notes.filter((n) => n.code === 'shape-differs')).toEqual([]);
    expect(coverageOf(free).unknown).toEqual([]);
    expect([totalsOf(free).params, totalsOf(free).bufferElements]).toEqual([known.params, known.buffers]);
    const bound = (batch: number): Ledger =>
      read(`pt2/${file}`, {
        inputs: Object.values(known.inputs).map(([first = 1, ...rest]) => ({ shape: [first * batch, ...rest] })),
      });
    const one = failure(() => bound(1));
    // Some were exported for two samples at least: their work is proportional to samples.
    if (one.code !== 'none') expect(one.message).toMatch(/at least 2/);
    const batch = one.code === 'none' ? 1 : 2;
    expect(totalsOf(bound(batch)).macs).toBe(known.macs * batch);
  });

  test('a symbol is bound by its name, and out of a formula', () => {
    const macs = (options: ReadOptions) => totalsOf(read('pt2/fcn_resnet50.dyn.pt2', options)).macs;
    const [input] = read('pt2/fcn_resnet50.dyn.pt2').inputs;
    expect(input?.value.type?.shape.map(String)).toEqual(['s77', '3', '32*s16', '32*s62']);
    const bind = new Map([
      ['s77', 1],
      ['s16', 7],
      ['s62', 7],
    ]);
    expect(macs({ bind })).toBe(exact['fcn_resnet50']?.macs);
    expect(macs({ inputs: [{ shape: [1, 3, 224, 224] }] })).toBe(exact['fcn_resnet50']?.macs);
  });

  const wrong: [what: string, file: string, options: ReadOptions, says: RegExp][] = [
    ['an input that is not there', 'pt2/gpt2.dyn.pt2', { inputs: [{ name: 'x', shape: [1] }] }, /no input "x"/],
    ['another rank', 'pt2/gpt2.dyn.pt2', { inputs: [{ shape: [1] }] }, /2 axes, 1 are given/],
    [
      'a size that a formula cannot have',
      'pt2/fcn_resnet50.dyn.pt2',
      { inputs: [{ shape: [1, 3, 225, 224] }] },
      /cannot be 225/,
    ],
    [
      'two values of one symbol',
      'pt2/gpt2.dyn.pt2',
      { inputs: [{ shape: [2, 8] }, { shape: [3, 8] }] },
      /given as 2 and/,
    ],
    [
      'a value outside its range',
      'pt2/gpt2.dyn.pt2',
      { inputs: [{ shape: [1, 5000] }, { shape: [1, 5000] }] },
      /at most/,
    ],
  ];
  test.each(wrong)('%s is an argument error', (_, file, options, says) => {
    expect(() => read(file, options)).toThrowError(
      expect.objectContaining({ code: 'argument', message: expect.stringMatching(says) }),
    );
  });

  test('a fixed size that is given otherwise is worked out anew, as far as the graph lets it', () => {
    const twice = read('pt2-oracle/torchvision__resnet18.pt2', { inputs: [{ shape: [2, 3, 224, 224] }] });
    expect(totalsOf(twice).macs).toBe(2 * 1814073344);
    expect(twice.notes.map((n) => n.code)).toContain('input-overridden');
    expect(() => read('pt2-oracle/torchvision__vit_b_32.pt2', { inputs: [{ shape: [1, 3, 256, 256] }] })).toThrowError(
      expect.objectContaining({ code: 'shape', hint: expect.stringMatching(/dynamic shapes/) }),
    );
  });
});

describe('modules and weights', () => {
  const module = (ledger: Ledger, path: string) =>
    path.split('.').reduce((m, name) => m.children.find((c) => c.name === name)!.module, ledger.root.module);

  test('classes, calls and their inputs and outputs', () => {
    const ledger = oracle('torchvision__resnet18');
    expect(ledger.modules).toBe('exact');
    const relu = module(ledger, 'layer1.0.relu');
    expect([relu.type, relu.calls.length]).toEqual(['torch.nn.ReLU', 2]);
    const conv = module(ledger, 'conv1');
    expect(conv.calls[0]?.inputs.map((t) => t?.shape)).toEqual([[1, 3, 224, 224]]);
    expect(conv.calls[0]?.outputs.map((t) => t?.shape)).toEqual([[1, 64, 112, 112]]);
    // What a block does itself, between its layers, is its own.
    const block = module(ledger, 'layer1.0').calls[0];
    expect(block?.steps.flatMap((s) => (s.kind === 'op' ? [s.entry.op] : []))).toEqual(['add']);
    expect(module(ledger, 'layer1').children.map((c) => c.name)).toEqual(['0', '1']);
  });

  test('one module of two parents', () => {
    const ledger = oracle('micro__struct_Linear_owned_by_two_parents');
    expect(module(ledger, 'a.fc')).toBe(module(ledger, 'b.fc'));
    expect(module(ledger, 'a.fc').calls.map((c) => c.path)).toEqual(['a.fc', 'b.fc']);
    expect(totalsOf(ledger).params).toBe(64 * 64 + 64);
  });

  test('tied weights are one, with both names', () => {
    for (const [ledger, names] of [
      [oracle('micro__struct_tied_embedding_head'), ['emb.weight', 'head.weight']],
      [read('pt2/gpt2.pt2'), ['transformer.wte.weight', 'lm_head.weight']],
    ] as const) {
      const tied = ledger.weights.filter((w) => w.aliases.length > 0);
      expect(tied.map((w) => [w.name, ...w.aliases])).toEqual([names]);
    }
  });

  test('frozen and unused parameters', () => {
    const frozen = oracle('micro__struct_half_frozen');
    expect(frozen.weights.map((w) => [w.name, w.trainable])).toEqual([
      ['0.weight', false],
      ['0.bias', true],
      ['1.weight', true],
      ['1.bias', true],
    ]);
    const unused = oracle('micro__struct_unused_Linear');
    expect(module(unused, 'unused').type).toBe('torch.nn.Linear');
    expect(module(unused, 'unused').calls).toEqual([]);
    expect(unused.weights.reduce((n, w) => n + Number(numel(w.shape)), 0)).toBe(totalsOf(unused).params);
  });

  test('a class that derives from a layer is seen as one', () => {
    const ledger = oracle('timm__eca_nfnet_l0');
    expect(module(ledger, 'stem.conv1').classHierarchy).toEqual([
      'timm.layers.std_conv.ScaledStdConv2d',
      'torch.nn.Conv2d',
    ]);
  });

  test('graphs inside a graph are run', () => {
    const ledger = read('pt2/tiny_llama.dyn.pt2');
    expect(ledger.entries.some((e) => e.op === 'cos')).toBe(true);
  });
});

// ---- archives built here ------------------------------------------------------------------------------------------

const meta = (...sizes: readonly number[]) => ({
  dtype: 7,
  sizes: sizes.map((n) => ({ as_int: n })),
  strides: [],
  storage_offset: { as_int: 0 },
  requires_grad: false,
  device: { type: 'cpu', index: null },
  layout: 7,
});
const tensorArg = (name: string, arg: string, kind = 1) => ({ name, arg: { as_tensor: { name: arg } }, kind });

interface Doc {
  graph_module: {
    graph: {
      nodes: {
        target: string;
        inputs: unknown[];
        outputs: unknown[];
        metadata: Record<string, string>;
        name: string;
      }[];
      [key: string]: unknown;
    };
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

/** relu(x) of 2×3, as small as a program is. */
function program(change: (doc: Doc) => void = () => {}): Doc {
  const doc: Doc = {
    graph_module: {
      graph: {
        inputs: [{ as_tensor: { name: 'x' } }],
        outputs: [{ as_tensor: { name: 'y' } }],
        nodes: [
          {
            target: 'torch.ops.aten.relu.default',
            inputs: [tensorArg('self', 'x')],
            outputs: [{ as_tensor: { name: 'y' } }],
            metadata: { nn_module_stack: 'L__self__,,net.Net' },
            name: 'y',
          },
        ],
        tensor_values: { x: meta(2, 3), y: meta(2, 3) },
        sym_int_values: {},
      },
      signature: { input_specs: [{ user_input: { arg: { as_tensor: { name: 'x' } } } }], output_specs: [] },
      module_call_graph: [{ fqn: '' }],
    },
    range_constraints: {},
  };
  change(doc);
  return doc;
}
const archive = (doc: unknown, more: readonly Part[] = []): Uint8Array =>
  zipOf([
    ...more,
    { name: 'm/models/model.json', data: JSON.stringify(doc) },
    { name: 'm/archive_format', data: 'pt2' },
  ]);
const readDoc = (doc: unknown): Ledger => readPt2(memorySource(archive(doc), { name: 'm.pt2' }));

function failure(run: () => unknown): { code: string; message: string } {
  try {
    run();
  } catch (error) {
    if (isModelError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'none', message: '' };
}

describe('archives', () => {
  test('told by what they list', () => {
    expect(detectFormat(memorySource(archive(program()), { name: 'x.bin' })).id).toBe('pt2');
    const old = zipOf([{ name: 'serialized_exported_program.json', data: JSON.stringify(program()) }]);
    expect(detectFormat(memorySource(old, { name: 'old.pt2' })).id).toBe('pt2');
    expect(readPt2(memorySource(old)).entries.map((e) => e.op)).toEqual(['relu']);
  });

  test('weights are not read', () => {
    const weights = { name: 'm/data/weights/weight_0', data: new Uint8Array(1 << 22) };
    const source = memorySource(archive(program(), [weights]), { name: 'm.pt2' });
    readPt2(source);
    expect(source.bytesRead).toBeLessThan(10_000);
  });

  test('what has no program says what it is', () => {
    const compiled = zipOf([{ name: 'm/data/aotinductor/model/x.so', data: 'ELF' }]);
    const { code, message } = failure(() => readPt2(memorySource(compiled, { name: 'm.pt2' })));
    expect([code, message]).toEqual(['wrong-format', 'm.pt2 holds no exported program']);
  });

  test('an operator without a formula is a gap with the shapes of the file', () => {
    const ledger = readDoc(
      program((doc) => {
        doc.graph_module.graph.nodes[0]!.target = 'torch.ops.mylib.magic.default';
      }),
    );
    expect(coverageOf(ledger).unknown).toEqual([
      { op: 'mylib.magic.default', nodes: 1, why: 'no formula is known for this operator' },
    ]);
    expect(ledger.outputs[0]?.value.type?.shape).toEqual([2, 3]);
  });

  test('a shape that does not follow is noted, and the file is believed', () => {
    const ledger = readDoc(
      program((doc) => {
        (doc.graph_module.graph['tensor_values'] as Record<string, unknown>)['y'] = meta(2, 4);
      }),
    );
    expect(ledger.notes.find((n) => n.code === 'shape-differs')?.message).toMatch(/y 2x3:float32 here, 2x4:float32/);
    expect(ledger.outputs[0]?.value.type?.shape).toEqual([2, 4]);
  });

  test('modules that are named from their parents have the paths that their weights have', () => {
    const ledger = readDoc(
      program((doc) => {
        const { graph } = doc.graph_module;
        const stack = (i: number, call: string): string =>
          `L__self__,,net.Net;L__self__m.${i},m.${i},net.Conv;L__self__fc${call},fc,torch.nn.modules.linear.Linear`;
        graph['inputs'] = ['w0', 'w1', 'x'].map((name) => ({ as_tensor: { name } }));
        graph.nodes = [0, 1].map((i) => ({
          target: 'torch.ops.aten.linear.default',
          inputs: [tensorArg('input', i === 0 ? 'x' : 'h'), tensorArg('weight', `w${i}`)],
          outputs: [{ as_tensor: { name: i === 0 ? 'h' : 'y' } }],
          metadata: { nn_module_stack: stack(i, i === 0 ? '' : '@1') },
          name: `linear${i}`,
        }));
        graph['tensor_values'] = { x: meta(2, 3), h: meta(2, 3), y: meta(2, 3), w0: meta(3, 3), w1: meta(3, 3) };
        const specs = [0, 1].map((i) => ({
          parameter: { arg: { name: `w${i}` }, parameter_name: `m.${i}.fc.weight` },
        }));
        doc.graph_module['signature'] = {
          input_specs: [...specs, { user_input: { arg: { as_tensor: { name: 'x' } } } }],
          output_specs: [],
        };
      }),
    );
    expect(ledger.entries.map((e) => e.call.path)).toEqual(['m.0.fc', 'm.1.fc']);
    expect(ledger.entries.map((e) => e.call.module.weights.map((w) => w.name))).toEqual([['weight'], ['weight']]);
  });

  /** The program's only node as a higher-order operator on `graphs`, each of one operator of 2×3. */
  const higherOrder = (
    name: string,
    before: readonly unknown[],
    graphs: readonly string[],
    after: readonly unknown[],
  ) =>
    program((doc) => {
      const [node] = doc.graph_module.graph.nodes;
      node!.target = `torch.ops.higher_order.${name}`;
      const graphOf = (target: string): unknown => ({
        name: '',
        arg: {
          as_graph: {
            name: target,
            graph: { ...program().graph_module.graph, nodes: [{ ...program().graph_module.graph.nodes[0], target }] },
          },
        },
        kind: 1,
      });
      node!.inputs = [...before, ...graphs.map((g) => graphOf(`torch.ops.aten.${g}.default`)), ...after];
    });
  const operands = { name: '', arg: { as_tensors: [{ name: 'x' }] }, kind: 1 };
  const nothing = { name: '', arg: { as_tensors: [] }, kind: 1 };

  test('a branch that data decide is a symbol of 0 or 1', () => {
    const doc = higherOrder('cond', [tensorArg('', 'x')], ['gelu', 'relu'], [operands]);
    const ledger = readDoc(doc);
    expect(ledger.entries.map((e) => e.op)).toEqual(['gelu', 'relu']);
    expect(ledger.notes.map((n) => n.code)).toContain('unknown-branch');
    const at = (then: number): unknown =>
      totalsOf(readPt2(memorySource(archive(doc)), { bind: new Map([['y.then', then]]) })).flops;
    expect([at(0), at(1)]).toEqual([6, 6 * 5]);
    expect(ledger.outputs[0]?.value.type?.shape).toEqual([2, 3]);
  });

  test('a loop that data end runs as often as a symbol says: its condition once more than its body', () => {
    const doc = higherOrder('while_loop', [], ['neg', 'relu'], [operands, nothing]);
    const ledger = readDoc(doc);
    expect(ledger.notes.map((n) => n.code)).toContain('unknown-trip-count');
    expect(coverageOf(ledger).unknown).toEqual([]);
    const at = (trips: number): unknown =>
      totalsOf(readPt2(memorySource(archive(doc)), { bind: new Map([['y.trips', trips]]) })).flops;
    expect([at(0), at(1), at(10)]).toEqual([6, 6 + 12, 6 + 120]);
  });

  test('an operator of graphs without its graphs is a gap', () => {
    expect(coverageOf(readDoc(higherOrder('cond', [], ['relu'], []))).unknown.map((u) => u.why)).toEqual([
      'it has no two branches',
    ]);
  });

  const broken: [what: string, code: string, change: (doc: Doc) => void][] = [
    ['no graph', 'malformed', (doc) => (doc.graph_module.graph = null as never)],
    ['nodes that are not a list', 'malformed', (doc) => (doc.graph_module.graph.nodes = {} as never)],
    [
      'a name that nothing makes',
      'malformed',
      (doc) => (doc.graph_module.graph.nodes[0]!.inputs = [tensorArg('self', 'z')]),
    ],
    [
      'an argument without a tag',
      'malformed',
      (doc) => (doc.graph_module.graph.nodes[0]!.inputs = [{ name: 'self', arg: {}, kind: 1 }]),
    ],
    [
      'a parameter without a type',
      'malformed',
      (doc) =>
        (doc.graph_module['signature'] = {
          input_specs: [{ parameter: { arg: { name: 'p' }, parameter_name: 'p' } }],
          output_specs: [],
        }),
    ],
  ];
  test.each(broken)('%s: %s', (_, code, change) => {
    expect(failure(() => readDoc(program(change))).code).toBe(code);
  });

  test('no JSON', () => {
    const bytes = zipOf([{ name: 'models/model.json', data: '{"a": [1, 2' }, { name: 'archive_format' }]);
    expect(failure(() => readPt2(memorySource(bytes))).code).toBe('malformed');
  });

  test('graphs nested without end', () => {
    let graph: Doc['graph_module']['graph'] = program().graph_module.graph;
    for (let i = 0; i < 200; i++) {
      const inner = graph;
      const outer = program().graph_module.graph;
      const node = outer.nodes[0]!;
      node.target = 'torch.ops.higher_order.wrap';
      node.inputs = [{ name: '', arg: { as_graph: { name: 'g', graph: inner } }, kind: 1 }, tensorArg('', 'x')];
      graph = outer;
    }
    const deep = program((doc) => (doc.graph_module.graph = graph));
    expect(failure(() => readDoc(deep)).code).toBe('limit');
  });
});

describe('nothing breaks it', () => {
  const real = [
    'micro__struct_tied_embedding_head',
    'nn__LSTM_in128_h256_l1_bi_batchfirst',
    'micro__Upsample_x2_bicubic',
  ];

  test('a changed byte of an archive is read, or refused with a reason', () => {
    const whole = archive(program());
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = whole.slice();
        bytes[at] = bytes[at]! ^ change;
        expect(failure(() => readPt2(memorySource(bytes))).code).toMatch(/\w/);
      }),
    );
  });

  test.each(real)('%s: any value of the program replaced', (model) => {
    const zip = openZip(memorySource(bytesOf(`pt2-oracle/${model}.pt2`)));
    const text = new TextDecoder().decode(zip.read(zip.entries.find((e) => e.name.endsWith('model.json'))!));
    const places = pathsOf(JSON.parse(text));
    const value = fc.oneof(
      fc.constant(null),
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.constant([]),
      fc.constant({}),
      fc.constant(-1),
      fc.constant(1e300),
    );
    fc.assert(
      fc.property(fc.nat(places.length - 1), value, (at, replacement) => {
        const doc = JSON.parse(text) as unknown;
        put(doc, places[at]!, replacement);
        expect(failure(() => readDoc(doc)).code).toMatch(/\w/);
      }),
      { numRuns: 300 },
    );
  });
});

function pathsOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, key]))];
}

function put(root: unknown, path: readonly (string | number)[], value: unknown): void {
  let at = root as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  const last = path.at(-1);
  if (last !== undefined) at[last] = value;
}
