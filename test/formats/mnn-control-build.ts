import { i32, table } from '../wire/flat-build.js';
import { commandsOf, constant, ifOf, input, mnnFile, type Operator, type SubGraph, whileOf } from './mnn-build.js';

/** MNN files with loops, branches and lists: products of a row by a matrix of 8 × 8. */

const binary = (number: number, from: readonly [number, number], out: number): Operator => ({
  type: 'BinaryOp',
  in: from,
  out: [out],
  main: table({ 0: i32(number) }),
});
const LESS = 12;
const integer = (value: number, out: number): Operator => ({ type: 'Const', out: [out], main: constant([], [value]) });
const given = (out: number, name: string, ...shape: number[]): Operator => ({
  type: 'Input',
  out: [out],
  main: input(...shape),
  name,
});
/** A condition or a number that the caller gives. */
const number = (out: number, name: string): Operator => given(out, name, 1);

const CONDITION: SubGraph = {
  name: 'cond',
  tensors: ['ci', 'cn', 'less'],
  inputs: [0, 1],
  outputs: [2],
  ops: [binary(LESS, [0, 1], 2)],
};

const BODY: SubGraph = {
  name: 'body',
  tensors: ['bi', 'bh', 'bw', 'one', 'next', 'product'],
  inputs: [0, 1, 2],
  outputs: [4, 5],
  ops: [integer(1, 3), binary(0, [0, 3], 4), { type: 'MatMul', in: [1, 2], out: [5] }],
};

/** `while (i < n) { h = h·w; i += 1 }`; `n` is an input where it is null. */
export const loopFile = (rounds: number | null): Uint8Array =>
  mnnFile(
    ['x', 'w', 'i', 'n', 'i2', 'y'],
    [
      given(0, 'x', 1, 8),
      given(1, 'w', 8, 8),
      integer(0, 2),
      rounds === null ? number(3, 'n') : integer(rounds, 3),
      {
        type: 'While',
        name: 'loop',
        in: [2, 0, 1, 3],
        out: [4, 5],
        main: whileOf({
          condition: 'cond',
          body: 'body',
          inputs: [['ci', 'bi'], ['bh'], ['bw'], ['cn']],
          outputs: ['bi', 'product'],
          updates: [
            ['next', 'bi'],
            ['next', 'ci'],
            ['product', 'bh'],
          ],
        }),
      },
    ],
    ['y'],
    [CONDITION, BODY],
  );

/** ONNX's loop: the body gives the condition, the state, and a row of the output in each round. */
export const countedFile = (rounds: number): Uint8Array =>
  mnnFile(
    ['x', 'w', 'limit', 'go', 'h', 'w2', 'rows'],
    [
      given(0, 'x', 1, 8),
      given(1, 'w', 8, 8),
      integer(rounds, 2),
      integer(1, 3),
      { type: 'While', name: 'loop', in: [2, 3, 0, 1], out: [4, 5, 6], main: whileOf({ body: 'round' }) },
    ],
    ['rows'],
    [
      {
        name: 'round',
        tensors: ['i', 'c', 'bh', 'bw', 'product'],
        inputs: [0, 1, 2, 3],
        outputs: [1, 4, 3, 4],
        ops: [{ type: 'MatMul', in: [2, 3], out: [4] }],
      },
    ],
  );

/** `c ? x·w·w : x·w` */
export const branchFile = (): Uint8Array =>
  mnnFile(
    ['c', 'x', 'w', 'y'],
    [
      number(0, 'c'),
      given(1, 'x', 1, 8),
      given(2, 'w', 8, 8),
      {
        type: 'If',
        name: 'choice',
        in: [0, 1, 2],
        out: [3],
        main: ifOf(['then', 'else'], [[], ['tx', 'ex'], ['tw', 'ew']], [['ty', 'ey']]),
      },
    ],
    ['y'],
    [
      {
        name: 'then',
        tensors: ['tx', 'tw', 'a', 'ty'],
        inputs: [0, 1],
        outputs: [3],
        ops: [
          { type: 'MatMul', in: [0, 1], out: [2] },
          { type: 'MatMul', in: [2, 1], out: [3] },
        ],
      },
      {
        name: 'else',
        tensors: ['ex', 'ew', 'ey'],
        inputs: [0, 1],
        outputs: [2],
        ops: [{ type: 'MatMul', in: [0, 1], out: [2] }],
      },
    ],
  );

/** Five products of 2 × 3 by 3 × 4 as commands. */
export const commandFile = (rounds = 5, size: readonly number[] = [2, 3, 4]): Uint8Array =>
  mnnFile(
    ['x', 'y'],
    [
      given(0, 'x', 5, 2, 3),
      { type: 'While', name: 'loop', in: [0], out: [1], kind: 92, main: commandsOf(rounds, size, [5, 2, 4]) },
    ],
    ['y'],
  );
