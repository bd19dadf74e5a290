import { describe, expect, test } from 'vitest';
import { darknetBflops } from '../../src/conventions/darknet.js';
import { darknet } from '../../src/formats/darknet/index.js';
import { isModelError } from '../../src/source/errors.js';
import { seen } from './layers.js';

const NET = '[net]\nwidth=32\nheight=32\nchannels=3\n';
const read = (sections: string, options = {}, net = NET) => seen(darknet, `${net}${sections}`, 'net.cfg', options);
const bflops = async (sections: string, net = NET): Promise<string> =>
  String(darknetBflops.run((await read(sections, {}, net)).ledger).counts['flops']);

const CONV = (more: string): string => `[convolutional]\nsize=3\nstride=1\npad=1\n${more}\n`;

describe('networks', () => {
  test('a detector in small: strides, a route of two layers, a shortcut, upsampling, a head', async () => {
    const cfg = [
      CONV('batch_normalize=1\nfilters=8\nactivation=leaky'), // 0: 8×32×32
      '[maxpool]\nsize=2\nstride=2', // 1: 8×16×16
      CONV('filters=8\nactivation=mish'), // 2: 8×16×16
      '[shortcut]\nfrom=-2\nactivation=linear', // 3
      '[upsample]\nstride=2', // 4: 8×32×32
      '[route]\nlayers=-1, 0 # both', // 5: 16×32×32
      CONV('filters=18\nactivation=linear').replace('size=3', 'size=1'), // 6
      '[yolo]\nmask=0,1,2\nclasses=1\nnum=3',
    ].join('\n');
    const { macs, params, outputs, gaps, ledger } = await read(cfg);
    expect(macs).toBe(String(1024 * 8 * 27 + 256 * 8 * 72 + 1024 * 18 * 16));
    expect(params).toBe(String(8 * 27 + 16 + 8 * 72 + 8 + 18 * 16 + 18));
    expect(outputs).toEqual(['1x18x32x32']);
    expect(gaps).toEqual([]);
    expect(ledger.root.module.children.map((c) => `${c.name} ${c.module.type}`).slice(0, 2)).toEqual([
      '0 convolutional',
      '1 maxpool',
    ]);
    // Twice the products, 4 an output of the pooling, one an element of the shortcut.
    const expected = 2 * (1024 * 8 * 27 + 256 * 8 * 72 + 1024 * 18 * 16) + 4 * 8 * 256 + 8 * 256;
    expect(String(darknetBflops.run(ledger).counts['flops'])).toBe(String(expected));
  });

  test.each([
    ['size=2\nstride=2', '16'],
    ['size=2\nstride=1', '32'], // padded by one in all
    ['size=3\nstride=2', '16'],
    ['size=5\nstride=1', '32'],
    ['size=2\nstride=2\npadding=0', '16'],
  ])('maxpool %j has %s positions', async (settings, expected) => {
    const { outputs } = await read(`[maxpool]\n${settings}`);
    expect(outputs).toEqual([`1x3x${expected}x${expected}`]);
  });

  test('a dilated window is as wide as its taps in the formula of the output', async () => {
    const { outputs } = await read(CONV('filters=4\ndilation=2'));
    expect(outputs).toEqual(['1x4x32x32']);
  });

  test('names of sections and numbers as C reads them', async () => {
    const { macs } = await read(
      '[conv]\nfilters=4 # four\nsize=1\n; note\n[conn]\noutput=10',
      {},
      '[network]\n width = 8\nheight=8\nchannels=2\n',
    );
    expect(macs).toBe(String(64 * 8 + 256 * 10));
  });

  test('one of several groups of channels', async () => {
    const { outputs } = await read(`${CONV('filters=8')}[route]\nlayers=-1\ngroups=2\ngroup_id=1`);
    expect(outputs).toEqual(['1x4x32x32']);
  });

  test('layers that share weights have them once', async () => {
    const { params, macs } = await read(CONV('filters=3') + CONV('filters=3\nshare_index=0'));
    expect(params).toBe(String(81 + 3));
    expect(macs).toBe(String(2 * 1024 * 81));
  });

  test('recurrent networks take all their steps', async () => {
    const net = '[net]\ninputs=10\ntime_steps=5\n';
    const { macs } = await read('[rnn]\nhidden=6\noutput=4\n[lstm]\noutput=8\n[gru]\noutput=8', {}, net);
    expect(macs).toBe(String(5 * (10 * 6 + 6 * 6 + 6 * 4 + 4 * 8 * (4 + 8) + 3 * 8 * 16)));
  });

  test('a convolution behind a matrix sees one position', async () => {
    const { macs, outputs } = await read(
      '[connected]\noutput=16\n[crnn]\nsize=1\nhidden=6\noutput=4',
      {},
      '[net]\ninputs=10\n',
    );
    expect([outputs, macs]).toEqual([['1x4x1x1'], String(160 + 16 * 6 + 6 * 6 + 6 * 4)]);
  });

  test('unshared weights, and single bits', async () => {
    const { params, macs } = await read('[local]\nfilters=2\nsize=1\nstride=1');
    expect([params, macs]).toEqual([String(1024 * 2 * 3 + 1024 * 2), String(1024 * 6)]);
    expect(await bflops(CONV('filters=32\nxnor=1'))).toBe(String((2 * 1024 * 32 * 27) / 32));
  });

  test('normalisation and activation work in place', async () => {
    const { ledger } = await read(CONV('batch_normalize=1\nfilters=8\nactivation=leaky'));
    const places = new Set(ledger.entries.map((e) => e.outputs[0]?.storage.id));
    expect([ledger.entries.length, places.size]).toEqual([3, 1]);
    expect(ledger.root.module.type).toBe('net');
  });

  test('another size', async () => {
    const { macs } = await read(CONV('filters=8'), { inputs: [{ shape: [1, 3, 64, 64] }] });
    expect(macs).toBe(String(4096 * 8 * 27));
  });
});

describe('what is refused', () => {
  test.each([
    ['a layer that reads a later one', '[route]\nlayers=3', 'malformed'],
    ['a route to nowhere', '[route]', 'malformed'],
    ['a line that is not a setting', '[convolutional]\nfilters 3', 'malformed'],
    ['no layers', '', 'malformed'],
  ])('%s', async (_, sections, code) => {
    await expect(read(sections)).rejects.toSatisfy((e) => isModelError(e) && e.code === code && e.hint !== '');
  });

  test('a section that Darknet does not have is a gap, and named', async () => {
    const { gaps } = await read('[magic]\nx=1');
    expect(gaps).toEqual(['magic: opcount has no formula for magic']);
  });
});
