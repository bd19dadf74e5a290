import { expect, test } from 'vitest';
import { profile, read } from '../../src/index.js';
import { bounds, deviceFromJson, deviceOf, loadDevices, timeBound, workOf } from '../../src/machine/index.js';
import * as nn from '../../src/torch/nn/index.js';

const devices = await loadDevices();

test('every device of the table has an id of its own, figures above zero and a source for each of them', () => {
  expect(new Set(devices.map((d) => d.id)).size).toBe(devices.length);
  expect(devices.length).toBeGreaterThanOrEqual(84);
  for (const device of devices) {
    const sourced = new Set(device.sources.flatMap(({ figures }) => figures.split(', ')));
    for (const [rate, n] of Object.entries(device.peak)) {
      expect(n, `${device.id} ${rate}`).toBeGreaterThan(0);
      expect(sourced, `${device.id} ${rate}`).toContain(rate);
    }
    if (device.bandwidth !== null) expect(sourced, device.id).toContain('bandwidth');
    if (device.memory !== null) expect(sourced, device.id).toContain('memory');
  }
});

test('dense and sparse are apart: no rate of a tensor core is the figure with sparsity', async () => {
  const h100 = devices.find((d) => d.id === 'h100-sxm');
  expect(h100?.peak.bf16).toBeCloseTo(989.4e12, -12);
  expect(h100?.sparse).toMatchObject({ factor: 2 });
  expect(h100?.sparse?.rates).toContain('bf16');
});

test('a linear layer: FLOPs over the peak, and weights, input and output once over the bandwidth', async () => {
  const ledger = await read(new nn.Linear(1000, 500), { inputs: [[4, 1000]] });
  const { device } = await deviceOf('box: 1T fp32, 100GB/s, 1GB');
  const flops = 2 * 4 * 1000 * 500 + 4 * 500;
  const bytes = 4 * (1000 * 500 + 500 + 4 * 1000 + 4 * 500);
  expect(workOf(ledger)).toEqual({ flops: new Map([['float32', flops]]), bytes });
  const [bound] = bounds(ledger, [{ device, as: null }]);
  expect(bound).toMatchObject({
    device: 'box',
    dtype: 'float32',
    by: 'memory',
    seconds: bytes / 100e9,
    computeSeconds: flops / 1e12,
    perSecond: 100e9 / bytes,
    memoryBytes: 4 * (1000 * 500 + 500) + 4 * (4 * 1000 + 4 * 500),
    fits: true,
  });
});

test('a look-up reads its rows, not the table', async () => {
  const ledger = await read(new nn.Embedding(1_000_000, 64), { inputs: [{ shape: [2, 3], dtype: 'int64' }] });
  // six rows read, six indices, six rows written
  expect(workOf(ledger)?.bytes).toBe(6 * 64 * 4 + 6 * 8 + 6 * 64 * 4 + 6 * 8);
});

test('another type: its rate, and floating-point tensors as wide as it', async () => {
  const ledger = await read(new nn.Linear(1000, 500), { inputs: [[4, 1000]] });
  const own = await deviceOf('h100-sxm');
  const half = await deviceOf('h100-sxm:bf16');
  const [a, b] = bounds(ledger, [own, half]);
  expect(b?.device).toBe('h100-sxm:bf16');
  expect(b?.bytes).toBe((a?.bytes ?? 0) / 2);
  expect((a?.computeSeconds ?? 0) / (b?.computeSeconds ?? 1)).toBeCloseTo(989.4 / 67, 2);
});

test('a bound takes the fastest way: token float16 units are passed by, the higher of two readings holds', async () => {
  const flops = new Map([['float16', 1e12]] as const);
  const old = await deviceOf('gtx-1080-ti');
  expect(timeBound({ flops, bytes: 0 }, old).computeSeconds).toBeCloseTo(1 / 11.34, 6);
  const b200 = await deviceOf('b200-hgx');
  expect(timeBound({ flops: new Map(), bytes: 8e12 }, b200)).toMatchObject({ seconds: 1, by: 'memory' });
});

test('types are computed side by side; what states neither rate nor bandwidth bounds nothing', () => {
  const device = deviceFromJson({ name: 'x', peak: { fp32: 1e12, int8: '4T' } });
  const work = {
    flops: new Map([
      ['float32', 1e12],
      ['int8', 8e12],
    ] as const),
    bytes: 1e9,
  };
  expect(timeBound(work, { device, as: null })).toEqual({
    seconds: 2,
    by: 'compute',
    computeSeconds: 2,
    memorySeconds: null,
  });
  const nothing = { ...device, peak: {} };
  expect(timeBound(work, { device: nothing, as: null })).toMatchObject({ seconds: null, by: null });
});

test('free dimensions leave the bound open, bound ones settle it; layers add up to the whole', async () => {
  const net = new nn.Sequential(new nn.Conv2d(3, 8, 3), new nn.ReLU(), new nn.Conv2d(8, 4, 3));
  const open = await profile(net, { inputs: [['batch', 3, 32, 32]], devices: ['t4'] });
  expect(open.bounds).toMatchObject([{ device: 't4', seconds: null, fits: null, unfused: null }]);
  const bound = await profile(net, { inputs: [['batch', 3, 32, 32]], bind: { batch: 2 }, devices: ['t4'] });
  const [t4] = bound.bounds ?? [];
  const sum = bound.layers.reduce((n, row) => n + (row.bounds?.['t4']?.seconds ?? Number.NaN), 0);
  expect(sum).toBeCloseTo(t4?.unfused?.seconds ?? 0, 12);
  expect(t4?.seconds).toBeLessThanOrEqual(t4?.unfused?.seconds ?? 0);
});

test('a device in words, as JSON, and what is wrong with either', async () => {
  expect((await deviceOf('name: 82.6T fp32, 330T fp16, 1008GB/s, 24GB')).device).toEqual({
    id: 'name',
    name: 'name',
    peak: { fp32: 82.6e12, fp16: 330e12 },
    bandwidth: 1008e9,
    memory: 24e9,
    sparse: null,
  });
  expect(deviceFromJson({ name: 'a', memory: '24GiB', bandwidth: 1e9, peak: { float32: 1 } })).toMatchObject({
    memory: 24 * 2 ** 30,
    peak: { fp32: 1 },
  });
  const wrong = [
    'nosuch',
    'h100-sxm:fp3',
    't4:bf16',
    'x: 5 apples',
    'x: 0T fp32',
    ': 1T fp32',
    'x: 24GB',
    'x: 1T __proto__',
    'constructor',
    'x: 1T fp32, 2T fp32',
    'x: 1T fp32, 8GB, 16GB',
  ];
  for (const text of wrong)
    await expect(deviceOf(text), text).rejects.toMatchObject({ code: 'argument', hint: expect.any(String) });
  const peak = { fp32: '1T' };
  const units = [
    { name: 'a', peak, memory: '24' },
    { name: 'a', peak, memory: '24GB/s' },
    { name: 'a', peak, bandwidth: '1008GB' },
    { name: 'a', peak: { fp32: '82.6TB' } },
  ];
  for (const value of [
    null,
    7,
    [],
    {},
    { name: 'a' },
    { name: 'a', peak: { fp99: 1 } },
    { name: 'a', bandwidth: -1 },
    ...units,
  ])
    expect(() => deviceFromJson(value), JSON.stringify(value)).toThrow(expect.objectContaining({ code: 'argument' }));
});
