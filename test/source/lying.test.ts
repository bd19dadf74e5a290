import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withAsyncBytes } from '../../src/source/async.js';
import { Pace } from '../../src/source/http.js';
import { urlSource } from '../../src/source/node/http.js';
import { type Liar, lying } from './lying.js';

const GOOD = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
let server: Liar;
beforeAll(async () => {
  server = await lying(GOOD);
});
afterAll(() => server.close());

const open = (behaviour: string) => urlSource(server.url(behaviour), { timeout: 2000, patience: 500 });
const refused = (message: RegExp) =>
  expect.objectContaining({
    kind: 'SourceError',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/\w/),
  });

/** What must be said of each, by the synchronous source of Node; null: it works. */
const CASES: readonly (readonly [string, RegExp | null])[] = [
  ['good', null],
  ['to-good', null],
  ['to-file', /another kind of address \(file:\)/],
  ['to-data', /another kind of address \(data:\)/],
  ['to-script', /another kind of address \(javascript:\)/],
  ['to-nowhere', /another kind of address/],
  ['around', /redirects endlessly/],
  ['endless', /sends more than the 268435456 bytes/],
  ['endless-part', /sends more than the 65536 bytes/],
  ['huge', /sends more than the 536870912 bytes/],
  ['drip', /too slowly/],
  ['drip-part', /too slowly/],
  ['drip-head', /too slowly|no answer/],
  ['packed', /packed \(gzip\), which was not requested/],
  ['packed-part', /packed \(gzip\), which was not requested/],
  ['great-header', /header is larger/],
  ['no-http', /cannot reach/],
  ['cut', /connection was cut/],
];

describe('a server that lies, by a path or URL in Node', () => {
  test.each(CASES)('%s', (behaviour, message) => {
    if (message === null) expect(open(behaviour).read(10, 20)).toEqual(GOOD.slice(10, 20));
    else expect(() => open(behaviour)).toThrow(refused(message));
  });

  test('what comes after one that lied is served as ever', () => {
    expect(() => open('endless-part')).toThrow();
    expect(open('good').size).toBe(1000);
  });

  test('nothing is asked to be packed', () => {
    const source = open('asked');
    const headers = JSON.parse(new TextDecoder().decode(source.read(0, source.size)));
    expect(headers).toMatchObject({ 'accept-encoding': 'identity', range: 'bytes=0-65535' });
    expect(Object.keys(headers)).not.toContain('cookie');
  });
});

describe('the same by fetch', () => {
  const fetched = (behaviour: string) =>
    withAsyncBytes(server.url(behaviour), (source) => source.read(10, 20), { patience: 500 });

  test.each([
    ['good', null],
    ['to-good', null],
    ['to-file', /cannot reach/],
    ['to-data', /cannot reach/],
    ['around', /cannot reach/],
    ['endless', /sends more than the 268435456 bytes/],
    ['endless-part', /sends more than the 65536 bytes/],
    ['huge', /sends more than the 536870912 bytes|cannot reach/],
    ['drip', /too slowly/],
    ['drip-part', /too slowly/],
    ['packed-part', /packed \(gzip\)/],
    ['cut', /cannot reach/],
  ] as const)('%s', async (behaviour, message) => {
    if (message === null) expect(await fetched(behaviour)).toEqual(GOOD.slice(10, 20));
    else await expect(fetched(behaviour)).rejects.toEqual(refused(message));
  });
});

test('a server elsewhere does not lead to one of this network', () => {
  const near = [['127.0.0.2', 32]] as const; // the server itself is elsewhere then
  const follow = (to: string) => urlSource(server.url(`to?http://${to}`), { timeout: 2000, patience: 500, near });
  const { port } = new URL(server.url(''));
  expect(follow(`127.0.0.1:${port}/good`).size).toBe(GOOD.length);
  for (const to of [`127.0.0.2:${port}/good`, `[::ffff:127.0.0.2]:${port}/good`, `2130706434:${port}/good`])
    expect(() => follow(to), to).toThrow(refused(/own network/));
  const everywhere = [
    ['127.0.0.2', 32],
    ['::1', 128],
    ['127.0.0.1', 32],
  ] as const; // and from inside anything is reached
  expect(urlSource(server.url('to-good'), { timeout: 2000, patience: 500, near: everywhere }).size).toBe(GOOD.length);
});

test('patience is for all requests of a file together, and bytes earn more of it', () => {
  const pace = new Pace(1000);
  expect(pace.next().grant).toBe(1000);
  pace.spent(900, 0);
  expect(pace.next().grant).toBe(1000 + 2000 - 900);
  pace.spent(2100, 16_384);
  expect(pace.next().grant).toBe(1000 + 4000 + 1000 - 3000);
  pace.spent(10_000_000, 2 ** 40);
  expect(pace.next().grant).toBe(0);
});
