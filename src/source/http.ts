import { SourceError } from './errors.js';
import { checkRange, type Source, siblingSegments } from './source.js';
import { REMOTE, type WindowedSource, windowed } from './window.js';

/**
 * Ranges over HTTP (RFC 9110, section 14), apart from who sends the requests: what to ask and what the answers mean is a
 * generator, driven by a synchronous sender (a worker, an XHR) or an asynchronous one (fetch).
 */

/** A request: GET of bytes [start, end), or HEAD. */
export interface Ask {
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  readonly start: number;
  readonly end: number;
}

export interface Reply {
  readonly status: number;
  readonly contentRange: string | null;
  readonly contentLength: string | null;
  readonly etag: string | null;
  readonly body: Uint8Array;
}

/** Sends one request and waits; throws `SourceError` when there is no answer. Stops reading a body at its limit. */
export type Send = (ask: Ask) => Reply;
export type SendAsync = (ask: Ask) => Promise<Reply>;

/** Bytes of a file that are downloaded whole, into memory, when a server knows no ranges. */
export const WHOLE_LIMIT: number = 2 ** 29;
/** The same where the server does not say how long the file is: it may have no end. */
export const UNSIZED_LIMIT: number = 2 ** 28;

/** Milliseconds that a server may take in all before its average rate matters. */
const PATIENCE = 20_000;
/** Milliseconds that every request may take besides, for the way there and back. */
const PER_REQUEST = 2_000;
/** Bytes a millisecond that a server has to reach on average: 16 KiB a second. */
const LEAST_RATE = 16.384;
/** Milliseconds after which a file is given up, whatever has come from it. */
const LONGEST = 3_600_000;

/**
 * The time that a server has for all requests of a file together, so that one which sends a byte now and then cannot hold
 * anybody: some patience, a little for each request, and what its bytes earn at the least rate that is waited for.
 */
export class Pace {
  private waited = 0;
  private received = 0;
  private requests = 0;
  private readonly patience: number;

  constructor(patience: number = PATIENCE) {
    this.patience = patience;
  }

  /** Milliseconds that the next request has, and bytes a millisecond that earn it more. */
  next(): { readonly grant: number; readonly rate: number } {
    this.requests += 1;
    const earned = this.patience + (this.requests - 1) * PER_REQUEST + this.received / LEAST_RATE;
    return { grant: Math.max(0, Math.min(earned, LONGEST) - this.waited), rate: LEAST_RATE };
  }

  spent(milliseconds: number, bytes: number): void {
    this.waited += milliseconds;
    this.received += bytes;
  }
}

/** Packed although it was requested as it is: ranges of it would be ranges of something else. */
export function encoded(url: string, encoding: string): SourceError {
  return new SourceError(`${shown(url)} comes packed (${encoding}), which was not requested`, {
    hint: 'Download the file and open the copy.',
  });
}

export function tooLarge(url: string, limit: number): SourceError {
  return new SourceError(`${shown(url)} sends more than the ${limit} bytes that are taken of it`, {
    hint: 'The server may know no ranges: download the file and open the copy.',
  });
}
/** The first request tells the size; it brings the head along, which every reader wants. */
const HEAD_BYTES = 1 << 16;

/** Facts on a file on a server, after the first answer. */
export interface Opened {
  readonly url: string;
  readonly size: number;
  readonly etag: string | null;
  /** The first bytes; the whole file when the server knows no ranges. */
  readonly head: Uint8Array;
}

/** Asks for the head of `url`. Throws `SourceError` with the status for anything but success. */
export function* opening(url: string): Generator<Ask, Opened, Reply> {
  const reply = yield { url, method: 'GET', start: 0, end: HEAD_BYTES };
  const { status, etag } = reply;
  // The answer of a server that knows no ranges is the whole file: keep it, and ask no more.
  if (status === 200) return { url, size: reply.body.length, etag, head: reply.body };
  if (status === 416 && /^bytes \*\/0$/.test(reply.contentRange ?? ''))
    return { url, size: 0, etag, head: new Uint8Array(0) };
  if (status !== 206) throw refused(url, status);
  let size = Number(/^bytes 0-\d+\/(\d+)$/.exec(reply.contentRange ?? '')?.[1] ?? Number.NaN);
  if (reply.contentRange === null && reply.body.length > 0) {
    // A page of another origin may not see Content-Range unless the server allows it; Content-Length it may.
    const head = yield { url, method: 'HEAD', start: 0, end: 0 };
    if (head.status !== 200) throw refused(url, head.status);
    size = Number(head.contentLength ?? Number.NaN);
  }
  if (!Number.isSafeInteger(size) || size < reply.body.length || reply.body.length < Math.min(size, HEAD_BYTES)) {
    throw new SourceError(`${shown(url)} does not say how long it is`, {
      status,
      hint: 'Download the file and open the copy.',
    });
  }
  return { url, size, etag, head: reply.body };
}

/** Asks for bytes [start, end) of a file opened before. */
export function* reading(file: Opened, start: number, end: number): Generator<Ask, Uint8Array, Reply> {
  const reply = yield { url: file.url, method: 'GET', start, end };
  const { status, body } = reply;
  if (status !== 206 && status !== 200) throw refused(file.url, status);
  const changed = file.etag !== null && reply.etag !== null && reply.etag !== file.etag;
  const stated = /^bytes (\d+)-\d+\//.exec(reply.contentRange ?? '')?.[1];
  const bytes = status === 200 ? body.subarray(start, end) : body;
  if (changed || (status === 200 && body.length !== file.size) || (stated !== undefined && Number(stated) !== start)) {
    throw new SourceError(`${shown(file.url)} changed while it was read`, { status, hint: 'Try again.' });
  }
  if (bytes.length !== end - start) {
    throw new SourceError(`${shown(file.url)}: ${end - start} bytes were requested, ${bytes.length} came`, {
      status,
      hint: 'Try again.',
    });
  }
  return bytes;
}

/** Runs a generator of requests to its end. */
export function drive<T>(steps: Generator<Ask, T, Reply>, send: Send): T {
  let step = steps.next();
  while (step.done !== true) step = steps.next(send(step.value));
  return step.value;
}

export async function driveAsync<T>(steps: Generator<Ask, T, Reply>, send: SendAsync): Promise<T> {
  let step = steps.next();
  while (step.done !== true) step = steps.next(await send(step.value));
  return step.value;
}

/** A file on a server, by ranges, windows in front. `send` blocks. */
export function httpSource(url: string, send: Send): WindowedSource {
  return windowed(new HttpSource(url, send), REMOTE);
}

class HttpSource implements Source {
  readonly name: string;
  readonly size: number;
  bytesRead = 0;
  requests = 0;
  private readonly file: Opened;
  private readonly send: Send;

  constructor(url: string, send: Send) {
    this.send = (ask) => {
      const reply = send(ask);
      this.requests += 1;
      this.bytesRead += reply.body.length;
      return reply;
    };
    this.file = drive(opening(url), this.send);
    this.name = shown(url);
    this.size = this.file.size;
  }

  read(start: number, end: number): Uint8Array {
    checkRange(this.name, this.size, start, end);
    if (end <= this.file.head.length) return this.file.head.subarray(start, end);
    return drive(reading(this.file, start, end), this.send);
  }

  sibling(path: string): Source | undefined {
    const url = siblingUrl(this.file.url, path);
    if (url === undefined) return undefined;
    try {
      return new HttpSource(url, this.send);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }
}

/** The address of a file beside `url`, with the same query (it may carry a token, for the same server and folder). */
export function siblingUrl(url: string, path: string): string | undefined {
  const segments = siblingSegments(path);
  if (segments === undefined) return undefined;
  const base = new URL(url);
  const sibling = new URL(segments.map(encodeURIComponent).join('/'), base);
  sibling.search = base.search;
  return sibling.href;
}

/** A server's way to say that there is no such file; object stores answer 403 to those who may not list. */
export function isAbsent(error: unknown): boolean {
  return error instanceof SourceError && (error.status === 404 || error.status === 410 || error.status === 403);
}

/** A URL without what must not be printed: credentials, and queries, which carry tokens. */
export function shown(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

function refused(url: string, status: number): SourceError {
  const hint =
    status === 401 || status === 403
      ? 'It needs a login: download the file and open the copy.'
      : status === 404 || status === 410
        ? 'Check the address.'
        : status === 429 || status >= 500
          ? 'The server is busy or broken: try again later.'
          : 'Download the file and open the copy.';
  return new SourceError(`${shown(url)}: the server answered ${status}`, { status, hint });
}
