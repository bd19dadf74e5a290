import { block, listVariable, op, pir, program, variable } from './paddle-build.js';

/** Programs with loops, branches and lists, as a ProgramDesc and in PIR: products by a matrix of 8 × 8. */

const NUMBER = 3;
const TRUTH = 0;
const variables = (...names: readonly (readonly [string, readonly number[], number?])[]): number[][] =>
  names.map(([name, shape, type]) => variable(name, shape, false, type));
const constant = (name: string, value: number): number[] =>
  op('fill_constant', {}, { Out: [name] }, { shape: [1], str_value: String(value), dtype: 3 });
const product = (from: string, to: string): number[] => op('matmul_v2', { X: [from], Y: ['w'] }, { Out: [to] });
const given = (name: string): number[] => op('feed', { X: ['feed'] }, { Out: [name] });
const fetched = (name: string): number[] => op('fetch', { X: [name] }, { Out: ['fetch'] });

/** `while (i < n) { h = h·w; i += 1 }`; `n` is an input where it is null. */
export function loopProgram(rounds: number | null): Uint8Array {
  return program(
    block(
      [
        ...variables(['h', [1, 8]], ['i', [1], NUMBER], ['n', [1], NUMBER], ['c', [1], TRUTH]),
        variable('w', [8, 8], true),
      ],
      [
        given('h'),
        rounds === null ? given('n') : constant('n', rounds),
        constant('i', 0),
        op('less_than', { X: ['i'], Y: ['n'] }, { Out: ['c'] }),
        op(
          'while',
          { X: ['h', 'i', 'n', 'w'], Condition: ['c'] },
          { Out: ['h', 'i', 'c'], StepScopes: ['steps'] },
          { sub_block: { block: 1 } },
        ),
        fetched('h'),
      ],
    ),
    block(variables(['m', [1, 8]]), [
      product('h', 'm'),
      op('assign', { X: ['m'] }, { Out: ['h'] }),
      op('increment', { X: ['i'] }, { Out: ['i'] }),
      op('less_than', { X: ['i'], Y: ['n'] }, { Out: ['c'] }),
    ]),
  );
}

/** `c ? x·w·w : x·w`; `c` is an input where it is null. */
export function branchProgram(holds: boolean | null): Uint8Array {
  const when = (condition: string, out: string, sub: number): number[] =>
    op(
      'conditional_block',
      { Cond: [condition], Input: ['x', 'w'] },
      { Out: [out], Scope: [`scope${sub}`] },
      { sub_block: { block: sub }, is_scalar_condition: true },
    );
  return program(
    block(
      [
        ...variables(['x', [1, 8]], ['c', [1], TRUTH], ['d', [1], TRUTH], ['mask', [1], 2], ['y', [1, 8]]),
        variable('w', [8, 8], true),
      ],
      [
        given('x'),
        holds === null
          ? given('c')
          : op('fill_constant', {}, { Out: ['c'] }, { shape: [1], str_value: holds ? '1' : '0', dtype: TRUTH }),
        op('logical_not', { X: ['c'] }, { Out: ['d'] }),
        when('c', 'yes', 1),
        when('d', 'no', 2),
        op('cast', { X: ['c'] }, { Out: ['mask'] }, { in_dtype: TRUTH, out_dtype: 2 }),
        op('select_input', { X: ['no', 'yes'], Mask: ['mask'] }, { Out: ['y'] }),
        fetched('y'),
      ],
    ),
    block(variables(['a', [1, 8]], ['yes', [1, 8]]), [product('x', 'a'), product('a', 'yes')]),
    block(variables(['no', [1, 8]]), [product('x', 'no')]),
  );
}

/** `while (i < n) { list[i] = x·w; i += 1 }`, then the list as one tensor. */
export function listProgram(rounds: number): Uint8Array {
  return program(
    block(
      [
        ...variables(['x', [1, 8]], ['i', [1], NUMBER], ['n', [1], NUMBER], ['c', [1], TRUTH], ['y', [-1, 8]]),
        listVariable('list'),
        variable('w', [8, 8], true),
      ],
      [
        given('x'),
        constant('n', rounds),
        constant('i', 0),
        op('less_than', { X: ['i'], Y: ['n'] }, { Out: ['c'] }),
        op(
          'while',
          { X: ['x', 'i', 'n', 'list'], Condition: ['c'] },
          { Out: ['i', 'c', 'list'], StepScopes: ['steps'] },
          { sub_block: { block: 1 } },
        ),
        op(
          'tensor_array_to_tensor',
          { X: ['list'] },
          { Out: ['y'], OutIndex: ['sizes'] },
          { axis: 0, use_stack: false },
        ),
        fetched('y'),
      ],
    ),
    block(variables(['m', [1, 8]]), [
      product('x', 'm'),
      op('write_to_array', { X: ['m'], I: ['i'] }, { Out: ['list'] }),
      op('increment', { X: ['i'] }, { Out: ['i'] }),
      op('less_than', { X: ['i'], Y: ['n'] }, { Out: ['c'] }),
    ]),
  );
}

const data = (id: number, name: string, shape: readonly number[]) => pir.op('1.data', [], { [id]: shape }, { name });
const full = (id: number, value: number) => pir.op('1.full', [], { [id]: [1] }, { shape: [1], value, dtype: 'int64' });
const matmul = (from: number, to: number) => pir.op('1.matmul', [from, 1], { [to]: [1, 8] });
const W = pir.weight(1, 'w', [8, 8]);

export function pirLoop(rounds: number | null): string {
  return pir.program(
    W,
    data(2, 'h', [1, 8]),
    rounds === null ? data(3, 'n', [1]) : full(3, rounds),
    full(4, 0),
    full(5, 1),
    pir.op('1.less_than', [4, 3], { 6: [1] }),
    pir.op('1.while', [6, 4, 2], { 20: [1], 21: [1, 8] }, {}, [
      pir.region({ [-1]: [1], [-2]: [1, 8] }, [
        pir.op('1.matmul', [-2, 1], { 10: [1, 8] }),
        pir.op('1.add', [-1, 5], { 11: [1] }),
        pir.op('1.less_than', [11, 3], { 12: [1] }),
        pir.op('2.yield', [12, 11, 10], {}),
      ]),
    ]),
    pir.op('1.fetch', [21], { 30: [1, 8] }),
  );
}

export function pirBranch(): string {
  return pir.program(
    W,
    data(2, 'x', [1, 8]),
    data(3, 'c', [1]),
    pir.op('1.if', [3], { 20: [1, 8] }, {}, [
      pir.region({}, [matmul(2, 10), matmul(10, 11), pir.op('2.yield', [11], {})]),
      pir.region({}, [matmul(2, 12), pir.op('2.yield', [12], {})]),
    ]),
    pir.op('1.fetch', [20], { 30: [1, 8] }),
  );
}

export function pirList(rounds: number): string {
  return pir.program(
    W,
    data(2, 'x', [1, 8]),
    full(3, rounds),
    full(4, 0),
    full(5, 1),
    pir.op('1.create_array', [], { 7: [] }),
    pir.op('1.less_than', [4, 3], { 6: [1] }),
    pir.op('1.while', [6, 4], { 20: [1] }, {}, [
      pir.region({ [-1]: [1] }, [
        matmul(2, 10),
        pir.op('1.array_write_', [7, 10, -1], { 13: [] }),
        pir.op('1.add', [-1, 5], { 11: [1] }),
        pir.op('1.less_than', [11, 3], { 12: [1] }),
        pir.op('2.yield', [12, 11], {}),
      ]),
    ]),
    pir.op('1.array_to_tensor', [7], { 25: [3, 8], 26: [3] }, { axis: 0, use_stack: false }),
    pir.op('1.fetch', [25], { 30: [3, 8] }),
  );
}
