import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type Ledger, totalsOf } from '../../src/ledger/index.js';
import { type OpenOptions, read, runScript } from '../../src/node.js';

const fixture = (name: string): string => resolve(import.meta.dirname, '../fixtures/python', name);
const open = (name: string, inputs: OpenOptions['inputs'], python?: OpenOptions['python']): Promise<Ledger> =>
  read(fixture(name), {
    ...(inputs === undefined ? {} : { inputs }),
    ...(python === undefined ? {} : { python }),
  });
const counts = async (name: string, ...inputs: number[][]): Promise<[macs: unknown, params: unknown]> => {
  const { macs, params } = totalsOf(await open(name, inputs));
  return [macs, params];
};

test('packages that are not installed stand in for themselves until a result of theirs is needed', async () => {
  expect(await counts('absent.py:Net', [2, 8])).toEqual([2 * 8 * 4, 36]);
  expect(await counts('absent.py:Checks', [2, 8])).toEqual([64, 36]);
  await expect(open('absent.py:Needs', [[2, 8]])).rejects.toMatchObject({
    message: expect.stringContaining('the package nobody_has_this is not installed'),
    at: { file: 'absent.py', line: 42 },
    hint: expect.stringContaining('--python-path'),
  });
});

test('parts that an absent package makes or changes are told, though nothing calls them', async () => {
  const ledger = await open('absent.py:Parts', [[2, 8]]);
  expect(totalsOf(ledger)).toMatchObject({ macs: 64, params: 36 });
  const lost = ledger.notes.filter((n) => n.code === 'absent-part').map((n) => n.message);
  expect(lost).toEqual([
    expect.stringMatching(/^table\.a\.0 is nobody_has_this\.Block.* not installed: .* not counted/),
    expect.stringMatching(/^blocks\.0 is nobody_has_this\.Block/),
    expect.stringMatching(/^nobody_has_this\.tune was given the model at line \d+ of absent\.py/),
  ]);
});

test('a name that the library lacks is told with its line and what helps', async () => {
  await expect(open('absent.py:Lacks', [[2, 8]])).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(
      /^absent\.py:\d+: torch\.no_such_function is used, and opcount's torch does not have/,
    ),
    hint: expect.stringContaining('export the model'),
  });
});

test('NumPy is right for what models do with it', async () => {
  expect(await counts('numpy_use.py:Net', [2, 8])).toEqual([64, 36]);
});

test('einops, timm, mmcv and kernels by formula', async () => {
  // Stem; patches of 48 values to 8; QKᵀ and AV of 2 heads × 4 over 17 places; the perceptron.
  const macs = 2 * 256 * 27 * 3 + 2 * 16 * 48 * 8 + 2 * 2 * 2 * 17 * 17 * 4 + 2 * 17 * 8 * 16 * 2;
  expect(await counts('layers.py:Patches', [2, 3, 16, 16])).toEqual([macs, 759]);
  // y sums over the state alone; all else of the scan is element by element.
  expect(await counts('layers.py:Scan', [2, 6, 10], [2, 4, 10])).toEqual([2 * 6 * 10 * 4, 24]);
});

test('packed sequences take their own steps, lazy layers get their weights', async () => {
  const ledger = await open('around.py:Packed', [[2, 4, 6]]);
  // Lengths 4 and 2: six rows of 4 gates × 4 units over 6 + 4 values; then a linear layer on 2 × 4 rows.
  expect(totalsOf(ledger).macs).toBe(6 * 16 * (6 + 4) + 8 * 4 * 2);
  expect(await counts('around.py:Lazy', [1, 3, 6, 6])).toEqual([16 * 27 * 4 + 64 * 2, 112 + 130]);
});

test('einsum by lists, products that sum nothing, complex numbers, vmap', async () => {
  const ledger = await open('around.py:Products', [[2, 6]]);
  // The einsum over lists and the products of vmap; the outer product has none.
  expect(totalsOf(ledger).macs).toBe(2 * 6 * 5 + 2 * 6 * 5);
  const square = ledger.entries.find((e) => e.outputs[0]?.type?.dtype.startsWith('complex') && e.op === 'mul');
  // A complex product: 4 multiplications and 2 additions for each of 2 × 6.
  expect(square?.result).toMatchObject({ work: [{ elements: 12, each: { mul: 4, add: 2 } }] });
});

test('experts share the top-k choices: the sum over them is exact, and said', async () => {
  const ledger = await open('around.py:Experts', [[6, 4]]);
  expect(totalsOf(ledger).macs).toBe(6 * 4 * 8 + 6 * 2 * 4 * 4);
  expect(ledger.notes.map((n) => n.code)).toContain('routed-experts');
});

test('inputs beyond tensors', async () => {
  const given = ['[5x2x6, 3x2x6]', 'state=1x2x4', "mode='fast'", 'times:=2'];
  const ledger = await open('around.py:Given', undefined, { given });
  expect(totalsOf(ledger).macs).toBe((5 + 3) * 2 * 12 * (6 + 4));
  await expect(open('around.py:Given', undefined, { given: ['[5x2x6'] })).rejects.toMatchObject({
    message: expect.stringContaining('is not closed'),
  });
});

test('gradients are refused by name', async () => {
  await expect(open('around.py:Gradient', [[2, 6]])).rejects.toThrow(/torch\.autograd\.grad is called/);
});

test('a root above is found by an import, and said; a folder without __init__.py is a package', async () => {
  const ledger = await open('repo/tools/run.py:Net', [[2, 8]]);
  expect(totalsOf(ledger).macs).toBe(64);
  expect(ledger.notes).toContainEqual(expect.objectContaining({ code: 'import-root' }));
  expect(await counts('repo/parts/net.py:Net', [2, 8])).toEqual([64, 36]);
});

test('counters print what the tools print', async () => {
  const decoder = new TextDecoder();
  let out = '';
  await runScript(fixture('tools.py'), {
    output: { stdout: (bytes) => (out += decoder.decode(bytes, { stream: true })) },
  });
  const lines = out.split('\n');
  // Convolution and linear layer forward; backward: the weight alone of the first layer, both operands of the last.
  const [conv, linear] = [2 * 27 * 8 * 36, 2 * 288 * 10];
  expect(lines[0]).toContain(`backward ${2 * conv + 3 * linear} `);
  expect(lines[0]).toContain(`'Sequential.2': {'aten.addmm': ${linear}, 'aten.mm': ${2 * linear}}`);
  expect(lines.slice(1, 6)).toEqual([
    'Module                  FLOP    % Total',
    '-------------------  -------  ---------',
    'Sequential           21.312K    100.00%',
    ' - aten.convolution  15.552K     72.97%',
    ' - aten.addmm         5.760K     27.03%',
  ]);
  // Two layers of 256: forward, three products backward, the first once more; the last keeps its inputs alone.
  expect(lines[6]).toBe(`checkpoint ${256 * (2 + 3 + 1)}`);
  expect(lines[7]).toBe(`formula ${7 * 4 * 3}`);
  expect(lines[8]).toBe(
    "fvcore 12096 {'conv': 7776, 'batch_norm': 1440, 'linear': 2880} {'conv': 7776, 'batch_norm': 1440}",
  );
  expect(out).toContain('|  0       |  0.24K                 |  9.216K  |');
  expect(out).toContain('ptflops (1072, 72)');
  expect(out).toContain('Layer (type (var_name))                  Kernel Shape     Input Shape      Mult-Adds');
  expect(out).toContain('            Conv2d-1              [-1, 8, 6, 6]             224');
});

test('without a name, the model of a file is the class that the others are parts or bases of', async () => {
  expect(await counts('whole.py', [2, 8])).toEqual([2 * (2 * 64 + 32), 2 * 72 + 36]);
});
