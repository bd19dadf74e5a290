import type { MessagePort, Worker } from 'node:worker_threads';
import { SourceError } from '../errors.js';
import {
  type Ask,
  encoded,
  httpSource,
  Pace,
  type Reply,
  shown,
  tooLarge,
  UNSIZED_LIMIT,
  WHOLE_LIMIT,
} from '../http.js';
import { isTold, told, WORD_EVERY } from '../waiting.js';
import type { WindowedSource } from '../window.js';
import { FETCHER } from './fetcher.js';
import { packages } from './packages.js';

/** Milliseconds without a byte after which a server is given up. */
const TIMEOUT = 30_000;
/** The time that a worker may take to start on a loaded machine, on top of the timeout it keeps itself. */
const GRACE = 5_000;

export interface UrlOptions {
  /** Milliseconds without a byte after which a server is given up. */
  readonly timeout?: number;
  /** Milliseconds that a server may take in all before its average rate matters; see `Pace`. */
  readonly patience?: number;
  /** Value of the header `Authorization`: sent to the server of the address, and to no other that it leads to. */
  readonly authorization?: string;
  /** Networks, as address and length of the prefix, that a redirect from outside of them does not lead into. */
  readonly near?: readonly Subnet[];
}

type Subnet = readonly [address: string, bits: number];

/** This machine and what is reached from here alone (RFC 6890): private, shared and link-local addresses. */
const NEAR: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['::', 127], // none, and this machine
  ['fc00::', 7],
  ['fe80::', 10],
];

/** A file on a server, by ranges, synchronously: a worker thread fetches while this thread waits. Throws SourceError. */
export function urlSource(url: string, options: UrlOptions = {}): WindowedSource {
  if (!URL.canParse(url)) throw new SourceError(`${url} is not a valid address`, { hint: 'Check the address.' });
  const timeout = options.timeout ?? TIMEOUT;
  const pace = new Pace(options.patience);
  const secret =
    options.authorization === undefined ? null : { value: options.authorization, origin: new URL(url).origin };
  return httpSource(url, (ask) => send(ask, { timeout, secret, near: options.near ?? NEAR }, pace));
}

/** Loaded when something is fetched: most runs read a file. */
const threads = (): typeof import('node:worker_threads') => packages()('node:worker_threads');

interface Fetcher {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly state: Int32Array<SharedArrayBuffer>;
}

/** One worker serves the process; it does not keep the process alive. */
let fetcher: Fetcher | null = null;

function start(): Fetcher {
  const { MessageChannel, Worker } = threads();
  const { port1, port2 } = new MessageChannel();
  const state = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(FETCHER, {
    eval: true,
    workerData: { port: port2, state },
    transferList: [port2],
    execArgv: [],
  });
  worker.unref();
  port1.unref();
  return { worker, port: port1, state };
}

interface Secret {
  readonly value: string;
  readonly origin: string;
}

/** Settings of every request of a file. */
interface Terms {
  readonly timeout: number;
  readonly secret: Secret | null;
  readonly near: readonly Subnet[];
}

function send(ask: Ask, terms: Terms, pace: Pace): Reply {
  const { timeout } = terms;
  fetcher ??= start();
  const { worker, port, state } = fetcher;
  Atomics.store(state, 0, 0);
  Atomics.store(state, 2, 0);
  const began = performance.now();
  const { grant, rate } = pace.next();
  port.postMessage({ ask, ...terms, grant, rate, wholeLimit: WHOLE_LIMIT, unsizedLimit: UNSIZED_LIMIT });
  let seen = -1;
  let silent = 0;
  const pause = isTold() ? WORD_EVERY : timeout + GRACE;
  while (Atomics.wait(state, 0, 0, pause) === 'timed-out') {
    const progress = Atomics.load(state, 1);
    if (isTold()) told(`fetching ${shown(ask.url)}: ${(Atomics.load(state, 2) / 1024).toFixed(1)} MiB`);
    silent = progress === seen ? silent + pause : 0;
    if (silent >= timeout + GRACE || (pause > WORD_EVERY && progress === seen)) {
      fetcher = null;
      void worker.terminate();
      throw unreachable(ask.url, 'timeout', timeout);
    }
    seen = progress;
  }
  const answer = threads().receiveMessageOnPort(port)?.message as Reply | { readonly failure: string };
  if ('failure' in answer) throw unreachable(ask.url, answer.failure, timeout);
  pace.spent(performance.now() - began, answer.body.length);
  return answer;
}

function unreachable(url: string, failure: string, timeout: number): SourceError {
  const [kind = '', ...rest] = failure.split(' ');
  const detail = rest.join(' ');
  if (kind === 'encoded') return encoded(url, detail);
  if (kind === 'near')
    return new SourceError(`${shown(url)} leads into this machine’s own network`, {
      hint: 'If that is meant, give the address that it leads to.',
    });
  if (kind === 'large') return tooLarge(url, Number(detail));
  if (kind === 'redirect')
    return new SourceError(`${shown(url)} leads to another kind of address (${detail})`, {
      hint: 'Only http and https are followed: download the file and open the copy.',
    });
  const why =
    kind === 'timeout'
      ? `no answer within ${Number((Number(detail || timeout) / 1000).toPrecision(2))} s`
      : (REASONS[kind] ?? (kind.startsWith('HPE_') ? 'its answer is not HTTP' : failure));
  return new SourceError(`cannot reach ${shown(url)}: ${why}`, {
    hint: 'Check the address and the network, or download the file and open the copy.',
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  aborted: 'the connection was cut',
  slow: 'it sends data too slowly',
  redirects: 'it redirects endlessly',
  HPE_HEADER_OVERFLOW: 'its header is larger than any should be',
};
