/**
 * Keeps a program inside its interpreter. What WebAssembly can do outside of its memory, it does through the functions that
 * it is given when it is instantiated: those that start processes, open connections or run JavaScript are replaced, some
 * for good, some from the moment at which a program begins.
 */

/** Processes, connections, code of the page: never. They answer as a system does that has no such call. */
const NEVER = new RegExp(
  [
    '^_emscripten_system$',
    '^__syscall_(socket|connect|bind|listen|accept4|sendto|recvfrom|sendmsg|recvmsg)$',
    '^emscripten_(run_script|async_|websocket_|create_worker|call_worker|wget|fetch)',
    '^_?dlopen_js$|^_emscripten_dlopen_js$',
  ].join('|'),
);
const NO_SUCH_CALL = -52;

/** Objects of the host in Python's hands: their attributes, items and calls. */
const OBJECTS = /^(Js|_Js|raw_call_js|ffi_call_js|emscripten_asm_const)/;
/** Of these, what only tells kinds and numbers apart. */
const HARMLESS = /Check$|^Jsv(Num|_typeof|_constructorName|NoValue|UTF8)|^JsProxy_compute_typeflags$|^JsvError_Throw$/;

type Import = ((...args: unknown[]) => unknown) & object;

/** Whether a program is running. */
export interface Guard {
  locked: boolean;
  /** The interpreter's memory, once it is there. */
  memory: WebAssembly.Memory | null;
}

function protect(imports: unknown, guard: Guard): void {
  const env = (imports as { env?: Record<string, unknown> } | undefined)?.env;
  if (env === undefined || typeof env['_emscripten_system'] !== 'function') return;
  for (const [name, value] of Object.entries(env)) {
    if (typeof value !== 'function') continue;
    const original = value as Import;
    let replaced: Import | null = null;
    if (NEVER.test(name)) replaced = () => NO_SUCH_CALL;
    else if (OBJECTS.test(name) && !HARMLESS.test(name))
      replaced = (...args) => (guard.locked ? null : original(...args)); // to Python, a call that failed
    if (replaced !== null) env[name] = Object.assign(replaced, original); // with the signature that it is linked by
  }
}

/** Pages of 64 KiB that the interpreter's memory may grow to: a program that wants more gets a MemoryError. */
const MAX_PAGES = (640 * 2 ** 20) / 65_536;

/** Starts an interpreter whose imports are protected and whose memory is limited. */
export async function guarded<T>(guard: Guard, start: () => Promise<T>): Promise<T> {
  const { instantiate, instantiateStreaming, Memory } = WebAssembly;
  const wrapped =
    <F extends (source: never, imports?: WebAssembly.Imports) => unknown>(call: F) =>
    (source: never, imports?: WebAssembly.Imports): unknown => {
      protect(imports, guard);
      return call.call(WebAssembly, source, imports);
    };
  Object.assign(WebAssembly, {
    Memory: class extends Memory {
      constructor(wanted: WebAssembly.MemoryDescriptor) {
        super({ ...wanted, maximum: Math.min(wanted.maximum ?? MAX_PAGES, MAX_PAGES) });
        // Small ones are made beside it, to find out what the engine can do.
        if (this.buffer.byteLength > (guard.memory?.buffer.byteLength ?? 0)) guard.memory = this;
      }
    },
    instantiate: wrapped(instantiate),
    ...(instantiateStreaming === undefined ? {} : { instantiateStreaming: wrapped(instantiateStreaming) }),
  });
  try {
    return await start();
  } finally {
    Object.assign(WebAssembly, {
      Memory,
      instantiate,
      ...(instantiateStreaming === undefined ? {} : { instantiateStreaming }),
    });
  }
}
