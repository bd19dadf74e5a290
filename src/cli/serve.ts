import { randomBytes } from 'node:crypto';
import { createReadStream, readFileSync, realpathSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import type { Duplex } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { isBeside } from '../source/node/file.js';
import { type Range, rangeOf } from './ranges.js';

/** The page on loopback, with a model beside it. */
export interface Served {
  readonly port: number;
  /** The page's address, without a hash. */
  readonly url: string;
  /** Where the page finds the model; null if none was given. */
  readonly model: string | null;
  close(): void;
}

/** More folders by the first segment of their path. */
export type Mounts = Readonly<Record<string, string>>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
const BYTES = 'application/octet-stream';

/** What is sent packed: text, up to a size that is packed in no time. */
const PACKED = /^(text|image\/svg|application\/json)/;
const MAX_PACKED = 4 << 20;

/** Of the page and its workers: code of its own and WebAssembly, models from anywhere, and no frame of another page. */
export const PAGE_POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'sha256-W+SxLovYfIMlKZ8AC4w+DTD5vAazmfhcvAwG5uHnLYE='; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; " +
  "connect-src 'self' http: https: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'";
/** Of everything else, a stranger's files above all: nothing runs, nothing is loaded. */
const FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'";

/** Milliseconds for the head of a request, for all of it, for an answer of which nothing is taken, and between two looks. */
const HEAD_TIME = 5_000;
const REQUEST_TIME = 30_000;
const IDLE_TIME = 120_000;
const CHECK_EVERY = 1_000;
const MAX_CONNECTIONS = 200;

const HANG_UP = `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\nContent-Security-Policy: ${FILE_POLICY}\r\n\r\n`;

/** A file to send; `own`: of the page, not of the model's folder. */
interface Found {
  readonly file: string;
  readonly own: boolean;
}

/**
 * Serves a folder of static files, and a model file with what is in its folder, to this machine alone: on 127.0.0.1, only
 * to requests that name it so (a page elsewhere cannot reach it by another name) and that no other site's page makes, the
 * model under a path that cannot be guessed. No request can end it. Rejects where the port is not available.
 */
export async function serve(folder: string, model: string | null, port = 0, more: Mounts = {}): Promise<Served> {
  const token = randomBytes(18).toString('base64url');
  const mounts = new Map(Object.entries(more));
  const find = (path: string): Found | null => {
    if (model !== null && path.startsWith(`/${token}/`)) {
      const file = fileIn(dirname(resolve(model)), path.slice(token.length + 2), (f) => isBeside(f, resolve(model)));
      return file === null ? null : { file, own: false };
    }
    const whole = mounts.get(path.slice(1));
    if (whole !== undefined && isFile(whole)) return { file: whole, own: true };
    const [, first = '', rest] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
    const mount = mounts.get(first);
    const root = mount !== undefined && rest !== undefined ? mount : folder;
    const name = root === mount ? (rest as string) : path === '/' ? 'index.html' : path.slice(1);
    const file = fileIn(root, name, (f) => f.startsWith(realpathSync(root) + sep));
    return file === null ? null : { file, own: true };
  };
  const server = createServer(
    // A request without a host is refused here, as one with another is: Node's own answers have no policy.
    { maxHeaderSize: 1 << 14, connectionsCheckingInterval: CHECK_EVERY, requireHostHeader: false },
    (request, response) => {
      request.on('error', () => response.destroy());
      response.on('error', () => response.destroy());
      try {
        answer(request, response, own(), find);
      } catch {
        if (response.headersSent) response.destroy();
        else refuse(response, 400);
      }
    },
  );
  const own = (): number => (server.address() as AddressInfo).port;
  server.headersTimeout = HEAD_TIME;
  server.requestTimeout = REQUEST_TIME;
  server.timeout = IDLE_TIME;
  server.maxConnections = MAX_CONNECTIONS;
  // What is not a request that anybody here makes: broken ones, tunnels, other protocols, heads that do not end. The other
  // side need not close: the connection would count for good.
  const hangUp = (_: unknown, socket: Duplex): void => {
    if (socket.writable) socket.end(HANG_UP, () => socket.destroy());
    else socket.destroy();
  };
  server.on('clientError', hangUp);
  server.on('connect', hangUp);
  server.on('upgrade', hangUp);
  server.on('checkExpectation', (_, response: ServerResponse) => refuse(response, 400));
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  });
  server.on('error', () => {}); // a connection that could not be accepted is not a reason to stop
  const url = `http://127.0.0.1:${own()}/`;
  return {
    port: own(),
    url,
    model: model === null ? null : `${url}${token}/${encodeURIComponent(basename(resolve(model)))}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** A file of a folder by its path in a URL; null for anything that is not there, or, links followed, not allowed. */
function fileIn(folder: string, path: string, allowed: (real: string) => boolean): string | null {
  try {
    const name = decodeURIComponent(path);
    if (name.includes('\0') || name.endsWith('/') || name.split(/[/\\]/).includes('..')) return null;
    const real = realpathSync(join(folder, name));
    return allowed(real) && statSync(real).isFile() ? real : null;
  } catch {
    return null; // no such file, a name that no file can have, a broken escape
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
  find: (path: string) => Found | null,
): void {
  const [path = ''] = (request.url ?? '').split(/[?#]/);
  const status = wrongWith(request, path, port);
  const found = status === null ? find(path) : null;
  if (found !== null) send(request, response, found);
  else refuse(response, status ?? 404, status === 405 ? { allow: 'GET, HEAD' } : {});
}

/** The status that refuses a request; null for one to be answered. */
function wrongWith(request: IncomingMessage, path: string, port: number): number | null {
  const { host = '', origin } = request.headers;
  const own = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!own.includes(host) || !fromHere(request)) return 403;
  if (origin !== undefined && !own.some((name) => origin === `http://${name}`)) return 403;
  if (request.method !== 'GET' && request.method !== 'HEAD') return 405;
  return /^\/(?!\/)/.test(path) && isEncoded(path) ? null : 400;
}

/** Not asked for by the page of another site, which could otherwise learn what is here by whether it loads. */
function fromHere({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return true;
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'; // a link that somebody follows
}

function isEncoded(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

const ALWAYS = {
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
} as const;

function refuse(response: ServerResponse, status: number, more: Readonly<Record<string, string>> = {}): void {
  const text =
    { 400: 'not a request', 403: 'only for this machine', 404: 'not here', 405: 'only to be read' }[status] ?? '';
  response
    .writeHead(status, { ...ALWAYS, ...more, 'content-type': 'text/plain', 'content-security-policy': FILE_POLICY })
    .end(text);
}

function send(request: IncomingMessage, response: ServerResponse, { file, own }: Found): void {
  const { size, mtimeMs } = statSync(file);
  const type = own ? (TYPES[extname(file)] ?? BYTES) : BYTES;
  const etag = `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`;
  const headers: Record<string, string | number> = {
    ...ALWAYS,
    'content-type': type,
    'content-security-policy': own ? PAGE_POLICY : FILE_POLICY,
    'accept-ranges': 'bytes',
    etag,
  };
  const range = rangeOf(request.headers.range, size);
  if (range === null && request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  if (range === 'beyond') {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${size}` }).end();
    return;
  }
  if (range === null && PACKED.test(type) && size <= MAX_PACKED) {
    headers['vary'] = 'accept-encoding';
    if (/\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(String(request.headers['accept-encoding'] ?? ''))) {
      const packed = packedOf(file, etag);
      response.writeHead(200, { ...headers, 'content-encoding': 'gzip', 'content-length': packed.length });
      response.end(request.method === 'HEAD' ? undefined : packed);
      return;
    }
  }
  const part = range ?? { start: 0, end: size };
  response.writeHead(range === null ? 200 : 206, {
    ...headers,
    'content-length': part.end - part.start,
    ...(range === null ? {} : { 'content-range': `bytes ${part.start}-${part.end - 1}/${size}` }),
  });
  stream(request, response, file, part);
}

/** Static files, packed once. */
const packs = new Map<string, { readonly etag: string; readonly bytes: Buffer }>();

function packedOf(file: string, etag: string): Buffer {
  const known = packs.get(file);
  if (known?.etag === etag) return known.bytes;
  const bytes = gzipSync(readFileSync(file));
  packs.set(file, { etag, bytes });
  return bytes;
}

function stream(request: IncomingMessage, response: ServerResponse, file: string, { start, end }: Range): void {
  if (request.method === 'HEAD' || end === start) {
    response.end();
    return;
  }
  const stream = createReadStream(file, { start, end: end - 1 });
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}
