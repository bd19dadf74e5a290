import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CASES } from './cases/index.js';
import { calledIn, DOORS, type Door, knownBy } from './known.js';
import { type Case, comparable, costsOf } from './spell.js';

// One operator through every format: layers in TypeScript, PyTorch's operators (pt2, ExecuTorch, TorchScript and Python go
// through them), ONNX (ONNX Runtime's own files too), TensorFlow (TensorFlow.js too), TensorFlow Lite, Keras, OpenVINO, Core ML
// twice, PaddlePaddle, MNN, ncnn, Caffe, Darknet. Whoever spells it, it costs the same.

describe('one operator, every format', () => {
  test.each(Object.entries(CASES))('%s', (_, of) => {
    const [first, ...others] = costsOf(of);
    expect(others).not.toEqual([]);
    for (const [door, cost] of others) expect([door, comparable(cost)]).toEqual([door, first && comparable(first[1])]);
  });
});

test('a GRU that resets the product of its state adds a bias more to each unit', () => {
  const flops = (name: string) => costsOf(CASES[name] as Case).map(([, cost]) => Number(cost.flops));
  const [plain = 0] = flops('gru, one bias');
  const steps = 7 * 2;
  expect(flops('gru, a bias more where it resets')).toEqual([plain + steps * 6, plain + steps * 6]);
});

test('an operator that two formats know is tried in all that know it', () => {
  const tried = new Map<Door, Set<string>>();
  for (const of of Object.values(CASES))
    for (const [door, { ops }] of costsOf(of))
      for (const op of ops) tried.set(door, (tried.get(door) ?? new Set()).add(op));
  const doors = [...knownBy()];
  const missing = [...new Set(doors.flatMap(([, known]) => [...known]))].flatMap((op) => {
    const knowing = doors.filter(([, known]) => known.has(op)).map(([door]) => door);
    return knowing.length < 2
      ? []
      : knowing.filter((door) => !tried.get(door)?.has(op)).map((door) => `${op} in ${door}`);
  });
  expect(missing).toEqual([]);
});

test('every format with operators of its own is among them', () => {
  const formats = join(import.meta.dirname, '../../src/formats');
  const tables = readdirSync(formats).flatMap((name) =>
    ['operators', 'dialect', 'layers', 'program'].map((table) => `formats/${name}/${table}`),
  );
  const places = Object.values(DOORS).flat();
  const untried = tables
    .filter((table) => existsSync(join(formats, '..', table)))
    .filter((table) => !places.some((place) => place === table || place.startsWith(`${table}/`)));
  expect(untried).toEqual([]);
});

test('programs of PyTorch go through its table of operators', () => {
  // Lists that a script joins; the attention of a layer that Python's own code would spell out.
  expect(calledIn('formats/pt2', 'formats/torchscript', 'python')).toEqual([
    'attention',
    'concat',
    'nothing',
    'unsqueeze',
  ]);
});
