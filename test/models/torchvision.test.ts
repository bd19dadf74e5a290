import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { conventionOf, torchstatTable } from '../../src/conventions/index.js';
import { cleverFormat } from '../../src/conventions/thop/clever-format.js';
import { statTable } from '../../src/conventions/torchstat/printed-table.js';
import { totalsOf } from '../../src/ledger/index.js';
import { builtin } from '../../src/models/by-name.js';
import { BUILTIN } from '../../src/models/registry.js';
import { readModule } from '../../src/torch/nn/index.js';

type TableRow = readonly [string, string, string, number, number, number, number, number, number];
interface Golden {
  readonly input: readonly (readonly number[])[];
  readonly exact: {
    readonly macs: number;
    readonly params: number;
    readonly trainable: number;
    readonly buffers: number;
  };
  readonly thop: {
    readonly macs: number;
    readonly params: number;
    readonly clever: readonly string[];
    readonly per_module: Readonly<Record<string, number>>;
    readonly per_module_params: Readonly<Record<string, number>>;
  };
  readonly torchstat:
    | { readonly error: string }
    | {
        readonly error?: undefined;
        readonly flops: number;
        readonly madd: number;
        readonly params: number;
        readonly total_memory_MB: number;
        readonly total_mem_read_B: number;
        readonly total_mem_write_B: number;
        readonly printed: readonly string[];
        readonly table?: readonly TableRow[];
      };
}

const folder = join(import.meta.dirname, '../fixtures/oracle');
const goldens: Readonly<Record<string, Golden>> = JSON.parse(readFileSync(join(folder, 'torchvision.json'), 'utf8'));
const cells = { exact: 0, thop: 0, torchstat: 0 };

test('all eighty classifiers are built in', () => {
  const names = Object.keys(goldens).map((name) => name.replace('torchvision/', ''));
  expect(names).toHaveLength(80);
  expect(names.filter((name) => !BUILTIN.has(name))).toEqual([]);
});

describe.each(Object.entries(goldens))('%s', (full, golden) => {
  const name = full.replace('torchvision/', '');
  const traced = async () => {
    const model = builtin(name);
    expect(model.inputs).toEqual(golden.input);
    return readModule(
      (await model.load())(),
      golden.input.map((shape) => ({ shape })),
      { name },
    );
  };

  test('exact, thop and torchstat print what they printed', async () => {
    const ledger = await traced();

    const totals = totalsOf(ledger);
    expect({
      macs: totals.macs,
      params: totals.params,
      trainable: totals.trainableParams,
      buffers: totals.bufferElements,
    }).toEqual(golden.exact);
    cells.exact += 4;

    const thop = conventionOf('thop').run(ledger);
    expect({ macs: thop.counts['macs'], params: thop.params }).toEqual({
      macs: golden.thop.macs,
      params: golden.thop.params,
    });
    expect(cleverFormat([golden.thop.macs, golden.thop.params], '%.3f')).toEqual(golden.thop.clever);
    const layers = thop.layers ?? new Map<string, Record<string, unknown>>();
    const own = Object.keys(golden.thop.per_module).map((path) => [path, layers.get(path)?.['macs'] ?? 0]);
    expect(Object.fromEntries(own)).toEqual(golden.thop.per_module);
    cells.thop += 4 + own.length;

    const { torchstat } = golden;
    const found = conventionOf('torchstat').run(ledger);
    if (torchstat.error !== undefined) {
      expect(found.counts).toEqual({});
      expect(found.notes.map((n) => n.code)).toContain('tool-fails');
      expect(() => statTable(torchstatTable(ledger))).toThrow(/torchstat/);
      cells.torchstat += 1;
      return;
    }
    const { memory_MB: memory, ...counts } = found.counts;
    // torchstat adds these in float32, in an order that is not always its rows’; what it prints has two digits, compared below.
    expect(Math.abs(Number(memory) - torchstat.total_memory_MB)).toBeLessThan(torchstat.total_memory_MB * 2 ** -19);
    expect({ ...counts, params: found.params }).toEqual({
      flops: torchstat.flops,
      madd: torchstat.madd,
      mem_read_B: torchstat.total_mem_read_B,
      mem_write_B: torchstat.total_mem_write_B,
      params: torchstat.params,
    });
    expect(
      statTable(torchstatTable(ledger))
        .trimEnd()
        .split('\n')
        .filter((l) => /^Total /.test(l)),
    ).toEqual(torchstat.printed);
    cells.torchstat += 11;
    if (torchstat.table === undefined) return;
    const rows = torchstatTable(ledger).rows.map(
      (r): TableRow => [
        r.path,
        r.input.join('x'),
        r.output.join('x'),
        Number(r.params),
        (4 * Number(r.outputElements)) / 2 ** 20,
        Number(r.madd),
        Number(r.flops),
        Number(r.memRead),
        Number(r.memWrite),
      ],
    );
    expect(rows).toEqual(torchstat.table);
    cells.torchstat += rows.length * 9;
  });
});

test.each(['alexnet', 'mobilenet_v2', 'resnet18', 'resnet50', 'vgg16'])(
  'stat() prints torchstat’s screen for %s',
  async (name) => {
    const ledger = readModule((await builtin(name).load())(), [{ shape: [1, 3, 224, 224] }]);
    expect(statTable(torchstatTable(ledger)).trimEnd()).toBe(
      readFileSync(join(folder, `torchstat-${name}.txt`), 'utf8').trimEnd(),
    );
  },
);

afterAll(() => {
  console.log(
    `# torchvision, equal to the unit: ${Object.entries(cells)
      .map(([id, n]) => `${id} ${n} cells`)
      .join(', ')}`,
  );
});
