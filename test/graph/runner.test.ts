import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import {
  branch,
  type Choices,
  type Graph,
  type GraphNode,
  GraphRunner,
  type GraphValue,
  iterate,
  ModuleTree,
  type Rule,
  recordOutputs,
  scalarOf,
  tensorOrNull,
  Unsupported,
  withChoices,
} from '../../src/graph/index.js';
import { type Ledger, Trace, totalsOf } from '../../src/ledger/index.js';
import { binary, foldBinary, linear, shapeError, squeeze, unary, unsqueeze, withValue } from '../../src/ops/index.js';
import type { TensorType } from '../../src/tensor/index.js';

/** A graph language for tests: nodes name their rules, and bodies by their place in the list of graphs. */
interface Node extends GraphNode {
  readonly bodies: readonly number[];
}
type Info = ReadonlyMap<string, TensorType>;

const typeOf = (value: GraphValue | null | undefined): TensorType => {
  const type = tensorOrNull(value)?.type ?? null;
  if (type === null) throw new Unsupported('the shape of its input is not known', 0);
  return type;
};
const node = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  ...bodies: readonly number[]
): Node => ({
  name: output[0] ?? '',
  opType,
  input,
  output,
  bodies,
});
const number = (value: number): TensorType => ({ dtype: 'int64', shape: [], value: [value] });
const tensor = (...shape: readonly Dim[]): TensorType => ({ dtype: 'float32', shape });

interface Program {
  readonly graphs: readonly {
    readonly nodes: readonly Node[];
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
  }[];
  readonly stored?: Readonly<Record<string, TensorType>>;
  readonly inputs: readonly TensorType[];
  readonly bind?: Readonly<Record<string, Dim>>;
}

function run({ graphs, stored = {}, inputs, bind = {} }: Program): Ledger {
  return withChoices(
    (choices) => once({ graphs, stored, inputs, bind }, choices),
    (ledger) => ledger.entries.filter((e) => e.result.kind === 'gap').length,
  );
}

function once({ graphs, stored = {}, inputs, bind = {} }: Program, choices: Choices): Ledger {
  const info: Info = new Map(Object.entries(stored));
  const all = graphs.map((graph): Graph<Node, Info> => ({ ...graph, info }));
  const bodyOf = (n: Node, i: number): Graph<Node, Info> => all[n.bodies[i] as number] as Graph<Node, Info>;
  const rules: Readonly<Record<string, Rule<Node, Info>>> = {
    dense: ({ inputs: [x, w] }) => linear(typeOf(x), typeOf(w), null),
    relu: ({ inputs: [x] }) => unary('relu', typeOf(x)),
    squeeze: ({ inputs: [x] }) => {
      const effect = squeeze(typeOf(x), [1]);
      return { ...effect, outputs: [{ ...typeOf(x), shape: typeOf(x).shape.filter((_, i) => i !== 1) }] };
    },
    pair: ({ inputs: [x] }) => {
      if (typeOf(x).shape.length !== 2) throw shapeError('pair takes two axes');
      return unsqueeze(typeOf(x), [1]);
    },
    add: ({ inputs: [a, b] }) =>
      withValue(binary('add', typeOf(a), typeOf(b)), foldBinary('add', typeOf(a), typeOf(b), [])),
    lt: ({ inputs: [a, b] }) =>
      withValue(binary('lt', typeOf(a), typeOf(b)), foldBinary('lt', typeOf(a), typeOf(b), [])),
    ne: ({ inputs: [a, b] }) =>
      withValue(binary('ne', typeOf(a), typeOf(b)), foldBinary('ne', typeOf(a), typeOf(b), [])),
    if: (call) =>
      recordOutputs(
        call,
        branch(call, call.inputs[0] ?? null, (first) =>
          call.runner.run(bodyOf(call.node, first ? 0 : 1), [], call.frame),
        ),
      ),
    while: (call) => {
      const goes = (states: readonly GraphValue[]): Dim | undefined =>
        scalarOf(call.runner.run(bodyOf(call.node, 0), states, call.frame)[0]);
      const states = call.inputs as readonly GraphValue[];
      const result = iterate({
        call,
        states,
        limit: null,
        first: goes(states),
        run: (_, now) => {
          const next = call.runner.run(bodyOf(call.node, 1), now, call.frame);
          return { go: goes(next), states: next, stacked: [] };
        },
      });
      return recordOutputs(call, result.states);
    },
    call: (call) => call.runner.call('f', bodyOf(call.node, 0), call.inputs, call.frame.base, call.node),
  };
  const trace = new Trace();
  const modules = new ModuleTree(trace, 'test');
  const runner = new GraphRunner<Node, Info>({
    trace,
    format: {
      id: 'test',
      rule: (n) => rules[n.opType] ?? null,
      source: (n) => ({ type: n.opType, name: n.name, outputs: n.output }),
      stored: (name, own) => {
        const type = own.get(name);
        if (type === undefined) return undefined;
        if (type.value !== undefined) return trace.constant(name, type);
        return trace.weight({
          name,
          aliases: [],
          kind: 'parameter',
          trainable: null,
          dtype: type.dtype,
          shape: type.shape,
        });
      },
    },
    places: {
      at: (n, base) => {
        modules.at(base, [{ path: n.name, type: n.opType, call: 0 }]);
      },
      size: () => modules.size,
      rewind: (size) => {
        modules.rewind(size);
      },
    },
    bindings: new Map(Object.entries(bind)),
    choices,
  });
  const main = all[0] as Graph<Node, Info>;
  const root = modules.open('Main', inputs);
  const given = inputs.map((type, i) => ({
    name: main.inputs[i] as string,
    value: trace.input(main.inputs[i] as string, type),
  }));
  const results = trace.collecting(() =>
    runner.top(
      main,
      given.map((g) => g.value),
      root,
    ),
  );
  const outputs = results.map((r, i) => ({ name: `y${i}`, value: tensorOrNull(r) ?? trace.opaque(null) }));
  trace.resume(root);
  trace.exit(outputs.map((o) => o.value.type));
  modules.finish(
    trace.entries,
    outputs.map((o) => o.value),
  );
  return trace.ledger({
    name: 'test',
    format: 'test',
    producer: null,
    file: null,
    inputs: given,
    outputs,
    weights: runner.weights,
    modules: 'names',
  });
}

const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const macs = (ledger: Ledger): string => text(totalsOf(ledger).macs);
const shape = (ledger: Ledger): string | undefined => ledger.outputs[0]?.value.type?.shape.map(text).join('x');
const codes = (ledger: Ledger): string[] => ledger.notes.map((n) => n.code);

describe('branches', () => {
  /** x through one of two matrices, by a flag that nothing tells. */
  const either = (first: TensorType, second: TensorType): Program => ({
    graphs: [
      {
        nodes: [node('lt', ['flag', 'flag'], ['c']), node('if', ['c'], ['y'], 1, 2)],
        inputs: ['x', 'flag'],
        outputs: ['y'],
      },
      { nodes: [node('dense', ['x', 'u'], ['a'])], inputs: [], outputs: ['a'] },
      { nodes: [node('dense', ['x', 'v'], ['b'])], inputs: [], outputs: ['b'] },
    ],
    stored: { u: first, v: second },
    inputs: [tensor(2, 8), tensor()],
  });

  test('both under a symbol of 0 or 1, which can be given', () => {
    const program = either(tensor(4, 8), tensor(6, 8));
    expect([macs(run(program)), shape(run(program)), codes(run(program))]).toEqual([
      '-32*y.then + 96',
      '2x-2*y.then + 6',
      ['unknown-branch'],
    ]);
    expect([0, 1].map((then) => macs(run({ ...program, bind: { 'y.then': then } })))).toEqual(['96', '64']);
  });

  test('an arm that cannot run is left out, with its weights and module calls', () => {
    for (const program of [either(tensor(4, 5), tensor(6, 8)), either(tensor(6, 8), tensor(4, 5))]) {
      const ledger = run(program);
      expect([macs(ledger), totalsOf(ledger).params, codes(ledger)]).toEqual(['96', 48, ['branch-excluded']]);
      const calls = ledger.root.steps.flatMap((s) => (s.kind === 'call' ? [s.call] : []));
      expect(calls.flatMap((c) => c.steps).filter((s) => s.kind === 'op' && s.entry.op === 'linear')).toHaveLength(1);
    }
  });

  test('neither running is an error', () => {
    expect(() => run(either(tensor(4, 5), tensor(6, 7)))).toThrow(expect.objectContaining({ code: 'shape' }));
  });

  test('axes that differ: the arm that the rest can use, through any number of branches', () => {
    const layers = [0, 1, 2, 3, 4];
    const program: Program = {
      graphs: [
        {
          nodes: [
            node('lt', ['flag', 'flag'], ['c']),
            ...layers.flatMap((i) => [
              node('if', ['c'], [`s${i}`], 1 + 2 * i, 2 + 2 * i),
              node('pair', [`s${i}`], [`h${i + 1}`]), // takes two axes, and gives three
            ]),
          ],
          inputs: ['h0', 'flag'],
          outputs: ['h5'],
        },
        ...layers.flatMap((i) => [
          { nodes: [node('squeeze', [`h${i}`], ['a'])], inputs: [], outputs: ['a'] },
          { nodes: [node('relu', [`h${i}`], ['b'])], inputs: [], outputs: ['b'] },
        ]),
      ],
      inputs: [tensor(4, 3, 8), tensor()],
    };
    const ledger = run(program);
    expect([shape(ledger), codes(ledger)]).toEqual(['4x1x8', layers.map(() => 'branch-chosen')]);
  });
});

describe('loops that end by a counter', () => {
  const loop = (until: 'lt' | 'ne', step: number, limit: number): Program => ({
    graphs: [
      { nodes: [node('while', ['zero', 'x'], ['i', 'y'], 1, 2)], inputs: ['x'], outputs: ['y', 'i'] },
      { nodes: [node(until, ['i', 'limit'], ['go'])], inputs: ['i', 'h'], outputs: ['go'] },
      {
        nodes: [node('add', ['i', 'step'], ['next']), node('dense', ['h', 'w'], ['out'])],
        inputs: ['i', 'h'],
        outputs: ['next', 'out'],
      },
    ],
    stored: { zero: number(0), limit: number(limit), step: number(step), w: tensor(8, 8) },
    inputs: [tensor(2, 8)],
  });
  const last = (ledger: Ledger): unknown => ledger.outputs[1]?.value.type?.value;

  test.each([
    ['lt', 1, 5, 5],
    ['lt', 3, 10, 4],
    ['lt', 1, 1, 1],
    ['lt', 1, 0, 0],
    ['lt', 1, 1_000_000, 1_000_000],
    ['ne', 1, 5, 5],
  ] as const)('i %s limit in steps of %i to %i: %i rounds', (until, step, limit, rounds) => {
    const ledger = run(loop(until, step, limit));
    expect(macs(ledger)).toBe(String(rounds * 2 * 64));
    expect(codes(ledger)).toEqual([]);
    expect(last(ledger)).toEqual([rounds * step]);
  });

  test('the body is recorded once', () => {
    expect(run(loop('lt', 1, 300)).entries.filter((e) => e.op === 'linear')).toHaveLength(1);
  });

  test('one that never ends is a symbol', () => {
    const ledger = run(loop('lt', 0, 5));
    expect([macs(ledger), codes(ledger)]).toEqual(['128*i.trips', ['unknown-trip-count']]);
  });
});

describe('what a file may be', () => {
  test('a function that calls itself is refused', () => {
    const program: Program = {
      graphs: [{ nodes: [node('call', ['x'], ['y'], 0)], inputs: ['x'], outputs: ['y'] }],
      inputs: [tensor(2)],
    };
    expect(() => run(program)).toThrow(expect.objectContaining({ code: 'cycle' }));
  });

  test('a name that nothing defines is refused, an operator without a rule is a gap', () => {
    const graphs = (nodes: readonly Node[]): Program['graphs'] => [{ nodes, inputs: ['x'], outputs: ['y'] }];
    expect(() => run({ graphs: graphs([node('relu', ['z'], ['y'])]), inputs: [tensor(2)] })).toThrow(
      /"z" is used but never/,
    );
    const ledger = run({
      graphs: graphs([node('magic', ['x'], ['h']), node('relu', ['h'], ['y'])]),
      inputs: [tensor(2)],
    });
    expect(ledger.entries.map((e) => (e.result.kind === 'gap' ? e.result.why : ''))).toEqual([
      'opcount has no formula for magic',
      "its input's shape is unknown because of magic (h)",
    ]);
  });
});
