import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isModelError } from '../../src/source/errors.js';
import * as nn from '../../src/torch/nn/index.js';
import { random } from '../fuzz/random.js';

// Plain JavaScript has no types to keep a wrong kind of argument out: whatever is handed in, the answer is a tensor or a
// ModelError, and never what happened to break inside.

type Call = (...args: unknown[]) => unknown;
const x = (): nn.Tensor => nn.tensor([2, 3, 8, 8]);
const STRANGERS: readonly unknown[] = [3, undefined, null, 'x', {}, [1, 2], () => 1, Number.NaN];

/** Whatever JavaScript has: numbers of every kind, texts, lists, objects of all sorts, tensors and modules. */
const ANYTHING: readonly (() => unknown)[] = [
  ...[0, 1, 2, 3, 4, 8, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1n, true, 'x', 'same', '', undefined, null].map(
    (v) => () => v,
  ),
  () => [],
  () => [1, 2],
  () => [2, 3, 8, 8],
  () => [[1]],
  () => ['x'],
  () => ({}),
  () => ({ stride: 2 }),
  () => ({ dtype: 3 }),
  () => Object.create(null),
  () => ({ shape: [1, 2] }),
  () => new Map(),
  () => new Date(0),
  () => Symbol('s'),
  () => () => 1,
  () => x(),
  () => [x(), x()],
  () => new nn.ReLU(),
  () => new nn.Linear(8, 4),
];

/** What is thrown beside ModelErrors, by the call that threw it. */
function raw(name: string, calls: readonly (readonly unknown[])[], call: Call): string[] {
  return calls.flatMap((args) => {
    try {
      call(...args);
    } catch (error) {
      if (!isModelError(error))
        return [`${name}(${args.map((a) => (a instanceof nn.Tensor ? 'x' : inspect(a))).join(', ')}): ${error}`];
    }
    return [];
  });
}
const functions = Object.entries(nn.functional).filter(([, f]) => typeof f === 'function') as unknown as [
  string,
  Call,
][];
const layers = Object.entries(nn).filter(
  ([name, C]) => /^[A-Z]/.test(name) && typeof C === 'function' && C.prototype instanceof nn.Module,
) as unknown as [string, new (...args: unknown[]) => Call][];

/** Methods that are no user's to call. */
const NOT_CALLED = ['constructor', 'moved'];

/** Prototypes of a class and its bases, without the one of all objects. */
function prototypesOf({ prototype }: { readonly prototype: object }): object[] {
  const all: object[] = [];
  for (let p = prototype; p !== Object.prototype; p = Object.getPrototypeOf(p) as object) all.push(p);
  return all;
}

describe('a wrong kind of argument', () => {
  test.each(functions)('functional.%s', (name, f) => {
    const calls = STRANGERS.flatMap((v) => [[v], [x(), v], [x(), x(), v], [x(), 2, v], [v, v, v]]);
    expect(raw(name, calls, f)).toEqual([]);
  });

  test('methods of a tensor', () => {
    const methods = prototypesOf(nn.Tensor).flatMap((prototype) =>
      Object.getOwnPropertyNames(prototype).filter((name) => {
        const own = Object.getOwnPropertyDescriptor(prototype, name)?.value;
        return typeof own === 'function' && !NOT_CALLED.includes(name);
      }),
    );
    expect(methods.length).toBeGreaterThan(100);
    const calls = STRANGERS.flatMap((v) => [[v], [1, v], [v, v]]);
    const call =
      (name: string): Call =>
      (...args) =>
        (x() as unknown as Record<string, Call>)[name]?.(...args);
    expect(methods.flatMap((name) => raw(`x.${name}`, calls, call(name)))).toEqual([]);
  });

  test.each(layers)('%s', (name, Layer) => {
    const calls = STRANGERS.flatMap((v) => [[v], [v, v], [4, v], [4, 4, v], [v, v, v]]);
    expect(raw(`new ${name}`, [[], ...calls], (...args) => new Layer(...args))).toEqual([]);
    let layer: Call;
    try {
      layer = new Layer(4, 4, 1);
    } catch {
      return; // made of other layers, or by options
    }
    expect(raw(name, [[], ...STRANGERS.map((v) => [v])], layer)).toEqual([]);
  });

  test('anything in any place, of everything that is exported', () => {
    const { pick, below } = random(20261130, 0);
    const any = (): unknown => pick(ANYTHING)();
    const calls = (): unknown[][] => Array.from({ length: 60 }, () => Array.from({ length: below(5) }, any));
    const others = Object.entries(nn).filter(([name, f]) => typeof f === 'function' && !/^[A-Z]/.test(name));
    expect(others.length).toBeGreaterThan(5);
    const failed = [
      ...functions.flatMap(([name, f]) => raw(`functional.${name}`, calls(), f)),
      ...layers.flatMap(([name, Layer]) => raw(`new ${name}`, calls(), (...args) => new Layer(...args))),
      ...(others as unknown as [string, Call][]).flatMap(([name, f]) => raw(name, calls(), f)),
      ...[nn.Parameter, nn.Buffer].flatMap((C) =>
        raw(`new ${C.name}`, calls(), (...args) => new (C as unknown as new (...args: unknown[]) => unknown)(...args)),
      ),
    ];
    expect(failed).toEqual([]);
  });

  test('is named, with what to give instead', () => {
    const said = (run: () => unknown): unknown => {
      try {
        return run();
      } catch (error) {
        return isModelError(error) ? [error.code, error.message] : error;
      }
    };
    const { functional: F } = nn;
    expect(said(() => F.relu(3 as never))).toEqual(['argument', 'a tensor is needed, and 3 was given']);
    expect(said(() => F.cat(x() as never))).toEqual([
      'argument',
      'torch.cat takes a list of tensors, and a tensor was given',
    ]);
    expect(said(() => F.max_pool2d(x(), 2, null as never))).toEqual([
      'argument',
      'options are needed by name, and null was given',
    ]);
    expect(said(() => new nn.Linear(3, 4)([1, 3] as never))).toEqual([
      'argument',
      'torch.nn.Linear was called with a list of 2',
    ]);
    expect(said(() => new nn.Flatten()([1, 3] as never))).toEqual([
      'argument',
      'torch.nn.Flatten was called with a list of 2',
    ]);
  });
});

test('an input of other axes than a convolution has is told the form to give', () => {
  const told = (axes: 1 | 2): unknown => {
    const layer = axes === 1 ? new nn.Conv1d(3, 4, 3) : new nn.Conv2d(3, 4, 3);
    try {
      return layer(nn.tensor([3]));
    } catch (error) {
      return isModelError(error) ? error.hint : error;
    }
  };
  expect([told(1), told(2)]).toEqual(['give N×C and 1 spatial axis', 'give N×C and 2 spatial axes']);
});
