import { expect, test } from 'vitest';
import { profile } from '../../src/node.js';
import { call, program, value } from '../formats/executorch-build.js';
import { type LayerText, net, parameter, result, stored } from '../formats/openvino-build.js';
import { attribute, graph, info, model, node, tensor } from '../formats/ort-build.js';
import { type Bytes, int, join, len, varint } from '../wire/encode.js';
import type { Flat } from '../wire/flat-build.js';

/** A step of MobileNetV2 on square images: what it takes comes from an earlier step, counted from 0 for the image. */
type Step =
  | {
      readonly kind: 'conv';
      readonly from: number;
      readonly to: readonly [number, number];
      readonly size: number;
      readonly kernel: number;
      readonly stride: number;
      readonly groups: number;
    }
  | { readonly kind: 'clamp'; readonly from: number; readonly channels: number; readonly size: number }
  | {
      readonly kind: 'add';
      readonly from: number;
      readonly other: number;
      readonly channels: number;
      readonly size: number;
    };

/** Expansion, channels, repeats and stride of each stage, as the paper has them. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

function mobilenet(): { readonly steps: readonly Step[]; readonly last: number } {
  const steps: Step[] = [];
  let [at, channels, size] = [0, 3, 224];
  const push = (step: Step): void => {
    steps.push(step);
    at = steps.length;
  };
  const conv = (to: number, kernel: number, stride: number, groups: number, bounded: boolean): void => {
    push({ kind: 'conv', from: at, to: [channels, to], size, kernel, stride, groups });
    [channels, size] = [to, Math.ceil(size / stride)];
    if (bounded) push({ kind: 'clamp', from: at, channels, size });
  };
  conv(32, 3, 2, 1, true);
  for (const [expand, width, repeats, first] of STAGES)
    for (let i = 0; i < repeats; i++) {
      const [start, before, stride] = [at, channels, i === 0 ? first : 1];
      if (expand > 1) conv(before * expand, 1, 1, 1, true);
      conv(channels, 3, stride, channels, true);
      conv(width, 1, 1, 1, false);
      if (stride === 1 && before === width) push({ kind: 'add', from: at, other: start, channels, size });
    }
  conv(1280, 1, 1, 1, true);
  return { steps, last: at };
}

const name = (i: number): string => (i === 0 ? 'x' : `t${i}`);
const weightOf = (s: Step & { readonly kind: 'conv' }): number[] => [s.to[1], s.to[0] / s.groups, s.kernel, s.kernel];
const padOf = (s: Step & { readonly kind: 'conv' }): number => (s.kernel - 1) / 2;

function asOpenvino(): Uint8Array {
  const { steps, last } = mobilenet();
  const layers: LayerText[] = [parameter('x', [1, 3, 224, 224])];
  for (const [i, s] of steps.entries()) {
    const own = name(i + 1);
    if (s.kind === 'conv') {
      const [o, inner, k] = weightOf(s) as [number, number, number];
      const grouped = s.groups > 1;
      const pads = `${padOf(s)}, ${padOf(s)}`;
      const out = Math.ceil(s.size / s.stride);
      layers.push(
        stored(`${own}/w`, grouped ? [s.groups, o / s.groups, inner, k, k] : [o, inner, k, k], 8 * i, 'f16'),
        {
          type: grouped ? 'GroupConvolution' : 'Convolution',
          name: own,
          data: { strides: `${s.stride}, ${s.stride}`, pads_begin: pads, pads_end: pads, dilations: '1, 1' },
          inputs: [name(s.from), `${own}/w`],
          outputs: [[1, o, out, out]],
        },
      );
    } else
      layers.push({
        type: s.kind === 'add' ? 'Add' : 'Clamp',
        name: own,
        data: { min: 0, max: 6 },
        inputs: s.kind === 'add' ? [name(s.from), name(s.other)] : [name(s.from)],
        outputs: [[1, s.channels, s.size, s.size]],
      });
  }
  layers.push(
    {
      type: 'AvgPool',
      name: 'pool',
      data: { kernel: '7, 7', strides: '1, 1', pads_begin: '0, 0', pads_end: '0, 0' },
      inputs: [name(last)],
      outputs: [[1, 1280, 1, 1]],
    },
    stored('to', [2], 9000, 'i64'),
    { type: 'Reshape', name: 'flat', inputs: ['pool', 'to'], outputs: [[1, 1280]] },
    stored('fc', [1000, 1280], 10_000, 'f16'),
    { type: 'MatMul', name: 'y', data: { transpose_b: 'true' }, inputs: ['flat', 'fc'], outputs: [[1, 1000]] },
    result('y'),
  );
  return new TextEncoder().encode(net(layers));
}

function asOrt(): Uint8Array {
  const { steps, last } = mobilenet();
  const [initializers, nodes]: [Flat[], Flat[]] = [[tensor('fc', [1000, 1280])], []];
  for (const [i, s] of steps.entries()) {
    const own = name(i + 1);
    if (s.kind === 'conv') {
      initializers.push(tensor(`${own}.w`, weightOf(s)));
      const p = padOf(s);
      nodes.push(
        node(
          'Conv',
          [name(s.from), `${own}.w`],
          [own],
          [
            attribute.ints('pads', p, p, p, p),
            attribute.ints('strides', s.stride, s.stride),
            attribute.int('group', s.groups),
          ],
        ),
      );
    } else
      nodes.push(
        s.kind === 'add' ? node('Add', [name(s.from), name(s.other)], [own]) : node('Clip', [name(s.from)], [own]),
      );
  }
  nodes.push(
    node('GlobalAveragePool', [name(last)], ['pool']),
    node('Flatten', ['pool'], ['flat']),
    node('Gemm', ['flat', 'fc'], ['y'], [attribute.int('transB', 1)]),
  );
  return model(graph({ initializers, infos: [info('x', [1, 3, 224, 224])], nodes, inputs: ['x'], outputs: ['y'] }));
}

function asCoreml(): Uint8Array {
  const { steps, last } = mobilenet();
  const packed = (field: number, ...numbers: number[]): Uint8Array =>
    len(field, join(...numbers.map((n) => varint(n))));
  const layer = (own: string, inputs: readonly string[], kind: number, ...params: Bytes[]): Uint8Array =>
    len(1, len(1, own), ...inputs.map((i) => len(2, i)), len(3, own), len(kind, ...params));
  const layers = steps.map((s, i) => {
    const own = name(i + 1);
    if (s.kind === 'add') return layer(own, [name(s.from), name(s.other)], 230);
    if (s.kind === 'clamp') return layer(own, [name(s.from)], 660);
    const edge = len(10, int(1, padOf(s)), int(2, padOf(s)));
    return layer(
      own,
      [name(s.from)],
      100,
      int(1, s.to[1]),
      int(2, s.to[0] / s.groups),
      int(10, s.groups),
      packed(20, s.kernel, s.kernel),
      packed(30, s.stride, s.stride),
      len(50, len(1, edge, edge)),
      len(90),
    );
  });
  const content = join(
    ...layers,
    layer('pool', [name(last)], 120, int(1, 1), int(60, 1), len(30)),
    layer('flat', ['pool'], 301),
    layer('y', ['flat'], 140, int(1, 1280), int(2, 1000), len(20)),
  );
  const image = len(1, len(1, 'x'), len(3, len(4, int(1, 224), int(2, 224), int(3, 20))));
  return join(
    int(1, 3),
    len(2, image, len(10, len(1, 'y'), len(3, len(5, packed(1, 1000), int(2, 65568))))),
    len(500, content),
  );
}

function asExecutorch(): Uint8Array {
  const { steps, last } = mobilenet();
  const values: Flat[] = [];
  const add = (flat: Flat): number => values.push(flat) - 1;
  const number = (n: number): number => add(value.int(n));
  const pair = (n: number): number => add(value.ints(number(n), number(n)));
  let buffer = 0;
  const made = [add(value.tensor([1, 3, 224, 224]))];
  const [none, no, yes] = [add(value.none), add(value.bool(false)), add(value.bool(true))];
  const instructions: Flat[] = [];
  for (const s of steps) {
    const size = s.kind === 'conv' ? Math.ceil(s.size / s.stride) : s.size;
    const out = add(value.tensor([1, s.kind === 'conv' ? s.to[1] : s.channels, size, size]));
    const from = made[s.from] as number;
    if (s.kind === 'conv') {
      const weight = add(value.tensor(weightOf(s), ++buffer));
      instructions.push(
        call(0, from, weight, none, pair(s.stride), pair(padOf(s)), pair(1), no, pair(0), number(s.groups), out, out),
      );
    } else if (s.kind === 'add') instructions.push(call(1, from, made[s.other] as number, number(1), out, out));
    else instructions.push(call(2, from, number(0), number(6), out, out));
    made.push(out);
  }
  const [pool, flat, y] = [
    [1, 1280, 1, 1],
    [1, 1280],
    [1, 1000],
  ].map((shape) => add(value.tensor(shape))) as [number, number, number];
  const fc = add(value.tensor([1280, 1000], ++buffer));
  instructions.push(
    call(3, made[last] as number, add(value.ints(number(-1), number(-2))), yes, none, pool, pool),
    call(4, pool, add(value.ints(number(1), number(1280))), flat, flat),
    call(5, flat, fc, y, y),
  );
  const operators = [
    'aten::convolution.out',
    'aten::add.out',
    'aten::hardtanh.out',
    'aten::mean.out',
    'aten::view_copy.out',
    'aten::mm.out',
  ];
  return program({ values, inputs: [made[0] as number], outputs: [y], operators, instructions });
}

test('mobilenet_v2 costs the same in every format, and as torchvision defines it', async () => {
  const macs = String((await profile('mobilenet_v2')).macs);
  const files = { openvino: asOpenvino(), ort: asOrt(), coreml: asCoreml(), executorch: asExecutorch() };
  for (const [format, bytes] of Object.entries(files)) {
    const report = await profile(bytes);
    expect([report.model.format, String(report.macs), report.coverage.unknown]).toEqual([format, macs, []]);
    // all weights but those of the batch norms and the last bias
    expect(Number(report.totals.params)).toBe(3_504_872 - 2 * 17_056 - 1000);
  }
});
