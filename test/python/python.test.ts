import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Ledger } from '../../src/ledger/index.js';
import { totalsOf } from '../../src/ledger/index.js';
import { type OpenOptions, profile, read, runScript } from '../../src/node.js';

const fixture = (name: string): string => resolve(import.meta.dirname, '../fixtures/python', name);
const golden = (name: string): string => readFileSync(resolve(import.meta.dirname, '../fixtures/oracle', name), 'utf8');
const open = (name: string, inputs: OpenOptions['inputs'], python?: OpenOptions['python']): Promise<Ledger> =>
  read(fixture(name), {
    ...(inputs === undefined ? {} : { inputs }),
    ...(python === undefined ? {} : { python }),
  });

/** What a script prints, and how it ends. */
async function run(name: string): Promise<{ out: string; code: number }> {
  const decoder = new TextDecoder();
  let out = '';
  const code = await runScript(fixture(name), {
    output: { stdout: (bytes) => (out += decoder.decode(bytes, { stream: true })) },
  });
  return { out, code };
}

test('a class of a file, over a shape', async () => {
  const ledger = await open('cnn.py:Net', [[1, 3, 64, 64]]);
  // Stem 3→16, 7×7 on 32²; block 16→16, 3×3 on 16²; block 16→32 on 8², 3×3 and 1×1; 32→10.
  const macs = 147 * 16 * 32 ** 2 + 144 * 16 * 16 ** 2 + (144 + 16) * 32 * 8 ** 2 + 320;
  expect(totalsOf(ledger).macs).toBe(macs);
  expect(totalsOf(ledger).params).toBe(10_250);
  expect(ledger.modules).toBe('exact');
  const conv = ledger.entries.find((e) => e.op === 'conv');
  expect(conv?.call.path).toBe('stem.0');
  expect(conv?.at).toEqual({ file: 'cnn.py', line: 25 });
});

test('ResNet-50 as a source: the counts of the published one', async () => {
  const { macs, params } = totalsOf(await open('resnet50.py:ResNet50', [[1, 3, 224, 224]]));
  expect([macs, params]).toEqual([4_089_184_256, 25_557_032]);
});

test('a call with arguments; lines of the source as rows', async () => {
  const report = await profile(`${fixture('cnn.py')}:Net(width=8, classes=3)`, {
    inputs: [[2, 3, 32, 32]],
    by: 'line',
  });
  expect(report.layers.map((row) => row.path)).toEqual(
    expect.arrayContaining(['cnn.py:25', 'cnn.py:12', 'cnn.py:26', 'cnn.py:27']),
  );
  const sum = report.layers.reduce((n, row) => n + BigInt(row.macs ?? 0), 0n);
  expect(sum).toBe(report.totals.macs);
});

test('constructs of published models, each counted by hand', async () => {
  const [dim, n] = [32, 16 * 16];
  const ledger = await open('constructs.py:build()', [[1, 3, 64, 64]]);
  const windows = 2 * (n * dim * dim * 4 + 2 * 4 * (n / 16) * 16 * 16 * (dim / 4));
  const lstm = n * 2 * (4 * dim * dim * 2);
  const attention = (n + 1) * (2 * dim) ** 2 * 4 + 2 * 4 * (n + 1) ** 2 * ((2 * dim) / 4);
  // 64² halved, a 3×3 convolution with stride 2 → 15², padded to 16²; the transposed one reads these; einsum on 16².
  const convolutions = 27 * dim * 15 ** 2 + dim * (dim / 4) * 4 * 16 ** 2 + dim * 16 ** 2;
  expect(totalsOf(ledger).macs).toBe(convolutions + windows + lstm + attention + 2 * dim * 10);
  expect(totalsOf(ledger).bufferElements).toBe(2 * 16 * 16);
  expect(ledger.weights.filter((w) => w.trainable === false && w.kind === 'parameter').map((w) => w.name)).toEqual([
    'head.bias',
  ]);
  expect(ledger.entries.filter((e) => e.result.kind === 'gap')).toEqual([]);
  expect(ledger.entries.every((e) => e.at?.file === 'constructs.py')).toBe(true);
  expect([...new Set(ledger.entries.flatMap((e) => (e.calledThrough === '@' ? [e.op] : [])))]).toEqual(['matmul']);
});

test('a variable of a file; inputs of a dict by name, of integers; tied weights are one', async () => {
  const ledger = await open('constructs.py:tokens', {
    ids: { shape: [2, 7], dtype: 'int64' },
    mask: { shape: [2, 7], dtype: 'bool' },
  });
  expect(totalsOf(ledger).macs).toBe(2 * 7 * 16 * 100);
  expect(totalsOf(ledger).params).toBe(1600);
  expect(ledger.weights[0]?.aliases).toEqual(['lm_head.weight']);
});

test('thop over a built-in model prints what thop prints', async () => {
  const { out, code } = await run('thop_script.py');
  expect(code).toBe(0);
  expect(out.split('\n').slice(-3)).toEqual(['4133742592.0 25557032.0', '4.134G 25.557M', '']);
  expect(out).toContain("[INFO] Register count_convNd() for <class 'torch.nn.modules.conv.Conv2d'>.\n");
});

test('torchstat prints its table, durations apart', async () => {
  const { out } = await run('torchstat_script.py');
  // What differs from run to run is a column of its own.
  const told = golden('torchstat-resnet18.txt').replace(/ duration\[%\]|\s+\d+\.\d\d%/g, '');
  const squeezed = (text: string): string[] =>
    text.split('\n').map((line) =>
      line
        .trim()
        .replace(/\s+/g, ' ')
        .replace(/^[=-]+$/, ''),
    );
  const lines = squeezed(out);
  expect(lines.slice(0, 3)).toEqual(
    ['MAdd', 'Flops', 'Memory'].map((t) => `[${t}]: AdaptiveAvgPool2d is not supported!`),
  );
  expect(lines.slice(3).join('\n').trimEnd()).toBe(squeezed(told).join('\n').trimEnd());
});

test('other counters give what they gave for resnet18; models are changed and taken apart', async () => {
  const { out } = await run('counters.py');
  expect(out.split('\n')).toEqual([
    'fvcore 1819065856',
    'ptflops 1825313768 11689512',
    'ptflops 1.83 GMac 11.69 M',
    'torch 3628146688',
    'torchprofile 1816557568',
    'calflops 3636250112 1814073344 11689512',
    'torchinfo 1814083944 11689512',
    'Total params: 11,689,512',
    'Trainable params: 11,689,512',
    'Non-trainable params: 0',
    'Total mult-adds (G): 1.81',
    'Input size (kB): 602.18',
    'Forward/backward pass size (MB): 39.75',
    'Params size (MB): 46.76',
    'Estimated Total Size (MB): 87.11',
    'classes 1823524352.0 11179077.0 torch.Size([1, 5])',
    'features 1823521792.0 11176512.0',
    'custom 2000.0',
    '',
  ]);
});

test("the program's own traceback, and none of ours", async () => {
  const failed = open('wrong.py:Shapes', [[1, 11]]);
  await expect(failed).rejects.toMatchObject({ kind: 'ModelError', code: 'shape', at: { file: 'wrong.py', line: 11 } });
  await expect(failed).rejects.toThrow(
    /^wrong\.py:11: RuntimeError: [^\n]+\nTraceback[\s\S]*wrong\.py", line 11, in forward[\s\S]*RuntimeError: /,
  );
  await expect(failed).rejects.not.toThrow(/opcount\/lib/);
});

test('a source that is no Python: its line, and no way through ours', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'opcount-source-')), 'net.py');
  writeFileSync(path, 'import torch\ndef f(:\n    pass\n');
  const failed = read(path);
  await expect(failed).rejects.toMatchObject({ code: 'malformed', at: { file: 'net.py', line: 2 } });
  await expect(failed).rejects.toThrow(/^net\.py:2: SyntaxError: invalid syntax\n {2}File "[^"]*net\.py", line 2\n/);
  rmSync(dirname(path), { recursive: true });
});

test('a branch on data says where, and what to do', async () => {
  await expect(open('wrong.py:Branch', [[1, 3]])).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('a branch on a tensor'),
    at: { file: 'wrong.py', line: 16 },
    hint: expect.stringContaining('pass what the line asks for'),
  });
});

test('an endless loop ends at the limit', async () => {
  await expect(open('wrong.py:Forever', [[1, 3]], { seconds: 0.5 })).rejects.toMatchObject({
    code: 'limit',
    at: { file: 'wrong.py' },
  });
});

test('what does not lead to a model is told with what there is', async () => {
  await expect(open('wrong.py', [[1, 3]])).rejects.toMatchObject({ hint: expect.stringContaining('wrong.py:Branch') });
  await expect(open('wrong.py:Needs', [[1, 3]])).rejects.toMatchObject({ hint: 'write wrong.py:Needs(width=…)' });
  await expect(open('wrong.py:Absent', [[1, 3]])).rejects.toMatchObject({ code: 'argument' });
  await expect(open('cnn.py:Net', undefined)).rejects.toMatchObject({ hint: expect.stringContaining('--input') });
  await expect(open('cnn.py:Net', [[1, 3, 64, 64]], { paths: ['/no/such/folder'] })).rejects.toMatchObject({
    code: 'argument',
  });
});

test('a program has no processes, no connections, no objects of the host, and reads its folders alone', async () => {
  const ledger = await open('wrong.py:Escape', [[1, 3]]);
  expect(ledger.outputs).toHaveLength(1);
});

test('sizes left free stay formulas', async () => {
  const ledger = await open('cnn.py:Net', [['batch', 3, 64, 64]]);
  const fixed = totalsOf(await open('cnn.py:Net', [[3, 3, 64, 64]])).macs;
  expect(
    String(
      totalsOf(await read(`${fixture('cnn.py')}:Net`, { inputs: [['batch', 3, 64, 64]], bind: { batch: 3 } })).macs,
    ),
  ).toBe(String(fixed));
  expect(ledger.outputs[0]?.value.type?.shape[0]).not.toBe(1);
});

test('rows that data picks: counts are formulas in their number, branches on it are assumptions that are told', async () => {
  const ledger = await open('picked.py:Detector', [[1, 3, 8, 8]]);
  const { macs } = totalsOf(ledger);
  expect(String(macs)).toMatch(/^32\*min\(50, nonzero_\d+\) \+ 192$/);
  expect(ledger.constraints).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'at-least', least: 1 }),
      expect.objectContaining({ kind: 'at-least', value: 4000 }),
    ]),
  );
  const told = ledger.notes.map((n) => `${n.code}: ${n.message}`);
  expect(told).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^assumed: the branch at picked\.py, line 18 is taken where nonzero_\d+ != 0$/),
      expect.stringMatching(/^not-counted: counted up to picked\.py, line 25, /),
    ]),
  );
  expect(ledger.entries.at(-1)?.result).toMatchObject({ kind: 'gap' });
});

test('what data decides before all layers have run, or how often they run, is refused', async () => {
  await expect(open('picked.py:Halting', [[2, 4]])).rejects.toMatchObject({ at: { file: 'picked.py', line: 37 } });
  await expect(open('picked.py:Unseen', [[2, 4]])).rejects.toMatchObject({ at: { file: 'picked.py', line: 51 } });
});

test('a package as its wheel has it; masks that mask nothing; experts over sorted choices', async () => {
  const python = { paths: [fixture('wheels')] };
  const masked = totalsOf(await open('packaged.py:Masked', [[5, 8]], python));
  expect(masked.macs).toBe(5 * 8 * 8);
  // 7 rows choose two of four experts each: 14 rows of 8 × 16, whoever has them.
  const sorted = totalsOf(await open('packaged.py:Sorted', [[7, 8]], python));
  expect(sorted.macs).toBe(7 * 8 * 4 + 14 * 8 * 16);
});
