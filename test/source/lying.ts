import { MessageChannel, Worker } from 'node:worker_threads';

/** Servers that lie, stall, or never end, in a thread of their own (the source under test blocks this one). */
export interface Liar {
  url(behaviour: string): string;
  close(): Promise<void>;
}

const PROGRAM = `
const { createServer } = require('node:http');
const { gzipSync } = require('node:zlib');
const { workerData: { port, good } } = require('node:worker_threads');
const packed = gzipSync(Buffer.alloc(64 << 20, 8));
const block = Buffer.alloc(1 << 20, 8);
createServer((request, response) => {
  const [, behaviour] = request.url.split(/[/?]/);
  const pump = () => {
    let more = true;
    while (more && !response.destroyed) more = response.write(block);
    if (!response.destroyed) response.once('drain', pump);
  };
  const drip = (head) => {
    response.writeHead(...head);
    const timer = setInterval(() => response.write('x'), 50);
    response.on('close', () => clearInterval(timer));
  };
  response.on('error', () => {});
  const to = (location) => response.writeHead(302, { location }).end();
  switch (behaviour) {
    case 'to-file': return to('file:///etc/passwd');
    case 'to-data': return to('data:application/octet-stream;base64,CAc=');
    case 'to-script': return to('javascript:alert(1)');
    case 'to-nowhere': return to('http://');
    case 'to': return to(decodeURIComponent(request.url.slice(request.url.indexOf('?') + 1)));
    case 'to-good': return to('/good');
    case 'around': return to('/around?' + Math.random());
    case 'endless': response.writeHead(200); return pump();
    case 'endless-part': response.writeHead(206, { 'content-range': 'bytes 0-65535/1000000' }); return pump();
    case 'huge': response.writeHead(200, { 'content-length': 2 ** 40 }); return pump();
    case 'drip': return drip([200]);
    case 'drip-part': return drip([206, { 'content-range': 'bytes 0-65535/65536', 'content-length': 65536 }]);
    case 'drip-head': response.socket.write('HTTP/1.1 200 OK\\r\\n'); return setInterval(() => response.socket.write('x-a: b\\r\\n'), 50);
    case 'packed': response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }); return response.end(packed);
    case 'packed-part': response.writeHead(206, { 'content-encoding': 'gzip', 'content-range': 'bytes 0-65535/65536' }); return response.end(packed.subarray(0, 65536));
    case 'great-header': response.socket.end('HTTP/1.1 200 OK\\r\\nx: ' + 'a'.repeat(200000) + '\\r\\n\\r\\n'); return;
    case 'no-http': response.socket.end('SSH-2.0-x\\r\\n'); return;
    case 'cut': response.writeHead(200, { 'content-length': 999999 }); response.write('abc'); return setTimeout(() => response.destroy(), 50);
    case 'asked': response.writeHead(200); return response.end(JSON.stringify(request.headers).padEnd(10));
    default: return response.writeHead(200).end(good);
  }
}).listen(0, '127.0.0.1', function () { port.postMessage(this.address().port); });
`;

export function lying(good: Uint8Array): Promise<Liar> {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(PROGRAM, { eval: true, workerData: { port: port2, good }, transferList: [port2] });
  return new Promise((resolve) => {
    port1.once('message', (port: number) => {
      port1.close();
      resolve({
        url: (behaviour) => `http://127.0.0.1:${port}/${behaviour}`,
        close: async () => {
          await worker.terminate();
        },
      });
    });
  });
}
