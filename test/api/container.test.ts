import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { exact } from '../../src/conventions/exact.js';
import { read } from '../../src/index.js';
import type { Ledger } from '../../src/ledger/index.js';
import { isModelError } from '../../src/source/errors.js';
import { tarOf } from '../wire/tar-build.js';
import { zipOf } from '../wire/zip-build.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const CFG = encode('[net]\nwidth=8\nheight=8\nchannels=2\n[convolutional]\nfilters=4\nsize=1\n');
const README = encode('# A model');
const MACS = String(64 * 8);

const macs = async (bytes: Uint8Array): Promise<string> =>
  String(exact.run((await read(bytes as never)) as Ledger).counts['macs']);

describe('one model in a container', () => {
  const tar = tarOf({ 'net/README.md': README, 'net/net.cfg': CFG });
  test.each<[string, Uint8Array]>([
    ['gzip', gzipSync(CFG)],
    ['two gzip members', Buffer.concat([gzipSync(CFG.subarray(0, 20)), gzipSync(CFG.subarray(20))])],
    ['tar', tar],
    ['tar.gz', gzipSync(tar)],
    [
      'a zip, stored',
      zipOf([
        { name: 'README.md', data: README },
        { name: 'a/net.cfg', data: CFG },
      ]),
    ],
    ['a zip, compressed', zipOf([{ name: 'a/net.cfg', data: CFG, deflate: true }])],
    ['a zip in a zip', zipOf([{ name: 'in.zip', data: zipOf([{ name: 'net.cfg', data: CFG }]) }])],
  ])('%s', async (_, bytes) => {
    expect(await macs(bytes)).toBe(MACS);
  });

  test('from a Blob, whose bytes come later', async () => {
    expect(await macs(new Blob([gzipSync(tar)]) as never)).toBe(MACS);
  });
});

const refused = async (bytes: Uint8Array) => {
  const error = await read(bytes as never).catch((e) => e);
  expect(isModelError(error)).toBe(true);
  return error;
};

describe('what is refused', () => {
  test('several models are listed', async () => {
    for (const bytes of [
      tarOf({ 'a.cfg': CFG, 'b.cfg': CFG }),
      zipOf([
        { name: 'a.cfg', data: CFG },
        { name: 'b.cfg', data: CFG },
      ]),
    ]) {
      const { message, hint } = await refused(bytes);
      expect(message).toMatch(/holds 2 models/);
      expect(hint).toMatch(/a\.cfg, b\.cfg/);
    }
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['an archive without a model', tarOf({ 'README.md': README }), /without a model/],
    ['an empty zip', zipOf([]), /no format|without a model|zip/],
    ['a gzip file cut short', gzipSync(CFG).subarray(0, 30), /gzip|no format|empty|net/],
    ['a tar cut short', tarOf({ 'net.cfg': CFG }).subarray(0, 540), /tar/],
    ['a gzip file within gzip files', gzipSync(gzipSync(gzipSync(gzipSync(gzipSync(gzipSync(CFG)))))), /within/],
  ])('%s', async (_, bytes, message) => {
    expect((await refused(bytes)).message).toMatch(message);
  });

  test('a gzip file that unfolds without end', async () => {
    // 1 MB of zeros in a thousand bytes, forty times over.
    const member = gzipSync(new Uint8Array(1 << 20));
    const bomb = Buffer.concat(new Array<Uint8Array>(40).fill(member));
    expect((await refused(bomb)).code).toBe('limit');
  });

  test('what unfolds beyond the size of the file that was given, however it is packed', async () => {
    const long = encode(`${'# a comment, again and again\n'.repeat(200_000)}`);
    const zip = zipOf([{ name: 'net.cfg', data: Buffer.concat([CFG, long]), deflate: true }]);
    const tar = gzipSync(tarOf({ 'net.zip': zip }));
    for (const bytes of [gzipSync(Buffer.concat([CFG, long])), zip, gzipSync(zip), tar]) {
      const { code, hint } = await refused(bytes);
      expect([code, hint]).toEqual(['limit', expect.stringMatching(/Unpack it/)]);
    }
  });
});

describe('what no reader takes is named, with the way out', () => {
  const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
  test.each<[string, string, RegExp, RegExp]>([
    [
      'a pointer of Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:1\n',
      /Git LFS pointer/,
      /git lfs pull/,
    ],
    ['a web page', '  \n<!DocType html><html>', /web page/, /check the link/],
    ['an answer of a server', '{"message": "Not Found"}', /answer of a server/, /Not Found/],
    ['a TensorRT engine', 'ptrt\0\0\0\0', /TensorRT engine/, /ONNX/],
    ['RKNN', 'RKNN\0\0\0\0', /RKNN/, /made from/],
    ['a solver of Caffe', 'net: "a.prototxt"\nbase_lr: 0.1\n', /solver/, /`net:`/],
    ['MXNet', '{\n "nodes": [', /MXNet/, /ONNX/],
    ['an archive of another kind', '7z\xbc\xaf\x27\x1c', /7z archive/, /unpack it/],
  ])('%s', async (_, text, message, hint) => {
    const error = await refused(bytes(text));
    expect([error.message, error.hint]).toEqual([expect.stringMatching(message), expect.stringMatching(hint)]);
  });
});
