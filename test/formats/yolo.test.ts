import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conventionOf } from '../../src/conventions/index.js';
import { yoloSummary } from '../../src/conventions/yolov5.js';
import { yolo as format } from '../../src/formats/yolo/index.js';
import { openYolo, readConfig, readYolo } from '../../src/formats/yolo/read.js';
import type { Ledger } from '../../src/ledger/index.js';
import { BUILTIN } from '../../src/models/registry.js';
import { architecture, NAMES } from '../../src/models/yolo/architectures.js';
import type { Arg } from '../../src/models/yolo/config.js';
import { show } from '../../src/models/yolo/kinds.js';
import { buildModel, type DetectionModel } from '../../src/models/yolo/model.js';
import { BLOCKS } from '../../src/models/yolo/signatures.js';
import { TORCH_LAYERS } from '../../src/models/yolo/torch-layers.js';
import { isModelError, type ModelError, memorySource } from '../../src/source/index.js';
import { numel } from '../../src/tensor/index.js';
import * as nn from '../../src/torch/nn/index.js';
import { readModule, Sequential } from '../../src/torch/nn/index.js';

/** What YOLOv5 and the two thops printed. */
interface Printed {
  readonly params: number;
  readonly modules: number;
  readonly leaves: number;
  readonly stride: number;
  readonly fusedParams: number;
  readonly lines: Readonly<Record<string, Line>>;
  readonly exact?: readonly [macs: number, params: number, buffers: number];
  readonly table?: readonly string[];
}
interface Line {
  readonly printed: string;
  readonly fused: string;
  readonly macs: readonly [atStride: number, at640: number, fusedAt640: number];
  readonly gflops: readonly [scaled: number, straight: number];
  readonly toolParams: readonly [unfused: number, fused: number];
}
const oracle: Readonly<Record<string, Printed>> = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/oracle/yolov5.json'), 'utf8'),
);

const build = (name: string): DetectionModel => buildModel(architecture(name)!);
const at = (model: DetectionModel, side: number): Ledger =>
  readModule(model, [{ shape: [1, model.config.ch, side, side] }]);
const elements = (model: DetectionModel): number => model.parameters().reduce((n, p) => n + Number(p.numel()), 0);

describe('what YOLOv5 printed', () => {
  let cells = 0;
  const same = (found: unknown, printed: unknown): void => {
    expect(found).toEqual(printed);
    cells += Array.isArray(printed) ? printed.length : 1;
  };

  test.each(Object.entries(oracle))('%s', (name, printed) => {
    const [model, fused] = [build(name), build(name).fuse()];
    const leaves = model.modules().filter((m) => m.children().length === 0).length;
    same(
      [elements(model), elements(fused), model.modules().length, leaves, Math.max(32, ...model.stride)],
      [printed.params, printed.fusedParams, printed.modules, printed.leaves, printed.stride],
    );
    const ledgers = [at(model, printed.stride), at(model, 640), at(fused, 640)] as const;
    for (const [key, line] of Object.entries(printed.lines)) {
      const [release, counter] = key.split('/') as ['v7' | 'master', 'thop' | 'ultralytics-thop'];
      const counted = ledgers.map((ledger) => conventionOf(counter).run(ledger));
      same(
        counted.map((c) => c.counts['macs']),
        line.macs,
      );
      same([counted[1]!.params, counted[2]!.params], line.toolParams);
      const options = { version: release === 'v7' ? 'v7.0' : 'master', counter } as const;
      const summary = yoloSummary(ledgers[1], options)!;
      same([summary.line, yoloSummary(ledgers[2], options)!.line], [line.printed, line.fused]);
      same(yoloSummary(ledgers[0], { ...options, fused: true })!.line, line.fused);
      same([summary.gflops, summary.gflopsDirect], line.gflops);
      expect(summary.why === null).toBe(line.gflops[0].toFixed(9) === line.gflops[1].toFixed(9));
    }
    if (printed.exact !== undefined) {
      const { counts, params } = conventionOf('exact').run(ledgers[1]);
      const buffers = ledgers[1].weights.filter((w) => w.kind === 'buffer');
      same([counts['macs'], params, buffers.reduce((n, w) => n + Number(numel(w.shape)), 0)], printed.exact);
    }
    if (printed.table !== undefined) same(tableOf(model), printed.table);
  });

  test('every description of the oracle is there, and every one is built in', () => {
    expect(Object.keys(oracle).filter((name) => !NAMES.includes(name))).toEqual([]);
    expect(NAMES.filter((name) => !BUILTIN.has(name))).toEqual([]);
    console.log(`# YOLOv5: ${cells} cells equal to what was printed`);
  });

  test('where the stride trick is wrong, it says which layers and how much', () => {
    const { why } = yoloSummary(at(build('yolov5s-transformer'), 64), { counter: 'ultralytics-thop' })!;
    expect(why).toContain('model.8.m.tr.0.ma (524*h**2*w**2 + 262140*h*w)');
    expect(why).toContain('0.1673 GFLOPs short');
  });
});

/** The table that YOLOv5 prints while it builds, with single spaces. */
function tableOf(model: DetectionModel): string[] {
  return model.layers.map(({ module, spec, repeats, args }, i) => {
    const params = module.parameters();
    const one = module instanceof Sequential && repeats > 1 ? module.children()[0]! : module;
    const type = ((one.constructor as { type?: string }).type ?? '').replace(
      'torch.nn.Upsample',
      'torch.nn.modules.upsampling.Upsample',
    );
    const from = Array.isArray(spec.from) ? `[${spec.from.join(', ')}]` : String(spec.from);
    return `${i} ${from} ${repeats} ${params.reduce((n, p) => n + Number(p.numel()), 0)} ${type} ${show(args)}`;
  });
}

/** A description as YOLOv5 writes them. */
function yamlOf(name: string): string {
  const c = architecture(name)!;
  const arg = (a: Arg): string => (Array.isArray(a) ? `[${a.map(arg).join(', ')}]` : a === false ? 'False' : String(a));
  const row = (l: (typeof c.layers)[number]): string =>
    `  [${Array.isArray(l.from) ? `[${l.from.join(', ')}]` : l.from}, ${l.repeats}, ${l.module}, ${arg(l.args)}],`;
  const half = c.layers.findIndex((l) => l.module.startsWith('SPP')) + 1;
  return [
    '# a comment',
    `nc: ${c.nc}  # number of classes`,
    `depth_multiple: ${c.depth_multiple}`,
    `width_multiple: ${c.width_multiple}`,
    ...(c.activation === null ? [] : [`activation: ${c.activation}`]),
    'anchors:',
    ...(c.anchors as number[][]).map((a) => `  - [${a.join(',')}]  # P/8`),
    'backbone:',
    '  # [from, number, module, args]',
    '  [',
    ...c.layers.slice(0, half).map(row),
    '  ]',
    'head: [',
    ...c.layers.slice(half).map(row),
    ']',
  ].join('\n');
}

describe('a description as a file', () => {
  test.each(['yolov5s', 'yolov5x6', 'yolov5s-ghost', 'yolov5n-seg', 'yolov5s-LeakyReLU', 'yolov3-spp'])(
    '%s reads as it is built in',
    (name) => {
      const { module, inputs } = readYolo(yamlOf(name), { name: `models/${name}.yaml` });
      const plain = { ...module.config, layers: module.config.layers.map(({ line: _, ...rest }) => rest) };
      expect(plain).toEqual(architecture(name));
      expect(inputs).toEqual([{ name: 'images', shape: [1, 3, 640, 640] }]);
    },
  );

  test('its facts', async () => {
    const bytes = new TextEncoder().encode(yamlOf('yolov5s'));
    const source = memorySource(bytes, { name: 'yolov5s.yaml' });
    const ledger = (await format.load())(source, {});
    expect([ledger.name, ledger.format, ledger.modules]).toEqual(['yolov5s', 'yolo', 'exact']);
    expect(ledger.file).toEqual({ bytes: bytes.length, bytesRead: bytes.length });
    expect(conventionOf('exact').run(ledger).counts['macs']).toBe(oracle['yolov5s']!.exact![0]);
    expect(yoloSummary(ledger)!.line).toBe(oracle['yolov5s']!.lines['v7/thop']!.printed);
    const small = openYolo(source, { inputs: [{ shape: [2, 3, 320, 320] }] });
    expect(conventionOf('exact').run(small).counts['macs']).toBe(oracle['yolov5s']!.exact![0] / 2);
  });

  test('classes, channels and anchors of one’s own', () => {
    const { module } = readYolo(yamlOf('yolov5n'), { nc: 1, ch: 1, anchors: 2 });
    const head = module.layers.at(-1)!;
    expect(head.args).toEqual([1, new Array(3).fill([0, 1, 2, 3]), [64, 128, 256]]);
    expect(conventionOf('exact').run(at(module, 64)).counts['macs']).toBeGreaterThan(0);
  });

  test('what it is detected by', () => {
    const detect = (text: string, name: string): string => format.detect(new TextEncoder().encode(text), name);
    expect(detect(yamlOf('yolov5s'), 'bytes')).toBe('certain');
    expect(detect(JSON.stringify({ depth_multiple: 1, backbone: [], head: [] }), 'x')).toBe('certain');
    expect(detect('backbone:\n  []', 'x.yaml')).toBe('likely');
    expect(detect('# backbone: head: depth_multiple:', 'x.yaml')).toBe('no');
    expect(detect('path: coco\nnc: 80', 'coco.yaml')).toBe('no');
    expect(detect('\x08\x07backbone:\0head:', 'x.onnx')).toBe('no');
  });
});

const SMALL = `nc: 2
depth_multiple: 1.0
width_multiple: 1.0
anchors: 1
backbone:
  [[-1, 1, Conv, [8, 3, 2]],
   [-1, 2, C3, [16]]]
head:
  [[-1, 1, Conv, [8, 1, 1]],
   [[-1, 0], 1, Concat, [1]],
   [[3], 1, Detect, [nc, anchors]]]
`;

/** Parameters of one layer of eight channels in. */
function paramsOf(row: string, layers = ''): number {
  const text = `nc: 2\ndepth_multiple: 1\nwidth_multiple: 1\nanchors: 1\nch: 8\nbackbone: [${row}]\nhead: [${layers}]`;
  return elements(readYolo(text).module);
}

describe('modules that no shipped description has', () => {
  const conv = (c1: number, c2: number, k: number): number => c1 * c2 * k + 2 * c2; // and batch norm's scale and shift
  test.each([
    ['[-1, 1, DWConv, [16, 3, 2]]', conv(1, 16, 9)],
    ['[-1, 1, DWConvTranspose2d, [16, 2, 2]]', 8 * 2 * 4 + 16],
    ['[-1, 1, nn.ConvTranspose2d, [16, 2, 2, 0]]', 8 * 16 * 4 + 16],
    ['[-1, 1, nn.BatchNorm2d, []]', 16],
    ['[-1, 1, Focus, [16, 3]]', conv(32, 16, 9)],
    ['[-1, 1, CrossConv, [16, 3]]', conv(8, 16, 3) + conv(16, 16, 3)],
    ['[-1, 1, MixConv2d, [16, [1, 3]]]', 8 * 1 + 8 * 9 + 32],
    ['[-1, 1, MixConv2d, [16, [1, 3], 1, False]]', 14 * 4 + 2 * 4 * 9 + 32],
    [
      '[-1, 2, BottleneckCSP, [16]]',
      conv(8, 8, 1) + 64 + 64 + conv(16, 16, 1) + 32 + 2 * (conv(8, 8, 1) + conv(8, 8, 9)),
    ],
    ['[-1, 2, C3x, [16]]', 2 * conv(8, 8, 1) + conv(16, 16, 1) + 4 * conv(8, 8, 3)],
    ['[-1, 1, C3SPP, [16, [5, 9]]]', 2 * conv(8, 8, 1) + conv(16, 16, 1) + conv(8, 4, 1) + conv(12, 8, 1)],
    [
      '[-1, 1, GhostBottleneck, [16, 3, 2]]',
      conv(8, 4, 1) + conv(1, 4, 25) + conv(1, 8, 9) + conv(8, 8, 1) + conv(1, 8, 25) + conv(1, 8, 9) + conv(8, 16, 1),
    ],
    ['[-1, 1, Contract, [2]], [-1, 1, Conv, [16]]', conv(32, 16, 1)],
    ['[-1, 1, Expand, [2]], [-1, 1, Conv, [16]]', conv(2, 16, 1)],
    ['[-1, 3, nn.Conv2d, [8, 8, 3, 1, 1]]', 3 * (8 * 8 * 9 + 8)],
    ['[-1, 1, Conv, [16, 1, 1, None, 1, 1, nn.PReLU(16)]]', conv(8, 16, 1) + 16],
    ['[-1, 1, Classify, [8, 10]]', conv(8, 1280, 1) + 1280 * 10 + 10],
  ])('%s', (row, params) => {
    expect(paramsOf(row)).toBe(params);
  });

  test('maps change size as they should', () => {
    const text = (rows: string): string =>
      `nc: 2\ndepth_multiple: 1\nwidth_multiple: 1\nanchors: 1\nch: 8\nbackbone: [${rows}]\nhead: []`;
    const shape = (rows: string): unknown =>
      readModule(readYolo(text(rows)).module, [{ shape: [1, 8, 16, 24] }]).outputs[0]!.value.type!.shape;
    expect(shape('[-1, 1, Contract, [2]]')).toEqual([1, 32, 8, 12]);
    expect(shape('[-1, 1, Expand, [2]]')).toEqual([1, 2, 32, 48]);
    expect(shape('[-1, 1, Focus, [16, 3]]')).toEqual([1, 16, 8, 12]);
    expect(shape('[-1, 1, C3TR, [16]]')).toEqual([1, 16, 16, 24]);
    expect(shape('[-1, 1, DWConvTranspose2d, [16, 2, 2]]')).toEqual([1, 16, 32, 48]);
    expect(shape('[-1, 1, Classify, [8, 10]]')).toEqual([1, 10]);
  });
});

const failure = (text: string): ModelError => {
  try {
    openYolo(memorySource(new TextEncoder().encode(text), { name: 'x.yaml' }));
  } catch (error) {
    if (isModelError(error)) return error;
    throw error;
  }
  throw new Error('no error');
};

describe('what YOLOv5 could not build', () => {
  const change = (from: string, to: string): string => {
    expect(SMALL).toContain(from);
    return SMALL.replace(from, to);
  };
  test.each<[what: string, text: string, code: string, message: string]>([
    [
      'unknown module',
      change('C3, [16]', 'C2f, [16]'),
      'unsupported',
      'layer 1 (C2f, line 7): there is no such module',
    ],
    ['unknown torch layer', change('C3, [16]', 'nn.Nothing, []'), 'unsupported', 'there is no layer nn.Nothing'],
    [
      'from a later layer',
      change('[[-1, 0], 1', '[[-1, 9], 1'),
      'malformed',
      'layer 3 (Concat, line 10): takes layer 9',
    ],
    ['from before the first', change('[[-1, 0], 1', '[[-1, -7], 1'), 'malformed', 'only 3 layers come before it'],
    ['one layer for a list', change('[[-1, 0], 1', '[-1, 1'), 'malformed', 'takes a list of layers'],
    ['a list for one layer', change('[-1, 2, C3', '[[-1, 0], 2, C3'), 'malformed', 'takes one layer'],
    ['missing key', change('nc: 2', 'classes: 2'), 'malformed', 'nc is missing'],
    ['missing head', change('head:', 'neck:'), 'malformed', 'head is missing'],
    ['missing anchors', change('anchors: 1', ''), 'malformed', 'anchors is missing'],
    ['broken YAML', change('[8, 3, 2]]', '[8, 3, 2]'), 'malformed', 'line 8: not valid YAML'],
    ['no YAML keys', '- 1\n- 2', 'malformed', 'no keys at the top'],
    ['three parts', change('[-1, 2, C3, [16]]', '[-1, C3, [16]]'), 'malformed', 'backbone[1] has 3 parts, not 4'],
    ['a bad number', change('[-1, 2, C3', '[-1, -2, C3'), 'malformed', 'number is -2'],
    ['no channels', change('C3, [16]', 'C3, []'), 'malformed', 'its first argument is its output channels'],
    [
      'a word for a number',
      change('[8, 3, 2]', '[8, big, 2]'),
      'malformed',
      "k: expected a whole number from 1, or two, found 'big'",
    ],
    ['an expression', change('[8, 3, 2]', '[8, "3*2", 2]'), 'unsupported', 'the expression "3*2"'],
    ['code', change('[8, 3, 2]', '[8, "__import__(\'os\')", 2]'), 'unsupported', 'the expression'],
    ['too many arguments', change('C3, [16]', 'C3, [16, True, 1, 0.5, 3]'), 'malformed', '1 argument(s) too many'],
    [
      'maps that cannot meet',
      change('[-1, 2, C3, [16]]', '[-1, 1, Conv, [16, 3, 2]]'),
      'shape',
      'layer 3 (Concat, line 10)',
    ],
    [
      'anchors of another number',
      change('anchors: 1', 'anchors: [[1, 2], [3, 4]]'),
      'malformed',
      'anchors for 2 maps, but 1 layers',
    ],
    [
      'a huge width',
      change('width_multiple: 1.0', 'width_multiple: 99').replace('[16]', '[99999]'),
      'limit',
      'channels',
    ],
    ['many repeats', change('[-1, 2, C3', '[-1, 2000000, C3'), 'limit', '2000000 repeats'],
    [
      'repeats of repeats',
      change('[-1, 2, C3, [16]]', new Array(9).fill('[-1, 900, nn.Identity, []]').join()),
      'limit',
      'more than 1000 repeats',
    ],
    [
      'a bad activation',
      `${SMALL}activation: Swish\n`,
      'unsupported',
      'activation: cannot read "Swish" in place of a layer',
    ],
    ['a later YOLO', `${SMALL}scales: {n: [0.5, 0.25, 1024]}\n`, 'unsupported', 'a description of a later YOLO'],
    [
      'an alias bomb',
      `a: &a [1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\n${SMALL}`,
      'malformed',
      'alias',
    ],
    [
      'a layer of several maps, repeated',
      change('[[-1, 0], 1, Concat', '[[-1, 0], 10, Concat'),
      'malformed',
      'cannot be repeated 10 times',
    ],
    [
      'a map of a head',
      change('[[3], 1, Detect, [nc, anchors]]', '[[3], 1, Detect, [nc, anchors]], [-1, 1, Conv, [8]]'),
      'malformed',
      'takes layer 4 (Detect), which does not give one map',
    ],
    [
      'a layer without what it needs',
      change('C3, [16]', 'nn.Conv2d, [8]'),
      'unsupported',
      'nn.Conv2d: out_channels is missing',
    ],
    [
      'a word where a layer takes a number',
      change('C3, [16]', 'nn.Conv2d, [8, many, 3]'),
      'unsupported',
      "out_channels: expected a whole number from 1, found 'many'",
    ],
    [
      'an argument that a layer does not have',
      change('C3, [16]', "Conv, [16, 1, 1, None, 1, 1, 'nn.ReLU(slope=1)']"),
      'unsupported',
      'nn.ReLU has no argument slope',
    ],
    ['a layer of several inputs', change('C3, [16]', 'nn.LSTM, [8, 8]'), 'unsupported', 'nn.LSTM that maps one tensor'],
    [
      'channels without end',
      change('[-1, 2, C3, [16]]', new Array(30).fill('[[-1, -1, -1, -1, -1, -1, -1, -1], 1, Concat, [1]]').join()),
      'limit',
      'gives 2097152 channels',
    ],
    [
      'kernels of kernels',
      change('[-1, 2, C3, [16]]', `[-1, 900, SPP, [16, [${new Array(200).fill(3).join()}]]]`),
      'limit',
      'more than 20000 parts',
    ],
    ['depth', `nc: ${'['.repeat(60000)}`, 'limit', 'nested too deeply'],
  ])('%s', (_, text, code, message) => {
    const error = failure(text);
    expect(error.message).toContain(message);
    expect([error.code, error.format]).toEqual([code, 'yolo']);
    expect(error.message.startsWith('x')).toBe(true);
  });

  test('images that do not fit', () => {
    const source = memorySource(new TextEncoder().encode(yamlOf('yolov5n')), { name: 'n.yaml' });
    expect(() => openYolo(source, { inputs: [{ shape: [1, 3, 100, 100] }] })).toThrow(/layer 12 \(Concat/);
    expect(() => openYolo(source, { inputs: [{ shape: [3, 640, 640] }] })).toThrow('images have 4 axes, not 3');
    expect(() => openYolo(source, { inputs: [{ name: 'mask', shape: [1, 3, 64, 64] }] })).toThrow('no input mask');
    expect(() => openYolo(source, { inputs: [{ shape: [1, 4, 64, 64] }] })).toThrow(/channels/);
  });

  test('every layer of the table is one of torch.nn', () => {
    const layers = new Set(Object.entries(nn).flatMap(([name, value]) => (typeof value === 'function' ? [name] : [])));
    expect([...TORCH_LAYERS.keys()].filter((name) => !layers.has(name))).toEqual([]);
    for (const name of ['Conv2d', 'MaxPool2d', 'BatchNorm2d', 'Upsample', 'ReLU', 'Linear', 'Dropout', 'ZeroPad2d'])
      expect(TORCH_LAYERS.has(name)).toBe(true);
  });

  test('any layer, given anything, gives a model or a named error', () => {
    const value = fc.oneof(
      fc.constantFrom('0', '1', '2', '3', '8', '-1', '1.5', '.nan', '.inf', '1e400', '99999999999999999999'),
      fc.constantFrom(
        'None',
        'True',
        'word',
        '"two words"',
        'nc',
        'anchors',
        'nn.ReLU()',
        'nn.Conv2d(8,8,3)',
        '{a: 1}',
      ),
      fc.constantFrom('[]', '[1]', '[2, 2]', '[1, 2, 3, 4]', '[None, 8]', '[[1], [2]]', "'(1, 2)'", "'lambda: 0'"),
    );
    const name = fc.oneof(
      fc.constantFrom(...TORCH_LAYERS.keys()).map((layer) => `nn.${layer}`),
      fc.constantFrom(...Object.keys(BLOCKS), 'Concat', 'Contract', 'Expand', 'Detect', 'Segment', 'Classify'),
    );
    const from = fc.constantFrom('-1', '0', '[-1]', '[-1, 0]', '[0, 0, 0]');
    const number = fc.constantFrom('1', '1', '1', '3');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(from, number, name, fc.array(value, { maxLength: 6 })), { maxLength: 4 }),
        (rows) => {
          const layers = rows.map(([f, n, module, args]) => `[${f}, ${n}, ${module}, [${args.join(', ')}]]`).join(', ');
          const text = `nc: 2\ndepth_multiple: 1\nwidth_multiple: 1\nanchors: 1\nbackbone: [[-1, 1, Conv, [8]]]\nhead: [${layers}]`;
          try {
            openYolo(memorySource(new TextEncoder().encode(text), { name: 'x.yaml' }), {
              inputs: [{ shape: [1, 3, 64, 64] }],
            });
          } catch (error) {
            if (!isModelError(error)) throw new Error(`${String(error)} for\n${text}`, { cause: error });
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('any slip of a key gives a model or a named error', () => {
    const tokens = [
      '[',
      ']',
      ',',
      ':',
      '-1',
      '0',
      '99',
      'nc',
      'None',
      'Conv',
      'Detect',
      'Concat',
      "'",
      '\n',
      '  ',
      '- ',
      '*a',
      '&a',
      '{',
      '1e9',
      '.nan',
      'nn.Linear',
    ];
    fc.assert(
      fc.property(fc.nat(SMALL.length), fc.nat(12), fc.constantFrom(...tokens), (start, length, token) => {
        const text = SMALL.slice(0, start) + token + SMALL.slice(start + length);
        try {
          readConfig(text);
          readYolo(text);
        } catch (error) {
          if (!isModelError(error)) throw new Error(`${String(error)} for\n${text}`, { cause: error });
        }
      }),
      { numRuns: 400 },
    );
  });
});
