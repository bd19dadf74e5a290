import { afterEach, describe, expect, test, vi } from 'vitest';
import { formatNamed } from '../../src/cli/effects.js';
import { UsageError } from '../../src/cli/errors.js';
import type { ReportFlags } from '../../src/cli/options.js';
import { STREAMS } from '../../src/cli/output.js';
import { runProfile } from '../../src/cli/profile.js';
import { FORMATS, type Format } from '../../src/report/index.js';

afterEach(() => vi.restoreAllMocks());

/** What the verb writes to stdout; null where it refuses. */
async function printed(flags: Partial<ReportFlags>, model = 'resnet18'): Promise<string | null> {
  const parts: string[] = [];
  vi.spyOn(STREAMS, 'out').mockImplementation((text) => void parts.push(text));
  vi.spyOn(STREAMS, 'err').mockImplementation(() => {});
  try {
    await runProfile(model, { color: 'never', ...flags } as ReportFlags);
    return parts.join('');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expect(error.hint).toMatch(/\w/);
    return null;
  } finally {
    vi.restoreAllMocks();
  }
}

const OPTIONS: Readonly<Record<string, Partial<ReportFlags>>> = {
  '--by op': { by: 'op' },
  '--by type': { by: 'type' },
  '--by node': { by: 'node' },
  '--by line': { by: 'line' },
  '--depth 0': { depth: 0 },
  '--top 3': { top: 3 },
  '--sort params': { sort: 'params' },
  '--columns path,params': { columns: ['path', 'params'] },
  '--units raw': { units: 'raw' },
  '--as thop': { as: ['thop'] },
  '--inplace': { inplace: true },
  '--device t4': { device: ['t4'] },
  '--input 1x3x64x64': { input: ['1x3x64x64'] },
};

describe('no option is silently without effect: it changes what is printed, or is refused', () => {
  for (const format of FORMATS)
    test.each(Object.entries(OPTIONS))(`--format ${format} %s`, async (_, flags) => {
      const own = await printed({ format, ...flags });
      if (own !== null) expect(own).not.toBe(await printed({ format }));
    });

  test('a formula only where dimensions are free', async () => {
    for (const format of FORMATS) {
      const free = { format, input: ['batchx3x224x224'] };
      const own = await printed({ ...free, formula: true });
      if (own !== null) expect(own).not.toBe(await printed(free));
    }
  });

  test('serving figures in CSV: a row each, those of the screen, with the cache as it is kept', async () => {
    const flags = { by: 'serving', context: 128, tp: 2, kv: 'fp8', device: ['t4'] } as const;
    const rows = ((await printed(flags, 'llama-3.2-1b')) as string).split('\r\n').map((line) => line.split(','));
    const figure = (of: string, name: string): string | undefined => rows.find(([a, b]) => a === of && b === name)?.[2];
    expect(rows[0]).toEqual(['of', 'figure', 'value']);
    expect(figure('model', 'cacheBytesAtContext')).toBe(String(128 * 2 * 16 * 8 * 64));
    expect(figure('decode', 'macs')).toBe(String(1_235_814_400 - 33 * 2048 + 16 * 2 * 129 * 32 * 64));
    expect(Number(figure('tensor parallel', 'devices'))).toBe(2);
    expect(rows.some(([, b]) => b === 'tokensPerSecond')).toBe(true);
    for (const format of FORMATS) if (format !== 'csv') expect(await printed({ ...flags, format })).toBe(null);
    expect(await printed({ by: 'serving' })).toBe(null);
    expect(await printed({ by: 'serving', top: 3 }, 'llama-3.2-1b')).toBe(null);
  });

  test('causal attention that no attention is', async () => {
    await expect(printed({ causal: 'half' })).rejects.toMatchObject({ code: 'argument', hint: expect.any(String) });
  });
});

test('a table by stages: modules at a depth and what ends above it, each column summing to its total', async () => {
  const lines =
    (await printed({ format: 'csv', depth: 1, as: ['thop'] }))
      ?.trim()
      .split('\r\n')
      .map((l) => l.split(',')) ?? [];
  const [head = [], ...rows] = lines;
  expect(rows.map((row) => row[0])).toEqual([
    'conv1',
    'bn1',
    'relu',
    'maxpool',
    'layer1',
    'layer2',
    'layer3',
    'layer4',
    'avgpool',
    'flatten',
    'fc',
  ]);
  const total = (id: string): number => rows.reduce((n, row) => n + Number(row[head.indexOf(id)] || 0), 0);
  expect([total('macs'), total('params'), total('thop.macs')]).toEqual([1814073344, 11689512, 1824033792]);
});

test('--top is in the order of its key, whose column is shown', async () => {
  const text = (await printed({ top: 3, sort: 'memory' })) ?? '';
  expect(text).toMatch(/read +written/);
  const rows = ((await printed({ format: 'csv', top: 4, sort: 'params' })) ?? '').trim().split('\r\n').slice(1);
  const params = rows.map((row) => Number(row.split(',').at(-5)));
  expect(params).toEqual([...params].sort((a, b) => b - a));
  expect(params[0]).toBe(2359296);
});

test('a file’s name says its format', () => {
  const named: readonly (readonly [string, Format | undefined])[] = [
    ['x.csv', 'csv'],
    ['a/b.JSON', 'json'],
    ['x.md', 'md'],
    ['x.html', 'html'],
    ['x.tex', 'latex'],
    ['x.txt', undefined],
    ['x', undefined],
    ['constructor', undefined],
  ];
  for (const [file, format] of named) expect(formatNamed(file), file).toBe(format);
});

test('LaTeX: a booktabs table, names as text', async () => {
  const text = (await printed({ format: 'latex' })) ?? '';
  expect(text).toMatch(/\\begin\{tabular\}\{llrrr\}/);
  expect(text).toContain('  layer1 & Sequential & 147.968 k & 462.422 M & 25.5 \\% \\\\');
  expect(text).toContain('  total & ResNet & 11.690 M & 1.814 G & 100.0 \\% \\\\');
  expect(text).not.toMatch(/[×–≥…]/);
});
