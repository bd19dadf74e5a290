import { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';

/**
 * Takes from this process what Node's permission model leaves to it, for good: connections, name lookups, signals to other
 * processes, and every function of Node that reaches outside. It runs before a stranger's first byte is read, and holds
 * against JavaScript that then runs here: what is replaced cannot be put back, and nothing keeps the originals.
 *
 * Two layers. The native classes under all of Node's networking lose their methods, so that a module that is loaded later
 * (http, tls, undici) is on nothing. And the modules that are within reach lose all they export.
 */
export function disarm(): void {
  const sync = syncBuiltinESMExports; // this import is itself one of those that are taken away
  const require = createRequire(`${__dirname}/`);
  const modules = MODULES.map((name) => load(require, name));
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
 * Modules that reach outside, each with what Node's permission model does about it. Those not listed compute, or are on
 * the native classes.
 */
const MODULES = [
  'fs', // limited to opcount's own files
  'fs/promises',
  'child_process', // refused
  'worker_threads', // refused
  'cluster', // is on child_process
  'net', // not limited before Node 25
  'dgram',
  'dns',
  'dns/promises',
  'inspector', // `open` listens on a port
  'inspector/promises',
  'trace_events', // writes a file
  'v8', // heap snapshots, flags of the engine
  'vm', // code from strings
  'module', // other ways to load
  'os', // names of the machine and its user
  'wasi', // refused
  'repl',
  'sqlite', // limited to opcount's own files
  'sea',
  'test', // starts processes
  'crypto', // engines are libraries
];

/** What a handle needs to be closed and collected. */
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

/** What Node's own machinery asks of `process` while promises and timers run. */
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
