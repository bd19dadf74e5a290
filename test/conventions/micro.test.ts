import { describe, expect, test } from 'vitest';
import { conventionOf } from '../../src/conventions/index.js';
import { numel } from '../../src/tensor/index.js';
import { fromName, MICRO } from '../models/micro.js';
import { ledgerOf, oracle } from './oracle.js';

const rows = { ...oracle('micro.json'), ...oracle('nn.json') };
const cases = Object.entries(rows).map(([name, row]) => {
  const [group, short] = name.split('/') as [string, string];
  return { name, row, is: group === 'micro' ? MICRO[short] : (fromName(short) ?? undefined) };
});
const expressible = cases.filter((c) => c.is !== undefined);

// Contractions by opcount's definition that the oracle's operator counter does not see.
const SPELLED_OTHERWISE = new Set(['micro/Bilinear_16_8_4']);

test('every case is expressed but those known not to be', () => {
  expect(cases.filter((c) => c.is === undefined).map((c) => c.name)).toEqual(['micro/fn_fft']);
});

describe.each(expressible)('$name', ({ name, row, is }) => {
  const ledger = ledgerOf(is!.model(), row, is!.dtype);

  test.runIf(row.exact !== undefined && !SPELLED_OTHERWISE.has(name))('exact', () => {
    const result = conventionOf('exact').run(ledger);
    const of = (kind: string) =>
      ledger.weights.filter((w) => w.kind === kind).reduce((n, w) => n + Number(numel(w.shape)), 0);
    expect({ macs: result.counts['macs'], params: result.params, buffers: of('buffer') }).toEqual({
      macs: row.exact!.macs,
      params: row.exact!.params,
      buffers: row.exact!.buffers,
    });
    const trainable = ledger.weights.filter((w) => w.trainable).reduce((n, w) => n + Number(numel(w.shape)), 0);
    expect(trainable).toBe(row.exact!.trainable);
  });

  test.runIf(row.thop !== undefined)('thop', () => {
    const result = conventionOf('thop').run(ledger);
    expect({ macs: result.counts['macs'], params: result.params }).toEqual({
      macs: row.thop!.macs,
      params: row.thop!.params,
    });
    for (const [path, macs] of Object.entries(row.thop!.per_module))
      expect([path, result.layers?.get(path)?.['macs'] ?? 0]).toEqual([path, macs]);
  });

  test.runIf(row.torchstat !== undefined)('torchstat', () => {
    const result = conventionOf('torchstat').run(ledger);
    const t = row.torchstat!;
    if (t.error !== undefined) {
      expect(result.counts).toEqual({});
      expect(result.notes.map((n) => n.code)).toContain('tool-fails');
      return;
    }
    expect({ ...result.counts, params: result.params }).toEqual({
      flops: t['flops'],
      madd: t['madd'],
      memory_MB: t['total_memory_MB'],
      mem_read_B: t['total_mem_read_B'],
      mem_write_B: t['total_mem_write_B'],
      params: t['params'],
    });
  });
});
