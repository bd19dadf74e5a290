import { type Finish, frame, HEADER, KIND, type Start } from './channel.js';
import type { EntryKind, PythonFiles } from './files.js';
import type { Interpreter } from './interpreter.js';

/** The way out of a confined interpreter: bytes written and read, both waiting until they are through. */
export interface Line {
  write(bytes: Uint8Array): void;
  /** Fills `into`. Throws at the end of the stream. */
  readExactly(into: Uint8Array): void;
}

/** Characters of an error that are passed on. */
const MAX_ERROR = 10_000;

/** Runs the one job of a confined interpreter, over a line to whoever watches it. */
export function serve(python: Interpreter, line: Line): void {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const header = new Uint8Array(HEADER);
  const send = (kind: number, payload: Uint8Array): void => line.write(frame(kind, payload));
  const ask = (kind: number, text: string): { kind: number; payload: Uint8Array } => {
    send(kind, encoder.encode(text));
    line.readExactly(header);
    const payload = new Uint8Array(new DataView(header.buffer).getUint32(0, true));
    line.readExactly(payload);
    return { kind: header[4] as number, payload };
  };
  const askText = (kind: number, text: string): string => decoder.decode(ask(kind, text).payload);
  const call = (name: string, path: string): unknown =>
    JSON.parse(askText(KIND.file, JSON.stringify({ call: name, path })));
  const files: PythonFiles = {
    stat: (path) => call('stat', path) as { kind: EntryKind; size: number } | null,
    list: (path) => call('list', path) as string[],
    read: (path) => ask(KIND.file, JSON.stringify({ call: 'read', path })).payload,
  };
  const start = JSON.parse(askText(KIND.hello, '')) as Start;
  let finish: Finish;
  try {
    for (const { folder, at } of start.mounts) python.mount(files, folder, at);
    const stopped = python.run(
      '_opcount.host.main()',
      (request) => askText(KIND.request, request),
      { stdout: (bytes) => send(KIND.stdout, bytes), stderr: (bytes) => send(KIND.stderr, bytes) },
      start.seconds,
    );
    finish = { stopped, error: null };
  } catch (error) {
    finish = { stopped: 'done', error: String(error).slice(0, MAX_ERROR) };
  }
  send(KIND.finish, encoder.encode(JSON.stringify(finish)));
}
