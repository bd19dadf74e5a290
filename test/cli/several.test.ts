import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { UsageError } from '../../src/cli/errors.js';
import type { ReportFlags } from '../../src/cli/options.js';
import { STREAMS } from '../../src/cli/output.js';
import { runSeveral } from '../../src/cli/several.js';
import { FORMATS } from '../../src/report/index.js';
import { ROOT } from '../docs.js';

const scratch = mkdtempSync(join(tmpdir(), 'opcount-several-'));
afterAll(() => rmSync(scratch, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const FIXTURES = join(ROOT, 'test/fixtures');
const PAIR = ['resnet18', 'mobilenet_v2'];

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function said(models: readonly string[], flags: object = {}): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []];
  vi.spyOn(STREAMS, 'out').mockImplementation((text) => void out.push(text));
  vi.spyOn(STREAMS, 'err').mockImplementation((text) => void err.push(text));
  try {
    const code = await runSeveral(models, { color: 'never', ...flags } as ReportFlags);
    return { code, out: out.join(''), err: err.join('') };
  } finally {
    vi.restoreAllMocks();
  }
}

const csvOf = ({ out }: Said): string[][] =>
  out
    .trim()
    .split('\r\n')
    .map((line) => line.split(','));

describe('several models are a table', () => {
  test('a row each, with the numbers of their reports, whatever they are read from', async () => {
    const onnx = join(FIXTURES, 'onnx/resnet18.legacy17.onnx');
    const weights = join(FIXTURES, 'safetensors/tinycnn.safetensors');
    const rows = csvOf(await said([...PAIR, onnx, weights], { format: 'csv', columns: ['model', 'macs', 'params'] }));
    expect(rows).toEqual([
      ['model', 'macs', 'params'],
      ['resnet18', '1814073344', '11689512'],
      ['mobilenet_v2', '300774272', '3504872'],
      ['resnet18.legacy17.onnx', '1814073344', '11684712'],
      ['tinycnn.safetensors', '', '330'],
    ]);
  });

  test('one that cannot be read has a row that says why, and the exit code says so', async () => {
    const missing = join(scratch, 'missing.onnx');
    const { code, out, err } = await said(['resnet18', missing, 'alexnet'], { format: 'csv' });
    const rows = csvOf({ code, out, err });
    expect(code).toBe(4);
    expect(rows.map((row) => row[0])).toEqual(['model', 'resnet18', missing, 'alexnet']);
    expect(rows[2]?.at(-1)).toMatch(/no such file/);
    expect(rows[3]?.at(-1)).toBe('');
    expect(err).toContain('missing.onnx');
    expect((await said(['resnet18', 'mobilnet_v2'])).code).toBe(2);
    const { models } = JSON.parse((await said(['resnet18', missing], { format: 'json' })).out);
    expect(models[1]).toMatchObject({ given: missing, error: { message: expect.stringMatching(/no such file/) } });
  });

  test('what is wrong with the command is said once', async () => {
    await expect(said(PAIR, { as: ['fvcor'] })).rejects.toMatchObject({ hint: expect.stringContaining('fvcore') });
    await expect(said(PAIR, { columns: ['modl'] })).rejects.toMatchObject({ hint: expect.stringContaining('model') });
    await expect(said(['profil', 'resnet18'])).rejects.toMatchObject({
      hint: expect.stringContaining('opcount profile'),
    });
    await expect(said(['resnet18', 'resnet18'])).rejects.toThrow(/named twice/);
  });

  test('sorted, cut, with what tools print', async () => {
    const columns = ['model', 'thop.macs'];
    const rows = csvOf(
      await said([...PAIR, 'vgg11'], { format: 'csv', columns, as: ['thop'], sort: 'params', top: 2 }),
    );
    expect(rows.map((row) => row[0])).toEqual(['model', 'vgg11', 'resnet18']);
    expect(rows[2]).toEqual(['resnet18', '1824033792', '11689512']);
  });

  test('free dimensions are formulas, and a line says at what sizes ≈ is taken', async () => {
    const { out } = await said(PAIR, { input: ['batchx3x224x224'] });
    expect(out).toContain('1.814 G·batch');
    expect(out).toContain('Free in resnet18, mobilenet_v2: batch (bind with --bind batch=…)');
  });

  test('a file takes its format from its name', async () => {
    for (const [name, begins] of [
      ['t.tex', '% \\usepackage{booktabs}'],
      ['t.md', '| model |'],
      ['t.html', '<!doctype html>'],
      ['t.csv', 'model,format,'],
      ['t.json', '{\n  "schema": 1'],
    ] as const) {
      const output = join(scratch, name);
      expect(await said(PAIR, { output })).toMatchObject({ code: 0, out: '' });
      expect(readFileSync(output, 'utf8').startsWith(begins), name).toBe(true);
    }
  });

  test('names cannot break out of the table', async () => {
    const evil = join(scratch, 'a|<b>&\\input{x}.onnx');
    const html = (await said(['resnet18', evil], { format: 'html' })).out;
    expect(html).not.toContain('<b>');
    const tex = (await said(['resnet18', evil], { format: 'latex' })).out;
    expect(tex).not.toContain('\\input{');
    const md = (await said(['resnet18', evil], { format: 'md' })).out.split('\n');
    expect(md[3]?.match(/(?<!\\)\|/g)?.length).toBe(md[2]?.match(/(?<!\\)\|/g)?.length);
  });
});

const OPTIONS: Readonly<Record<string, object>> = {
  '--by op': { by: 'op' },
  '--depth 1': { depth: 1 },
  '--tp 2': { tp: 2 },
  '--training': { training: true },
  '--optimizer sgd': { optimizer: 'sgd' },
  '--batch 4': { batch: 4 },
  '--measured': { measured: 'x.json' },
  '--top 1': { top: 1 },
  '--sort memory': { sort: 'memory' },
  '--columns model,params': { columns: ['model', 'params'] },
  '--units raw': { units: 'raw' },
  '--as thop': { as: ['thop'] },
  '--inplace': { inplace: true },
  '--device t4': { device: ['t4'] },
  '--input 1x3x64x64': { input: ['1x3x64x64'] },
  '--color always': { color: 'always' },
};

describe('no option is silently without effect on several models', () => {
  for (const format of FORMATS)
    test.each(Object.entries(OPTIONS))(`--format ${format} %s`, async (_, flags) => {
      const models = ['resnet18', 'mobilenet_v2', 'vit_b_16'];
      const run = async (own: object): Promise<string | null> => {
        try {
          return (await said(models, { format, ...own })).out;
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
          expect(error.hint).toMatch(/\w/);
          return null;
        }
      };
      const changed = await run(flags);
      if (changed !== null) expect(changed).not.toBe(await run({}));
    });
});

test('sizes beyond the positions of a model are told where other notes are only counted', async () => {
  const { err } = await said(['gpt2', 'bert-base'], { bind: { sequence: '600', past: '0', batch: '1' } });
  expect(err).toContain('note bert-base: the model has positions for 512 tokens, not for 600');
  expect(err).not.toContain('note gpt2');
});
