import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { detect } from '../../src/formats/onnx/detect.js';
import { readModel } from '../../src/formats/onnx/model.js';
import type { Ledger } from '../../src/ledger/index.js';
import { totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { refusal } from '../refusal.js';

/** The same model in four spellings; those as text were written by protobuf's and ONNX's own printers. */
const fixture = (file: string): Uint8Array => readFileSync(new URL(`../fixtures/onnx/${file}`, import.meta.url));
const SPELLINGS = ['lstm.legacy17.dyn.textproto', 'lstm.legacy17.dyn.onnx.json', 'lstm.legacy17.dyn.onnxtxt'];
const read = (bytes: Uint8Array | string): Ledger =>
  readModel(memorySource(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes));
const summary = (ledger: Ledger): unknown => {
  const { macs, flops, params, activationBytes } = totalsOf(ledger);
  return [macs, flops, params, activationBytes, ...ledger.entries.map((e) => e.type), ledger.producer].map(String);
};

describe.each(SPELLINGS)('%s', (file) => {
  test('is known by its content and counts what the binary form does', () => {
    const bytes = fixture(file);
    expect(detect(bytes.subarray(0, 4096), 'model')).toBe('certain');
    expect(summary(read(bytes))).toEqual(summary(read(fixture('lstm.legacy17.dyn.onnx'))));
  });

  test('cut anywhere, it is refused with a reason', () => {
    const bytes = fixture(file);
    for (let cut = 40; cut < bytes.length - 1; cut += 97)
      expect(
        refusal(() => read(bytes.subarray(0, cut))),
        `cut at ${cut}`,
      ).not.toBe('read');
  });
});

const tiny = (attribute: string): string => `# made by hand
ir_version: 8
opset_import { version: 13 }
graph <
  name: "g"
  node { input: ["x"], output: "y" op_type: 'Trans' "pose" attribute { name: "perm" ${attribute} } }
  input { name: "x" type { tensor_type { elem_type: FLOAT shape { dim { dim_value: 0x2 } dim { dim_param: "n" } } } } }
  output { name: "y" }
>`;

test('lists in brackets or one by one, enumerations by name, comments, quotes of both kinds, octal and hexadecimal', () => {
  for (const attribute of ['ints: [1, 0] type: INTS', 'ints: 1; ints: 00, type: 7'])
    expect(read(tiny(attribute)).outputs[0]?.value.type?.shape.map(String)).toEqual(['n', '2']);
});

test('an error names what is not a number, not a field, or never closed', () => {
  expect(() => read(tiny('ints: one'))).toThrow(/AttributeProto.ints: "one" is not an integer/);
  expect(() => read(tiny('ints 1'))).toThrow(/"ints" is followed by neither/);
  expect(() => read('ir_version: 8 graph { node {')).toThrow(expect.objectContaining({ code: 'truncated' }));
  expect(() => read(`ir_version: 8 graph ${'{ node '.repeat(500)}`)).toThrow(
    expect.objectContaining({ code: 'limit' }),
  );
  expect(() => read('{"irVersion": "8", "graph": [')).toThrow(/not JSON/);
});

describe('ONNX’s own syntax', () => {
  const shapesOf = (source: string): (string | undefined)[] =>
    read(source).outputs.map((o) => o.value.type?.shape.map(String).join('x'));
  const HEAD = '<\n ir_version: 10, opset_import: ["" : 20, "my.ops" : 1], producer_name: "hand \\"made\\""\n>\n';

  test('a node with more inputs, and an attribute with more numbers, than a call takes arguments', () => {
    const many = (text: string): string => new Array<string>(200_000).fill(text).join(', ');
    const ledger = read(
      `${HEAD}g (float[2] x) => (float[2] y) { y = Sum <own: ints = [${many('1')}]> (${many('x')}) }`,
    );
    expect(ledger.entries[0]?.inputs.length).toBe(200_000);
  });

  test('types, free extents, initializers, attributes of every kind, labels and comments', () => {
    const ledger = read(`# a comment
${HEAD}
g (float[N, 3, "h", (s53 - 1)//4 + 1] x, float[2] scale = {1, 2}) => (float[?,?] y, float z)
<int64[2] shape = {0, -1}, float[4] "odd name" = ["location": "w.bin", "offset": 0, "length": 16], float[N] "v/1">
{
  ["node 1"] flat = Reshape (x, shape) // and another
  "v/1" = ReduceMax <keepdims: int = 0> (flat, axes)
  axes = Constant <value: tensor = int64[1] {1}> ()
  y = Cast (flat) <to = 10>
  z = Constant <value_float = 0.5> ()
}`);
    expect(ledger.inputs.map((i) => i.value.type?.shape.map(String))).toEqual([
      ['N', '3', 'h', 'floor((s53-1)/4)+1'].map((d) => expect.stringContaining(d.slice(0, 5))),
    ]);
    expect(ledger.outputs[0]?.value.type?.dtype).toBe('float16');
    expect(ledger.entries.map((e) => e.name)).toContain('node 1');
    expect(ledger.producer).toContain('hand "made"');
  });

  test('bodies, functions with attributes, and what a call leaves out', () => {
    const source = `${HEAD}
g (bool c, float[4] x) => (float[?] y)
{
  top = Constant <value = float {6}> ()
  a = If (c) <then_branch = yes () => (float[4] t) { t = my.ops.Twice <factor: float = 3> (x) },
              else_branch = no () => (e) { e = Clip (x, , top) }>
  y = Identity (a)
}
<domain: "my.ops", opset_import: ["" : 20]>
Twice <factor> (v) => (w)
{
  f = Constant <value_float: float = @factor> ()
  w = Mul (v, f)
}`;
    expect(shapesOf(source)).toEqual(['4']);
    expect(read(source).entries.map((e) => e.type)).toEqual(expect.arrayContaining(['Mul', 'Clip', 'If']));
  });

  test('what does not follow the syntax is named by its line', () => {
    const broken = (body: string): string => `${HEAD}g (float[2] x) => (float[2] y)\n{\n${body}\n}`;
    expect(() => read(broken('y = Relu x'))).toThrow(/line 6: "\(" is expected, found "x"/);
    expect(() => read(broken('y = Relu <alpha: float = > (x)'))).toThrow(/line 6: a name is expected/);
    expect(() => read(broken('y = Relu (x'))).toThrow(/"\)" is expected/);
    expect(() => read(`${HEAD}g (${'seq('.repeat(400)}float[2] x`)).toThrow(/line 4/);
    expect(() => read(broken('y = If (x) <b = g () => (r) { '.repeat(400)))).toThrow(
      expect.objectContaining({ code: 'limit' }),
    );
  });
});
