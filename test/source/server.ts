import { MessageChannel, Worker } from 'node:worker_threads';

/**
 * A loopback server in a thread of its own: the sources under test block this one. The first segment of a path says how
 * the server behaves, the rest names a file.
 */
export interface Loopback {
  url(behaviour: Behaviour, file: string): string;
  close(): Promise<void>;
}

export type Behaviour =
  | 'ranges'
  | 'whole' // ignores Range
  | 'silent' // never answers
  | 'stalls' // half a body, then nothing
  | 'short' // half of what it states
  | 'changing' // another ETag each time
  | 'unsized' // no total in Content-Range
  | 'redirect'
  | 'status-401'
  | 'status-500';

const PROGRAM = `
const { createServer } = require('node:http');
const { workerData: { files, port } } = require('node:worker_threads');
let count = 0;
createServer((request, response) => {
  const [, behaviour, ...rest] = new URL(request.url, 'http://x').pathname.split('/');
  const name = decodeURIComponent(rest.join('/'));
  const status = /^status-(\\d+)$/.exec(behaviour);
  if (status) return response.writeHead(Number(status[1])).end('no');
  if (behaviour === 'silent') return;
  if (behaviour === 'redirect') return response.writeHead(302, { location: '/ranges/' + rest.join('/') }).end();
  const bytes = files.get(name);
  if (bytes === undefined) return response.writeHead(404).end('not here');
  const etag = behaviour === 'changing' ? '"' + count++ + '"' : '"same"';
  const range = /^bytes=(\\d+)-(\\d+)$/.exec(request.headers.range ?? '');
  if (!range || behaviour === 'whole') return response.writeHead(200, { 'content-length': bytes.length, etag }).end(request.method === 'HEAD' ? '' : bytes);
  const start = Number(range[1]);
  const end = Math.min(bytes.length, Number(range[2]) + 1);
  if (start >= bytes.length) return response.writeHead(416, { 'content-range': 'bytes */' + bytes.length }).end();
  const body = bytes.subarray(start, end);
  const total = behaviour === 'unsized' ? '*' : bytes.length;
  response.writeHead(206, { 'content-range': 'bytes ' + start + '-' + (end - 1) + '/' + total, etag });
  if (behaviour === 'stalls') return response.write(body.subarray(0, body.length / 2));
  response.end(behaviour === 'short' ? body.subarray(0, body.length / 2) : body);
}).listen(0, '127.0.0.1', function () { port.postMessage(this.address().port); });
`;

export function serve(files: ReadonlyMap<string, Uint8Array>): Promise<Loopback> {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(PROGRAM, { eval: true, workerData: { files, port: port2 }, transferList: [port2] });
  return new Promise((resolve) => {
    port1.once('message', (port: number) => {
      port1.close();
      resolve({
        url: (behaviour, file) =>
          `http://127.0.0.1:${port}/${behaviour}/${file.split('/').map(encodeURIComponent).join('/')}`,
        close: async () => {
          await worker.terminate();
        },
      });
    });
  });
}
