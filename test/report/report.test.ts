import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse, sum } from '../../src/dim/index.js';
import { profile, report, toJson } from '../../src/index.js';
import * as nn from '../../src/torch/nn/index.js';

const image = { inputs: [[1, 3, 224, 224]] };

/** Reads JSON with integers beyond 2^53 as text, as no JSON reader of JavaScript does by itself. */
function readJson(text: string): Record<string, never> {
  return JSON.parse(text.replace(/(?<=[:[,]\s*)(-?\d{16,})(?=\s*[,\]}\n])/g, '"$1"'));
}

class Odd extends nn.Module {
  override forward(x: nn.Tensor): nn.Tensor {
    return nn.functional.relu(x);
  }
}
class Named extends nn.Module {
  constructor() {
    super();
    (this as Record<string, unknown>)['<b>|=1+1,"x"'] = new Odd();
  }
  override forward(x: nn.Tensor): nn.Tensor {
    return ((this as Record<string, unknown>)['<b>|=1+1,"x"'] as Odd)(x);
  }
}

describe('JSON', () => {
  test('has the schema of the interface, integers of any size, and rows that add up', async () => {
    const p = await profile('resnet50', { ...image, inputs: [[1n << 40n, 3, 224, 224]], conventions: ['thop'] });
    const text = report(p, 'json');
    expect(text).toContain(`"macs": ${4089184256n << 40n}`);
    const data = readJson(text) as unknown as {
      readonly totals: Readonly<Record<string, string>>;
      readonly layers: readonly Readonly<Record<string, string>>[];
      readonly conventions: Readonly<Record<string, { readonly units: unknown }>>;
    };
    expect(Object.keys(data)).toEqual([
      'schema',
      'opcount',
      'model',
      'inputs',
      'outputs',
      'symbols',
      'totals',
      'peak',
      'coverage',
      'conventions',
      'layers',
      'modules',
      'notes',
    ]);
    for (const key of ['params', 'macs', 'flops', 'readBytes', 'writeBytes'])
      expect([key, data.layers.reduce((n, row) => n + BigInt(row[key] ?? 0), 0n)]).toEqual([
        key,
        BigInt(data.totals[key] ?? 0),
      ]);
    expect(Object.keys(data.conventions)).toEqual(['exact', 'thop']);
    expect(data.conventions['thop']?.units).toEqual({ macs: 'mac' });
  });

  test('formulas are text that dim/ parses back, and add up as well', async () => {
    const p = await profile('vit_b_16', { inputs: [['batch', 3, 224, 224]] });
    expect(typeof p.totals.macs).toBe('string');
    expect(String(sum(p.layers.map((row) => parse(String(row.macs)))))).toBe(p.totals.macs);
    expect(p.symbols).toEqual({ batch: null });
    expect(toJson(p)).toContain('"macs": "17563828224*batch"');
  });

  test('the profile gives a convention’s own counts under their unit', async () => {
    const p = await profile('resnet50', { ...image, convention: 'torchstat' });
    expect([p.macs, p.flops, p.params]).toEqual([4118537216n, 8219637272n, 25557032n]);
    expect(JSON.parse(toJson(p))).not.toHaveProperty('macs');
  });
});

describe('text', () => {
  test('names from files are text in every format', async () => {
    const p = await profile(new Named(), { inputs: [[1, 4]] });
    expect(report(p, 'html')).toContain('&lt;b&gt;|=1+1,&quot;x&quot;');
    expect(report(p, 'html')).not.toContain('<b>');
    const md = report(p, 'md')
      .split('\n')
      .filter((line) => line.includes('=1+1'));
    expect(md.length).toBeGreaterThan(0);
    for (const line of md) expect(line).toContain('&lt;b&gt;\\|=1+1');
    expect(report(p, 'csv')).toContain('"<b>|=1+1,""x"""');
  });

  test('a cell that begins like a formula is not a formula in CSV', async () => {
    class Sheet extends nn.Module {
      constructor() {
        super();
        (this as Record<string, unknown>)['=SUM(A1)'] = new Odd();
      }
      override forward(x: nn.Tensor): nn.Tensor {
        return ((this as Record<string, unknown>)['=SUM(A1)'] as Odd)(x);
      }
    }
    expect(report(await profile(new Sheet(), { inputs: [[1, 4]] }), 'csv')).toContain("'=SUM(A1)");
  });

  test('CSV has all digits, and its columns add up', async () => {
    const p = await profile('resnet18', { ...image, conventions: ['thop'] });
    const [head = '', ...lines] = report(p, 'csv').trim().split('\r\n');
    const at = head.split(',').indexOf('macs');
    expect(head).toContain('thop.macs');
    expect(lines.reduce((n, line) => n + BigInt(line.split(',')[at] ?? 0), 0n)).toBe(p.totals.macs);
  });

  test('identical siblings are one line', async () => {
    const text = report(await profile('vit_b_16', image), 'tree', { depth: 3 });
    expect(text).toContain('encoder_layer_0 … encoder_layer_11 (×12)');
  });

  test('sort and top choose rows; columns choose columns', async () => {
    const p = await profile('resnet18', image);
    const text = report(p, 'table', { top: 2, sort: 'params', columns: ['path', 'params'] });
    expect(text.split('\n').filter((l) => /^layer4/.test(l))).toHaveLength(2);
    expect(text).toContain('more rows');
    expect(() => report(p, 'table', { columns: ['nope'] })).toThrow(/no column "nope"/);
  });

  test('what was not counted is said first, in every format for people', async () => {
    class Free extends nn.Module {
      override forward(x: nn.Tensor): nn.Tensor {
        return nn.functional.adaptive_avg_pool2d(x, [3, 3]);
      }
    }
    const p = await profile(new Free(), { inputs: [[1, 3, 'h', 'w']] });
    expect(p.coverage.unknown).toHaveLength(0);
    expect(String(p.flops)).toContain('h');
  });
});

test('a profile is plain data: it is cloned, spread and stringified, and its JSON is the report', async () => {
  const p = await profile('resnet50', { ...image, conventions: ['thop'] });
  expect({ ...p }).toMatchObject({ macs: 4089184256n, params: 25557032n });
  expect(structuredClone(p).macs).toBe(4089184256n);
  // What is made when it is looked at is there in copies, in a frozen one too, and on the console.
  expect(structuredClone(p)).toEqual({ ...p });
  expect(Object.freeze({ ...p }).layers).toHaveLength(143);
  const late = Object.freeze(await profile('resnet50', image));
  expect(inspect(late, { depth: 1 })).toContain("name: ''");
  expect(late.layers).toBe(late.layers);
  expect(late.layers[0]?.path).toBe('conv1');
  expect(JSON.parse(JSON.stringify(p))).toEqual(JSON.parse(report(p, 'json')));
  const large = await profile('resnet50', { ...image, inputs: [[1n << 40n, 3, 224, 224]] });
  expect(JSON.stringify(large)).toMatch(new RegExp(`"macs":"?${4089184256n << 40n}"?[,}]`));
});

test('lines that a tool prints of its own models', async () => {
  const p = await profile('yolov5n');
  expect(p.printed?.map(({ by, version }) => [by, version])).toEqual([
    ['YOLOv5', 'v7.0'],
    ['YOLOv5', 'master'],
  ]);
  expect(p.printed?.[0]?.line).toBe('YOLOv5n summary: 214 layers, 1872157 parameters, 1872157 gradients, 4.6 GFLOPs');
  expect(report(p, 'tree')).toMatch(
    /As YOLOv5 prints it\n {2}v7\.0 {4}YOLOv5n summary: 214 layers.*\n {2}master {2}YOLOv5n.*\n {2}GFLOPs: 2 × the MACs of thop/,
  );
});
