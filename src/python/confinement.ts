import type { PythonFiles } from './files.js';

/** A folder that a program may read, and the path under which it finds it. */
export interface Mount {
  readonly folder: string;
  readonly at: string;
}

/** Limits of one job. */
export interface Limits {
  /** Seconds from its start on, loading included. */
  readonly seconds: number;
  /** Bytes of resident memory. */
  readonly bytes: number;
}

/** Receives what a confined interpreter says and asks: all of it comes from a program that may be hostile. */
export interface Listener {
  /** Answers a request; both are JSON. A promise makes the program wait. Must not throw. */
  answer(request: string): string | Promise<string>;
  /** Output of the program; a promise makes it wait. */
  stdout(bytes: Uint8Array): unknown;
  stderr(bytes: Uint8Array): unknown;
}

/**
 * How a job came to its end: by itself (`done`), at a limit, or because the interpreter broke: it sent what no interpreter
 * of ours sends, or its process ended.
 */
export type Ending = { readonly kind: 'done' | 'time' | 'memory' } | { readonly kind: 'broken'; readonly why: string };

/** Where Python runs: something that can do no harm once a program owns it. One interpreter for each job. */
export interface Confinement {
  run(
    job: { readonly files: PythonFiles; readonly mounts: readonly Mount[]; readonly limits: Limits },
    listener: Listener,
  ): Promise<Ending>;
}

/** Memory that an interpreter may take up, its own 110 MB included: less than those and all that WebAssembly may have (guard.ts). */
export const MAX_BYTES = 704 * 2 ** 20;
