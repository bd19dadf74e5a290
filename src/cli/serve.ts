import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync, realpathSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';

/** The page on loopback, with a model beside it. */
export interface Served {
  readonly port: number;
  /** The page's address, without a hash. */
  readonly url: string;
  /** Where the page finds the model; null where none was given. */
  readonly model: string | null;
  close(): void;
}

/** Further folders by the first segment of their path. */
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

/**
 * Serves a folder of static files, and a model file with what lies in its folder, to this machine alone: on 127.0.0.1, only
 * to requests that name it so (a page elsewhere cannot reach it by another name), the model under a path that cannot be
 * guessed. Rejects where the port cannot be had.
 */
export async function serve(folder: string, model: string | null, port = 0, more: Mounts = {}): Promise<Served> {
  const token = randomBytes(18).toString('base64url');
  const beside = model === null ? null : realpathSync(dirname(resolve(model)));
  const server = createServer((request, response) => {
    answer(request, response, server, (path) => {
      if (beside !== null && path.startsWith(`/${token}/`)) return inside(beside, path.slice(token.length + 2));
      const [, first = '', rest] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
      const mount = more[first];
      if (mount !== undefined && rest !== undefined) return inside(mount, rest);
      return inside(folder, path === '/' ? 'index.html' : path.slice(1));
    });
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  });
  const own = (server.address() as AddressInfo).port;
  const url = `http://127.0.0.1:${own}/`;
  return {
    port: own,
    url,
    model: model === null ? null : `${url}${token}/${encodeURIComponent(basename(resolve(model)))}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A file of a folder by its path in a URL; null for anything outside of it, links followed. */
function inside(folder: string, path: string): string | null {
  let name: string;
  try {
    name = decodeURIComponent(path);
  } catch {
    return null;
  }
  if (name.includes('\0') || name.split(/[/\\]/).includes('..')) return null;
  const full = join(folder, name);
  if (!existsSync(full)) return null;
  const real = realpathSync(full);
  return real.startsWith(realpathSync(folder) + sep) && statSync(real).isFile() ? real : null;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  server: Server,
  find: (path: string) => string | null,
): void {
  const { port } = server.address() as AddressInfo;
  const host = request.headers.host ?? '';
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) {
    response.writeHead(403).end('only for this machine');
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const file = find(new URL(request.url ?? '/', 'http://127.0.0.1').pathname);
  if (file === null) {
    response.writeHead(404).end('not here');
    return;
  }
  const { size, mtimeMs } = statSync(file);
  const headers: Record<string, string | number> = {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'accept-ranges': 'bytes',
    etag: `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
  };
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (range === null) {
    response.writeHead(200, { ...headers, 'content-length': size });
    send(request, response, file, 0, size);
    return;
  }
  const start = Number(range[1]);
  const end = range[2] === '' ? size : Math.min(size, Number(range[2]) + 1);
  if (start >= size || end <= start) {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${size}` }).end();
    return;
  }
  response.writeHead(206, {
    ...headers,
    'content-length': end - start,
    'content-range': `bytes ${start}-${end - 1}/${size}`,
  });
  send(request, response, file, start, end);
}

function send(request: IncomingMessage, response: ServerResponse, file: string, start: number, end: number): void {
  if (request.method === 'HEAD' || end === start) {
    response.end();
    return;
  }
  const stream = createReadStream(file, { start, end: end - 1 });
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}
