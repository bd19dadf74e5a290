import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { detect } from '../../src/formats/onnx/detect.js';
import { readModel } from '../../src/formats/onnx/model.js';
import type { Ledger } from '../../src/ledger/index.js';
import { totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';

/** The same model in three spellings; those as text were written by protobuf's own printers. */
const fixture = (file: string): Uint8Array => readFileSync(new URL(`../fixtures/onnx/${file}`, import.meta.url));
const SPELLINGS = ['lstm.legacy17.dyn.textproto', 'lstm.legacy17.dyn.onnx.json'];
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
    for (let cut = 40; cut < bytes.length; cut += 97)
      try {
        read(bytes.subarray(0, cut));
      } catch (error) {
        expect(error).toMatchObject({ kind: 'ModelError', hint: expect.any(String) });
      }
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

test('what is no number, no field or without an end is named', () => {
  expect(() => read(tiny('ints: one'))).toThrow(/AttributeProto.ints: "one" is no integer/);
  expect(() => read(tiny('ints 1'))).toThrow(/"ints" is followed by neither/);
  expect(() => read('ir_version: 8 graph { node {')).toThrow(expect.objectContaining({ code: 'truncated' }));
  expect(() => read(`ir_version: 8 graph ${'{ node '.repeat(500)}`)).toThrow(
    expect.objectContaining({ code: 'limit' }),
  );
  expect(() => read('{"irVersion": "8", "graph": [')).toThrow(/no JSON/);
});
