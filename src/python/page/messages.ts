import type { Mount } from '../confinement.js';

/**
 * Messages between a page and its sandboxed interpreter: this first, on which the interpreter starts. Inside, every request
 * is answered at once by a session of the sandbox's own; the page is sent all requests in the end and answers them again
 * with its own session, so that it believes nothing that it has not worked out itself.
 */
export interface SandboxStart {
  /** Pyodide's files by name. */
  readonly assets: Readonly<Record<string, ArrayBuffer>>;
  /** An image of the interpreter to start from, if there is one. */
  readonly image: ArrayBuffer | null;
}

/** The second message, at once or once there is something to do: the one job of an interpreter. */
export interface SandboxJob {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly mounts: readonly Mount[];
  /** The answer to Python's question for its job, JSON. */
  readonly job: string;
  readonly seconds: number;
}

export type FromSandbox =
  /** The interpreter has started, and the program begins. */
  | { readonly kind: 'started' }
  | { readonly kind: 'printed'; readonly to: 'stdout' | 'stderr'; readonly bytes: Uint8Array }
  | { readonly kind: 'requests'; readonly requests: readonly string[] }
  | { readonly kind: 'finish'; readonly stopped: 'done' | 'time'; readonly error: string | null };
