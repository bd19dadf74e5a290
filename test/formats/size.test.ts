import { expect, test } from 'vitest';
import { sym } from '../../src/dim/index.js';
import { caffe } from '../../src/formats/caffe/index.js';
import { darknet } from '../../src/formats/darknet/index.js';
import { ncnn } from '../../src/formats/ncnn/index.js';
import type { NcnnNode } from '../../src/formats/ncnn/parse.js';
import { unstatedInputs } from '../../src/formats/ncnn/unstated.js';
import { nestedScope } from '../../src/formats/nested-scope.js';
import { broadcast } from '../../src/ops/shapes.js';
import { isModelError } from '../../src/source/errors.js';
import { seen } from './layers.js';

// Files of less than a megabyte that hold as much as fits: what is refused, and what is worked through in one pass.

/** The code and message of what is thrown. */
async function refusal(reading: Promise<unknown>): Promise<string> {
  const error: unknown = await reading.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return isModelError(error) ? `${error.code}: ${error.message}` : String(error);
}

test('a network of more layers than any has is refused before the first is run', async () => {
  const relus = (n: number): string =>
    `7767517\n1 1\nInput x 0 1 x 0=3\nNoSuchLayer n 1 1 x y\n${'ReLU r 1 1 x x\n'.repeat(n)}`;
  expect(await refusal(seen(ncnn, relus(20_000), 'net.param', {}))).toBe(
    'limit: the network has 20001 layers, more than 16384',
  );
  const empty = `name:"a"input:"x"input_dim:1\nlayer{name:"r"type:"ReLU"bottom:"x"top:"x"}${'layer{}'.repeat(17_000)}`;
  expect(await refusal(seen(caffe, empty, 'net.prototxt', {}))).toMatch(/^limit: the network has 17001 layers/);
});

test('layers that are several operators each are counted by those', async () => {
  const recurrent = `[net]\ninputs=1\n${'[rnn]\noutput=1\nhidden=1\n'.repeat(9000)}`;
  expect(await refusal(seen(darknet, recurrent, 'net.cfg', {}))).toMatch(/^limit: .* more than 32768 operators/);
});

test('parts of a join that thousands of blobs lead to are looked at a bounded number of times', () => {
  const parts = Array.from({ length: 16_000 }, (_, i) => `p${i}`);
  let looks = 0;
  const attrs = { number: (_: number, otherwise = 0) => otherwise } as NcnnNode['attrs'];
  const split: NcnnNode = {
    name: 's',
    opType: 'Split',
    get input() {
      looks++;
      return ['x'];
    },
    output: parts,
    attrs,
  };
  const concat: NcnnNode = { name: 'c', opType: 'Concat', input: parts, output: ['y'], attrs };
  expect(unstatedInputs([split, concat])('x')).toBeNull();
  expect(looks).toBeLessThan(200_000);
});

test('more shapes meet than a call takes arguments', () => {
  const [n, m] = [sym('n'), sym('m')];
  const two = broadcast([[n], [m, 3, 1]], 'two').map(String);
  const many = Array.from({ length: 200_000 }, (_, i) => (i % 2 === 0 ? [n] : [m, 3, 1]));
  expect(broadcast(many, 'many').map(String)).toEqual(two);
  expect(broadcast([...many, [4, 3, 1]], 'many').map(String)).toEqual(['4', '3', two[2]]);
});

test('paths of modules within each other', () => {
  expect(nestedScope(['a', '', 'b'], 'p.').map(({ path }) => path)).toEqual(['p.a', 'p.a.', 'p.a..b']);
  expect(nestedScope(['conv_1'], '', (name) => name.slice(0, 4))).toEqual([{ path: 'conv_1', type: 'conv', call: 0 }]);
});
