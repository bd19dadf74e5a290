import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rangeOf } from '../../src/cli/ranges.js';
import { type Served, serve } from '../../src/cli/serve.js';

const scratch = mkdtempSync(join(tmpdir(), 'opcount-serve-'));
const SCRIPT = 'let x = 1;\n'.repeat(2000);
let served: Served;
let path = '';

beforeAll(async () => {
  mkdirSync(join(scratch, 'page'));
  mkdirSync(join(scratch, 'models'));
  writeFileSync(join(scratch, 'page/index.html'), '<!doctype html><title>t</title>');
  writeFileSync(join(scratch, 'page/main.js'), SCRIPT);
  writeFileSync(join(scratch, 'models/m.onnx'), '0123456789');
  writeFileSync(join(scratch, 'models/beside.html'), '<script>alert(1)</script>');
  writeFileSync(join(scratch, 'secret'), 'secret');
  symlinkSync(join(scratch, 'secret'), join(scratch, 'models/link.bin'));
  symlinkSync(join(scratch, 'models/loop'), join(scratch, 'models/loop'));
  served = await serve(join(scratch, 'page'), join(scratch, 'models/m.onnx'));
  path = new URL(served.model as string).pathname;
});
afterAll(() => {
  served.close();
  rmSync(scratch, { recursive: true });
});

/** What comes back for bytes as they are, up to the server's end; empty where it closes without a word. */
function raw(text: string, ends = false): Promise<string> {
  return new Promise((done) => {
    const parts: Buffer[] = [];
    const socket = connect(served.port, '127.0.0.1', () => {
      if (ends) socket.end(text, 'latin1');
      else socket.write(text, 'latin1');
    });
    socket.on('data', (data) => parts.push(data));
    socket.on('error', () => {});
    socket.on('close', () => done(Buffer.concat(parts).toString('latin1')));
  });
}
const get = (target: string, ...headers: string[]): Promise<string> =>
  raw(
    [`GET ${target} HTTP/1.1`, `Host: 127.0.0.1:${served.port}`, 'Connection: close', ...headers, '', ''].join('\r\n'),
  );
const status = (text: string): number | null => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? Number.NaN) || null;

describe('no request ends the server', () => {
  const host = (): string => `Host: 127.0.0.1:${served.port}\r\n`;
  test.each([
    ['two slashes', () => get('//'), 400],
    ['three slashes', () => get('///etc/passwd'), 400],
    ['a broken escape', () => get('/%'), 400],
    ['half of a character', () => get('/%E0%A4%A'), 400],
    ['a NUL', () => get('/%00'), 404],
    ['out of the folder', () => get('/../secret'), 404],
    ['out of the folder, escaped', () => get('/%2e%2e%2fsecret'), 404],
    ['out of the folder, backwards', () => get('/..%5Csecret'), 404],
    ['an absolute address', () => get('http://evil.example/'), 400],
    ['an address of nothing', () => get('http://'), 400],
    ['an asterisk', () => raw(`OPTIONS * HTTP/1.1\r\n${host()}Connection: close\r\n\r\n`), 405],
    ['a name too long', () => get(`/${'a'.repeat(5000)}`), 404],
    ['a prototype', () => get('/__proto__/x'), 404],
    ['a constructor', () => get('/constructor/x'), 404],
    ['a header too long', () => get('/', `x: ${'a'.repeat(100_000)}`), null],
    ['a tunnel', () => raw(`CONNECT evil.example:443 HTTP/1.1\r\n${host()}\r\n`), 400],
    ['an upgrade', () => get('/', 'Connection: upgrade', 'Upgrade: websocket'), null],
    [
      'an upgrade alone',
      () => raw(`GET / HTTP/1.1\r\n${host()}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`),
      400,
    ],
    ['HTTP/0.9', () => raw('GET /\r\n', true), 400],
    ['garbage', () => raw('\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n'), 400],
    ['two lengths', () => raw(`POST / HTTP/1.1\r\n${host()}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`), 400],
    ['a broken chunk', () => raw(`POST / HTTP/1.1\r\n${host()}Transfer-Encoding: chunked\r\n\r\nzz\r\n`), null],
    ['half a request', () => raw('GET / HT', true), null],
    ['a method', () => raw(`DELETE / HTTP/1.1\r\n${host()}Connection: close\r\n\r\n`), 405],
    ['no host', () => raw('GET / HTTP/1.0\r\n\r\n'), 403],
    ['no host, in HTTP/1.1', () => raw('GET / HTTP/1.1\r\nConnection: close\r\n\r\n'), 403],
    ['an expectation', () => get('/', 'Expect: tea'), 400],
    ['another host', () => raw('GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'), 403],
    ['another port', () => raw('GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nConnection: close\r\n\r\n'), 403],
    ['the page of another origin', () => get('/main.js', 'Origin: https://evil.example'), 403],
    ['a page without an origin', () => get(path, 'Origin: null'), 403],
    ['another port’s page', () => get(path, 'Origin: http://127.0.0.1:1'), 403],
    ['its own page', () => get('/main.js', `Origin: http://127.0.0.1:${served.port}`), 200],
    ['a file as a folder', () => get('/main.js/'), 404],
    ['another site', () => get('/main.js', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors'), 403],
    [
      'a frame',
      () => get('/', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe'),
      403,
    ],
    [
      'a link',
      () => get('/', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'),
      200,
    ],
    ['a link out of the model’s folder', () => get(path.replace('m.onnx', 'link.bin')), 404],
    ['links in a circle', () => get(path.replace('m.onnx', 'loop')), 404],
    ['a folder', () => get(path.replace('m.onnx', '')), 404],
  ] as const)('%s', async (_, ask, expected) => {
    const text = await ask();
    if (expected !== null) expect(status(text)).toBe(expected);
    expect(text).not.toContain('secret');
    if (text !== '') expect(text).toMatch(/content-security-policy: [^\r]*frame-ancestors 'none'/i);
    expect(status(await get('/'))).toBe(200);
  });

  test('ranges of every kind', async () => {
    for (const range of ['bytes=0-', 'bytes=-3', 'bytes=2-4', 'bytes=9-99', 'bytes=10-', 'bytes=-0', 'bytes=5-2'])
      expect(status(await get(path, `Range: ${range}`)), range).toBeGreaterThanOrEqual(200);
    for (const range of ['bytes=', 'bytes=a-b', 'bytes=1-2,4-5', 'items=0-1', 'bytes=99999999999999999999999-', 'x'])
      expect(status(await get(path, `Range: ${range}`)), range).toBe(200);
    expect(await get(path, 'Range: bytes=-3')).toMatch(/206[\s\S]*content-range: bytes 7-9\/10[\s\S]*789$/i);
  });
});

test('every answer has a policy, is not guessed at, and cannot be framed; a model’s folder is bytes', async () => {
  for (const target of ['/', '/main.js', '/nothing', '//', path, path.replace('m.onnx', 'beside.html')]) {
    const text = await get(target);
    expect(text, target).toMatch(/content-security-policy: [^\r]*frame-ancestors 'none'/i);
    expect(text, target).toMatch(/x-content-type-options: nosniff/i);
  }
  for (const name of ['m.onnx', 'beside.html'])
    expect(await get(path.replace('m.onnx', name))).toMatch(/content-type: application\/octet-stream/i);
  expect(await get(path.replace('m.onnx', 'beside.html'))).toMatch(
    /content-security-policy: default-src 'none'; sandbox/i,
  );
});

test('static files are sent packed to who takes that, and not again to who has them', async () => {
  const packed = await get('/main.js', 'Accept-Encoding: gzip, br');
  expect(packed).toMatch(/content-encoding: gzip/i);
  const body = Buffer.from(packed.slice(packed.indexOf('\r\n\r\n') + 4), 'latin1');
  expect(gunzipSync(body).toString()).toBe(SCRIPT);
  expect(body.length).toBeLessThan(SCRIPT.length / 20);
  for (const accepted of ['identity', 'gzip;q=0'])
    expect(await get('/main.js', `Accept-Encoding: ${accepted}`)).not.toMatch(/content-encoding/i);
  expect(await get(path, 'Accept-Encoding: gzip')).not.toMatch(/content-encoding/i);
  const etag = /etag: ("[^"]+")/i.exec(packed)?.[1];
  expect(status(await get('/main.js', `If-None-Match: ${etag}`))).toBe(304);
});

test('what a Range header asks for', () => {
  expect(rangeOf(undefined, 10)).toBeNull();
  expect(rangeOf('bytes=0-0', 10)).toEqual({ start: 0, end: 1 });
  expect(rangeOf('bytes=3-', 10)).toEqual({ start: 3, end: 10 });
  expect(rangeOf('bytes=-99', 10)).toEqual({ start: 0, end: 10 });
  expect(rangeOf('bytes=10-', 10)).toBe('beyond');
  expect(rangeOf('bytes=-0', 10)).toBe('beyond');
  expect(rangeOf('bytes=5-2', 10)).toBeNull();
  expect(rangeOf('bytes=-1', 0)).toBe('beyond');
});
