import { type BlobSiblings, blobName } from './browser.js';
import { isSourceError, SourceError } from './errors.js';
import {
  type Ask,
  driveAsync,
  encoded,
  isAbsent,
  type Opened,
  opening,
  Pace,
  type Reply,
  reading,
  shown,
  siblingUrl,
  tooLarge,
  UNSIZED_LIMIT,
  WHOLE_LIMIT,
} from './http.js';
import { checkRange, type Source, siblingSegments } from './source.js';

/** Bytes of the first fetch beyond what was requested; doubled at every miss, so that reruns stay few. */
const FIRST_PAGE = 1 << 16;
const LAST_PAGE = 1 << 24;

export interface AsyncOptions {
  /** The files dropped together with a Blob, by path. URLs find their own. */
  readonly siblings?: BlobSiblings;
  readonly signal?: AbortSignal;
  /** Milliseconds that a server may take in all before its average rate matters; see `Pace`. */
  readonly patience?: number;
}

/**
 * Runs a synchronous reader where bytes come only asynchronously, as on a page's main thread: whenever a byte is missing,
 * the run is given up, the page is fetched, and `read` runs again from the start. So `read` must have no effects besides
 * its result. A URL is read by ranges. Throws `SourceError` when bytes are not available, and whatever `read` throws.
 */
export async function withAsyncBytes<T>(
  from: Blob | string | URL,
  read: (source: Source) => T,
  options: AsyncOptions = {},
): Promise<T> {
  const shell = new FetchState(options);
  const root =
    typeof from === 'string' || from instanceof URL
      ? await openUrl(new URL(from).href, options)
      : openBlob(from, blobName(from), options);
  for (;;) {
    options.signal?.throwIfAborted();
    shell.missing = null;
    let result: T | undefined;
    let failed: unknown;
    let threw = false;
    try {
      result = read(new PagedSource(root, shell));
    } catch (error) {
      threw = true;
      failed = error;
    }
    // Not by the error's class: a reader may have wrapped or swallowed it, and its result would be of no worth.
    const miss = shell.missing as Miss | null;
    if (miss !== null) await miss();
    else if (threw) throw failed;
    else return result as T;
  }
}

type Miss = () => Promise<void>;

/** The state of one call of `withAsyncBytes`: its siblings opened so far, and what the present run has missed. */
class FetchState {
  missing: Miss | null = null;
  readonly siblings: Map<string, Store | undefined> = new Map();
  readonly options: AsyncOptions;

  constructor(options: AsyncOptions) {
    this.options = options;
  }

  miss(fetch: Miss): SourceError {
    this.missing ??= fetch;
    return new SourceError('bytes are still to be fetched');
  }
}

interface Part {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** A file and the parts of it fetched so far, in order, not overlapping. */
interface Store {
  readonly name: string;
  readonly size: number;
  readonly parts: Part[];
  page: number;
  bytesRead: number;
  requests: number;
  fetch(start: number, end: number): Promise<Uint8Array>;
  open(path: string): Promise<Store | undefined>;
}

class PagedSource implements Source {
  private readonly store: Store;
  private readonly shell: FetchState;

  constructor(store: Store, shell: FetchState) {
    this.store = store;
    this.shell = shell;
  }

  get name(): string {
    return this.store.name;
  }

  get size(): number {
    return this.store.size;
  }

  get bytesRead(): number {
    return this.store.bytesRead;
  }

  get requests(): number {
    return this.store.requests;
  }

  read(start: number, end: number): Uint8Array {
    const { store } = this;
    checkRange(store.name, store.size, start, end);
    const pieces: Uint8Array[] = [];
    let at = start;
    for (const part of store.parts) {
      if (at === end) break;
      const stop = part.start + part.bytes.length;
      if (stop <= at) continue;
      if (part.start > at) break;
      const piece = part.bytes.subarray(at - part.start, Math.min(stop, end) - part.start);
      pieces.push(piece);
      at += piece.length;
    }
    if (at < end) throw this.shell.miss(() => fetchPage(store, at, end));
    return pieces.length === 1 ? pieces[0]! : join(pieces, end - start);
  }

  sibling(path: string): Source | undefined {
    const { shell, store } = this;
    const key = siblingSegments(path)?.join('/');
    if (key === undefined) return undefined;
    const id = `${store.name}\n${key}`;
    if (!shell.siblings.has(id)) {
      throw shell.miss(async () => {
        shell.siblings.set(id, await store.open(key));
      });
    }
    const sibling = shell.siblings.get(id);
    return sibling === undefined ? undefined : new PagedSource(sibling, shell);
  }
}

/** Fetches from `start` at least to `end`, a page more where it is not held already. */
async function fetchPage(store: Store, start: number, end: number): Promise<void> {
  const { parts } = store;
  const next = parts.findIndex((part) => part.start > start);
  const limit = next < 0 ? store.size : parts[next]!.start;
  const stop = Math.min(limit, Math.max(end, start + store.page));
  const bytes = await store.fetch(start, stop);
  parts.splice(next < 0 ? parts.length : next, 0, { start, bytes });
  store.page = Math.min(LAST_PAGE, store.page * 2);
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function openBlob(blob: Blob, name: string, options: AsyncOptions): Store {
  const store: Store = {
    name,
    size: blob.size,
    parts: [],
    page: FIRST_PAGE,
    bytesRead: 0,
    requests: 0,
    async fetch(start, end) {
      let bytes: Uint8Array;
      try {
        bytes = new Uint8Array(await blob.slice(start, end).arrayBuffer());
      } catch (cause) {
        throw new SourceError(`cannot read ${name}`, {
          hint: 'It may have changed or moved since it was chosen: choose it again.',
          cause,
        });
      }
      store.requests += 1;
      store.bytesRead += bytes.length;
      return bytes;
    },
    async open(path) {
      const sibling = options.siblings?.(path);
      return sibling === undefined ? undefined : openBlob(sibling, path, options);
    },
  };
  return store;
}

async function openUrl(url: string, options: AsyncOptions): Promise<Store> {
  let bytesRead = 0;
  let requests = 0;
  const pace = new Pace(options.patience);
  const send = async (ask: Ask): Promise<Reply> => {
    const reply = await sendByFetch(ask, pace, options.signal);
    requests += 1;
    bytesRead += reply.body.length;
    return reply;
  };
  const file: Opened = await driveAsync(opening(url), send);
  return {
    name: shown(url),
    size: file.size,
    parts: [{ start: 0, bytes: file.head }],
    page: FIRST_PAGE,
    get bytesRead() {
      return bytesRead;
    },
    get requests() {
      return requests;
    },
    fetch: (start, end) => driveAsync(reading(file, start, end), send),
    async open(path) {
      const sibling = siblingUrl(url, path);
      if (sibling === undefined) return undefined;
      try {
        return await openUrl(sibling, options);
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    },
  };
}

/** Milliseconds without a byte after which a server is given up. */
const SILENCE = 30_000;

/**
 * One request by `fetch`, its body read no further than asked for. A browser follows redirects to http(s) alone, asks for
 * ranges unpacked by itself, and unpacks the rest before it can be counted: the limit is on what has been unpacked.
 */
async function sendByFetch(ask: Ask, pace: Pace, signal: AbortSignal | undefined): Promise<Reply> {
  const headers = ask.method === 'GET' ? { Range: `bytes=${ask.start}-${ask.end - 1}` } : {};
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  signal?.addEventListener('abort', abort, { once: true });
  const began = performance.now();
  const { grant, rate } = pace.next();
  let size = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = (): void => {
    clearTimeout(timer);
    const left = grant + size / rate - (performance.now() - began);
    timer = setTimeout(abort, Math.max(0, Math.min(SILENCE, left)));
  };
  try {
    alive();
    const response = await fetch(ask.url, { method: ask.method, headers, signal: stop.signal });
    const header = (name: string): string | null => response.headers.get(name);
    const { status } = response;
    const packing = header('content-encoding') ?? 'identity';
    if (status === 206 && packing !== 'identity') throw encoded(ask.url, packing);
    const limit =
      status === 206 ? ask.end - ask.start : header('content-length') === null ? UNSIZED_LIMIT : WHOLE_LIMIT;
    const parts: Uint8Array[] = [];
    if (status !== 200 && status !== 206) await response.body?.cancel();
    else if (response.body !== null && ask.method === 'GET') {
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        size += value.length;
        if (size > limit) throw tooLarge(ask.url, limit);
        parts.push(value);
        alive();
      }
    }
    pace.spent(performance.now() - began, size);
    return {
      status,
      contentRange: header('content-range'),
      contentLength: header('content-length'),
      etag: header('etag'),
      body: parts.length === 1 ? (parts[0] as Uint8Array) : join(parts, size),
    };
  } catch (cause) {
    signal?.throwIfAborted();
    if (isSourceError(cause)) throw cause;
    if (stop.signal.aborted)
      throw new SourceError(`cannot reach ${shown(ask.url)}: it sends nothing, or too slowly to be waited for`, {
        hint: 'Try again later, or download the file and open the copy.',
      });
    throw new SourceError(`cannot reach ${shown(ask.url)}`, {
      hint: 'The server is away, or does not allow this page to read from it (CORS).',
      cause,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    stop.abort(); // a body that was left is not to go on coming
  }
}
