import { SourceError } from './errors.js';
import { type Ask, httpSource, type Reply, shown, tooLarge, WHOLE_LIMIT } from './http.js';
import { checkRange, type Source, siblingSegments } from './source.js';
import { CALL_BOUND, type WindowedSource, windowed } from './window.js';

/**
 * The synchronous sources of a web worker. (On a page's main thread nothing can be read synchronously: see async.ts.)
 */

/** Looks up a file beside a dropped one, by its path with `/` between the segments. */
export type BlobSiblings = (path: string) => Blob | undefined;

// Only workers have it, and the DOM's types are those of a page.
declare const FileReaderSync: new () => { readAsArrayBuffer(blob: Blob): ArrayBuffer };

/** A Blob or File, by slices, windows in front. Web workers only. */
export function blobSource(
  blob: Blob,
  options: { readonly name?: string; readonly siblings?: BlobSiblings } = {},
): WindowedSource {
  return windowed(new BlobSource(blob, options.name ?? blobName(blob), options.siblings), CALL_BOUND);
}

/** A File has a name, a Blob has none. */
export function blobName(blob: Blob): string {
  return (blob as Partial<File>).name ?? 'blob';
}

class BlobSource implements Source {
  readonly name: string;
  readonly size: number;
  bytesRead = 0;
  requests = 0;
  private readonly blob: Blob;
  private readonly siblings: BlobSiblings | undefined;

  constructor(blob: Blob, name: string, siblings: BlobSiblings | undefined) {
    this.blob = blob;
    this.name = name;
    this.size = blob.size;
    this.siblings = siblings;
  }

  read(start: number, end: number): Uint8Array {
    checkRange(this.name, this.size, start, end);
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(new FileReaderSync().readAsArrayBuffer(this.blob.slice(start, end)));
    } catch (cause) {
      throw new SourceError(`cannot read ${this.name}`, {
        hint: 'It may have changed or moved since it was chosen: choose it again.',
        cause,
      });
    }
    this.requests += 1;
    this.bytesRead += bytes.length;
    return bytes;
  }

  sibling(path: string): Source | undefined {
    const key = siblingSegments(path)?.join('/');
    const blob = key === undefined ? undefined : this.siblings?.(key);
    return blob === undefined ? undefined : new BlobSource(blob, key!, this.siblings);
  }
}

/** A file on a server, by synchronous XHR with ranges. Web workers only. `timeout` in milliseconds. */
export function xhrSource(url: string, options: { readonly timeout?: number } = {}): WindowedSource {
  const send = (ask: Ask): Reply => {
    const xhr = new XMLHttpRequest();
    xhr.open(ask.method, ask.url, false);
    xhr.responseType = 'arraybuffer';
    xhr.timeout = options.timeout ?? 30_000;
    if (ask.method === 'GET') xhr.setRequestHeader('Range', `bytes=${ask.start}-${ask.end - 1}`);
    try {
      xhr.send();
    } catch (cause) {
      throw new SourceError(`cannot reach ${shown(ask.url)}`, {
        hint: 'The server is away, or does not allow this page to read from it (CORS).',
        cause,
      });
    }
    const body = new Uint8Array((xhr.response as ArrayBuffer | null) ?? new ArrayBuffer(0));
    const limit = xhr.status === 206 ? ask.end - ask.start : WHOLE_LIMIT;
    if (body.length > limit) throw tooLarge(ask.url, limit);
    return {
      status: xhr.status,
      contentRange: xhr.getResponseHeader('content-range'),
      contentLength: xhr.getResponseHeader('content-length'),
      etag: xhr.getResponseHeader('etag'),
      body,
    };
  };
  return httpSource(url, send);
}
