import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { blobSource, xhrSource } from '../../src/source/browser.js';

/** The worker's sources against stand-ins for what only a web worker has. */

const BYTES = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);

/** A Blob that a stand-in can read synchronously. */
class FakeBlob {
  readonly bytes: Uint8Array;
  readonly name: string;
  constructor(bytes: Uint8Array, name = 'm.onnx') {
    this.bytes = bytes;
    this.name = name;
  }
  get size(): number {
    return this.bytes.length;
  }
  slice(start: number, end: number): FakeBlob {
    return new FakeBlob(this.bytes.slice(start, end));
  }
}

class FakeXhr {
  static status = 206;
  status = 0;
  response: ArrayBuffer | null = null;
  private readonly sent: Record<string, string> = {};
  private method = '';
  open(method: string): void {
    this.method = method;
  }
  setRequestHeader(name: string, value: string): void {
    this.sent[name.toLowerCase()] = value;
  }
  send(): void {
    if (FakeXhr.status === 0) throw new Error('NetworkError');
    this.status = this.method === 'HEAD' ? 200 : FakeXhr.status;
    const [start, end] = (this.sent['range'] ?? '').match(/\d+/g)?.map(Number) ?? [0, -1];
    this.response = BYTES.slice(start!, end! + 1).buffer;
  }
  getResponseHeader(name: string): string | null {
    // As a server of another origin answers: Content-Range is not shown to the page.
    return name === 'content-length' ? String(BYTES.length) : null;
  }
}

beforeAll(() => {
  vi.stubGlobal(
    'FileReaderSync',
    class {
      readAsArrayBuffer(blob: FakeBlob): ArrayBuffer {
        if (blob.size > 250_000) throw new Error('NotReadableError');
        return blob.bytes.slice().buffer as ArrayBuffer;
      }
    },
  );
  vi.stubGlobal('XMLHttpRequest', FakeXhr);
});

afterAll(() => vi.unstubAllGlobals());

test('a File is read by slices, its neighbours too', () => {
  const source = blobSource(new FakeBlob(BYTES) as unknown as Blob, {
    siblings: (path) => (path === 'w.bin' ? (new FakeBlob(Uint8Array.of(7)) as unknown as Blob) : undefined),
  });
  expect(source.name).toBe('m.onnx');
  expect(source.read(200_000, 200_010)).toEqual(BYTES.slice(200_000, 200_010));
  expect(source.bytesRead).toBeLessThan(100_000);
  expect(source.sibling('w.bin')?.read(0, 1)[0]).toBe(7);
  expect(source.sibling('../w.bin')).toBeUndefined();
  // A file that changed on disk cannot be read any more.
  expect(() => blobSource(new FakeBlob(BYTES) as unknown as Blob).read(0, 300_000)).toThrow(
    expect.objectContaining({ kind: 'SourceError' }),
  );
});

test('XHR with ranges, though the page may not see Content-Range', () => {
  const source = xhrSource('https://example.org/m.onnx?token=secret');
  expect(source.size).toBe(BYTES.length);
  expect(source.name).toBe('https://example.org/m.onnx');
  expect(source.read(200_000, 200_010)).toEqual(BYTES.slice(200_000, 200_010));
  FakeXhr.status = 0;
  expect(() => xhrSource('https://example.org/m.onnx')).toThrow(
    expect.objectContaining({ kind: 'SourceError', hint: expect.stringMatching(/CORS/) }),
  );
  FakeXhr.status = 206;
});
