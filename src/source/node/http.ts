import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { SourceError } from '../errors.js';
import { type Ask, httpSource, type Reply, shown, WHOLE_LIMIT } from '../http.js';
import type { WindowedSource } from '../window.js';

/** Milliseconds without a byte after which a server is given up. */
const TIMEOUT = 30_000;
/** What a worker may take to start on a loaded machine, on top of the timeout it keeps itself. */
const GRACE = 5_000;

/** A file on a server, by ranges, synchronously: a worker thread fetches while this thread waits. `timeout` in milliseconds. */
export function urlSource(url: string, options: { readonly timeout?: number } = {}): WindowedSource {
  if (!URL.canParse(url)) throw new SourceError(`${url} is not a valid address`, { hint: 'Check the address.' });
  const timeout = options.timeout ?? TIMEOUT;
  return httpSource(url, (ask) => send(ask, timeout));
}

/**
 * The worker's program, plain text so that bundling cannot lose it. It answers one request at a time, counts received
 * chunks in `state[1]`, and wakes the waiting thread by `state[0]`. A body is read no further than asked for.
 */
const PROGRAM = `
const { workerData: { port, state } } = require('node:worker_threads');
port.on('message', async ({ ask, timeout, wholeLimit }) => {
  const abort = new AbortController();
  let timer;
  const alive = () => { clearTimeout(timer); timer = setTimeout(() => abort.abort(), timeout); Atomics.add(state, 1, 1); };
  let answer;
  try {
    alive();
    const headers = { 'accept-encoding': 'identity' };
    if (ask.method === 'GET') headers.range = 'bytes=' + ask.start + '-' + (ask.end - 1);
    const response = await fetch(ask.url, { method: ask.method, headers, signal: abort.signal });
    const limit = response.status === 200 ? wholeLimit : response.status === 206 ? ask.end - ask.start : 0;
    const chunks = [];
    let size = 0;
    if (response.body !== null) {
      for await (const chunk of response.body) {
        alive();
        if (limit === 0) break;
        size += chunk.length;
        if (size > limit) throw new Error('more than ' + limit + ' bytes');
        chunks.push(chunk);
      }
    }
    const body = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) { body.set(chunk, at); at += chunk.length; }
    const { headers: h, status } = response;
    answer = { status, contentRange: h.get('content-range'), contentLength: h.get('content-length'), etag: h.get('etag'), body };
  } catch (error) {
    answer = { failure: abort.signal.aborted ? 'timeout' : String(error?.cause?.code ?? error?.cause?.message ?? error?.message ?? error) };
  }
  clearTimeout(timer);
  port.postMessage(answer, answer.body ? [answer.body.buffer] : []);
  Atomics.store(state, 0, 1);
  Atomics.notify(state, 0);
});
`;

interface Fetcher {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly state: Int32Array<SharedArrayBuffer>;
}

/** One worker serves the process; it does not keep the process alive. */
let fetcher: Fetcher | null = null;

function start(): Fetcher {
  const { port1, port2 } = new MessageChannel();
  const state = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(PROGRAM, {
    eval: true,
    workerData: { port: port2, state },
    transferList: [port2],
    execArgv: [],
  });
  worker.unref();
  port1.unref();
  return { worker, port: port1, state };
}

function send(ask: Ask, timeout: number): Reply {
  fetcher ??= start();
  const { worker, port, state } = fetcher;
  Atomics.store(state, 0, 0);
  port.postMessage({ ask, timeout, wholeLimit: WHOLE_LIMIT });
  let seen = -1;
  while (Atomics.wait(state, 0, 0, timeout + GRACE) === 'timed-out') {
    const progress = Atomics.load(state, 1);
    if (progress === seen) {
      fetcher = null;
      void worker.terminate();
      throw unreachable(ask.url, 'timeout', timeout);
    }
    seen = progress;
  }
  const answer = receiveMessageOnPort(port)?.message as Reply | { readonly failure: string };
  if ('failure' in answer) throw unreachable(ask.url, answer.failure, timeout);
  return answer;
}

function unreachable(url: string, failure: string, timeout: number): SourceError {
  const why = failure === 'timeout' ? `no answer within ${timeout / 1000} s` : (REASONS[failure] ?? failure);
  return new SourceError(`cannot reach ${shown(url)}: ${why}`, {
    hint: 'Check the address and the network, or download the file and open the copy.',
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
};
