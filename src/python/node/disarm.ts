import { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns';
import { builtinModules, createRequire, syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';

/**
 * Takes from this process what Node's permission model leaves to it, for good: connections, name lookups, signals to other
 * processes, and every function of Node that reaches outside. It runs before a stranger's first byte is read, and holds
 * against JavaScript that then runs here: what is replaced cannot be put back, and nothing keeps the originals.
 *
 * Two layers. The native classes under all of Node's networking lose their methods, so that a module that is loaded later
 * (http, tls, undici) has nothing to call. And the modules that are within reach lose all they export.
 */
export function disarm(): void {
  const sync = syncBuiltinESMExports; // this import is itself one of those that are taken away
  const require = createRequire(`${__dirname}/`);
  const modules = reaching().map((name) => load(require, name));
  for (const prototype of nativePrototypes()) refuseAll(prototype, KEPT_OF_HANDLES);
  for (const name of GLOBALS) {
    Reflect.deleteProperty(globalThis, name); // first: some are made when they are touched
    Reflect.defineProperty(globalThis, name, { value: undefined });
  }
  refuseAll(process, KEPT_OF_PROCESS);
  for (const module of modules) if (module !== null) refuseAll(module, new Set(), true);
  sync();
}

/**
 * Modules that only compute, or use the native classes for all else. All others are taken to reach outside: those that a later
 * version of Node adds as well.
 */
const COMPUTING = new Set([
  ...['assert', 'async_hooks', 'buffer', 'console', 'constants', 'diagnostics_channel', 'domain', 'events', 'path'],
  ...['perf_hooks', 'process', 'punycode', 'querystring', 'readline', 'stream', 'string_decoder', 'sys', 'timers'],
  ...['tty', 'url', 'util', 'zlib', 'http', 'https', 'http2'],
]);

/** Modules that some versions of Node have and do not list. */
const UNLISTED = ['test', 'sqlite', 'sea', 'ffi', 'quic'];

/** Files, processes, threads, connections, names, the engine, other ways to load code: what is not known to be harmless. */
function reaching(): string[] {
  const listed = builtinModules.map((name) => name.replace(/^node:/, ''));
  return [...new Set([...listed, ...UNLISTED])].filter(
    (name) => !COMPUTING.has(name.split('/')[0] as string) && !/^_(http|stream)_/.test(name),
  );
}

/** The part of a handle that closes it and lets it be collected. */
const KEPT_OF_HANDLES = new Set([
  'constructor',
  'onread',
  'close',
  'hasRef',
  'ref',
  'unref',
  'getAsyncId',
  'getProviderType',
]);

/** Node's own machinery needs these while promises and timers run. */
const KEPT_OF_PROCESS = new Set([
  ...['nextTick', 'emitWarning', 'emit', 'exit', 'reallyExit', '_rawDebug', 'hrtime', 'uptime', 'cwd', 'memoryUsage'],
  ...['_tickCallback', '_fatalException', 'setUncaughtExceptionCaptureCallback', 'hasUncaughtExceptionCaptureCallback'],
  ...['on', 'once', 'off', 'addListener', 'removeListener', 'listenerCount', 'listeners'],
]);

const GLOBALS = [
  ...['fetch', 'WebSocket', 'EventSource', 'Request', 'Response', 'FormData', 'Headers', 'BroadcastChannel'],
  ...['localStorage', 'sessionStorage', 'Storage', 'navigator', 'require', 'module'],
];

/** The native classes under all connections, found by the handles of objects that are thrown away here. */
function nativePrototypes(): object[] {
  const found = new Set<object>();
  const take = (handle: unknown): void => {
    // Up to, and without, what all objects are.
    for (let p = prototypeOf(handle); p !== null && p !== Object.prototype; p = prototypeOf(p)) found.add(p);
  };
  for (const where of [{ host: '127.0.0.1', port: 9 }, { path: '/nowhere' }]) {
    // `connect` makes the handle at once, and connects only in the next turn, which never comes.
    const socket = new Socket();
    socket.on('error', () => {});
    try {
      socket.connect({ ...where, lookup: () => {} } as never);
    } catch {
      // refused by Node itself
    }
    take((socket as unknown as { _handle: unknown })._handle);
    socket.destroy();
  }
  const datagrams = createSocket('udp4');
  for (const symbol of Object.getOwnPropertySymbols(datagrams)) {
    const state = (datagrams as unknown as Record<symbol, { handle?: unknown } | undefined>)[symbol];
    if (typeof state === 'object') take(state?.handle);
  }
  datagrams.close();
  // Where a connection is refused before it has a handle, stderr has one of that class: it is a pipe to the parent.
  take((process.stderr as unknown as { _handle: unknown })._handle);
  take((new Resolver() as unknown as { _handle: unknown })._handle);
  take((new (ChildProcess as unknown as new () => { _handle: unknown })() as { _handle: unknown })._handle);
  return [...found];
}

function prototypeOf(value: unknown): object | null {
  return typeof value === 'object' && value !== null ? (Object.getPrototypeOf(value) as object | null) : null;
}

function load(require: (name: string) => unknown, name: string): object | null {
  try {
    const module = require(`node:${name}`);
    return typeof module === 'object' || typeof module === 'function' ? module : null;
  } catch {
    return null; // this version of Node has no such module, or refuses it
  }
}

/** Replaces the functions of an object, and with `everything` whatever else it has, so that nothing can put them back. */
function refuseAll(target: object, kept: ReadonlySet<string>, everything = false): void {
  for (const name of Reflect.ownKeys(target)) {
    if (typeof name === 'string' && kept.has(name)) continue;
    const own = Reflect.getOwnPropertyDescriptor(target, name) as PropertyDescriptor;
    const value = typeof own.value === 'function' ? refuse : undefined;
    if (value === undefined && !everything && !OBJECTS_OF_PROCESS.has(name)) continue;
    if (own.configurable === true)
      Reflect.defineProperty(target, name, { value, writable: false, configurable: false, enumerable: true });
    else if (own.writable === true) Reflect.defineProperty(target, name, { value, writable: false });
  }
}

/** Objects of `process` by which it writes files or sends messages. */
const OBJECTS_OF_PROCESS: ReadonlySet<unknown> = new Set(['report', 'channel', 'mainModule', 'finalization']);

function refuse(): never {
  throw new Error('not in a confined process');
}
