import { afterAll, beforeAll, expect, test } from 'vitest';
import { urlSource } from '../../src/source/node/http.js';
import { type Behaviour, type Loopback, serve } from './server.js';

const BYTES = Uint8Array.from({ length: 500_000 }, (_, i) => i % 251);
let server: Loopback;

beforeAll(async () => {
  server = await serve(new Map([['m.onnx', BYTES]]));
});

afterAll(() => server.close());

const open = (behaviour: Behaviour, timeout = 20_000) => urlSource(server.url(behaviour, 'm.onnx'), { timeout });
const sourceError = (status: number | null, message: RegExp) =>
  expect.objectContaining({
    kind: 'SourceError',
    status,
    message: expect.stringMatching(message),
    hint: expect.any(String),
  });

test('reads a part of a file, not the file', () => {
  const source = open('ranges');
  expect(source.read(300_000, 300_010)).toEqual(BYTES.slice(300_000, 300_010));
  expect(source.requests).toBe(2);
  expect(source.bytesRead).toBeLessThan(140_000);
});

test('a server that knows no ranges is asked once', () => {
  const source = open('whole');
  expect(source.read(300_000, 300_010)).toEqual(BYTES.slice(300_000, 300_010));
  source.read(0, 500_000);
  expect(source.requests).toBe(1);
  expect(source.bytesRead).toBe(500_000);
});

test('redirects are followed, and siblings looked for beside the first address', () => {
  expect(open('redirect').read(499_999, 500_000)).toEqual(BYTES.slice(-1));
});

test('a refusal tells its status and what to do', () => {
  expect(() => urlSource(server.url('ranges', 'absent.onnx'))).toThrow(sourceError(404, /answered 404/));
  expect(() => open('status-401')).toThrow(sourceError(401, /answered 401/));
  expect(() => open('status-500')).toThrow(sourceError(500, /answered 500/));
  expect(() => open('unsized')).toThrow(sourceError(206, /how long/));
});

test('a server that cuts off or changes its mind gives an error, not wrong bytes', () => {
  expect(() => open('short')).toThrow(sourceError(206, /how long|bytes/));
  expect(() => open('changing').read(300_000, 300_010)).toThrow(sourceError(206, /changed/));
});

test('a server that falls silent is given up', () => {
  expect(() => open('silent', 200)).toThrow(sourceError(null, /no answer within 0.2 s/));
  expect(() => open('stalls', 200)).toThrow(sourceError(null, /no answer within 0.2 s/));
  // The next request is served again.
  expect(open('ranges').size).toBe(500_000);
});

test('an unreachable or senseless address is named without its secrets', () => {
  const unreachable = 'http://user:secret@127.0.0.1:1/m.onnx?token=secret';
  expect(() => urlSource(unreachable)).toThrow(sourceError(null, /cannot reach http:\/\/127\.0\.0\.1:1\/m\.onnx: /));
  expect(() => urlSource('http://')).toThrow(sourceError(null, /not a valid address/));
});
