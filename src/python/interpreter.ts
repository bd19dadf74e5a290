import { joinBytes } from '../source/join.js';
import { type EmscriptenFs, filesOf, mountFolder, type PythonFiles } from './files.js';
import { type Guard, guarded } from './guard.js';
import { imageOf, type StoredImage } from './image.js';
import { LIBRARY } from './library.js';

/** The part of Pyodide that is used. */
interface Pyodide {
  readonly FS: EmscriptenFs;
  runPython(code: string): unknown;
  setStdout(options: { write(bytes: Uint8Array): number }): void;
  setStderr(options: { write(bytes: Uint8Array): number }): void;
  setStdin(options: { error: boolean }): void;
  setInterruptBuffer(buffer: object): void;
  makeMemorySnapshot(): Uint8Array;
}
interface Loader {
  loadPyodide(options: object): Promise<Pyodide>;
}

/** Where the interpreter comes from. */
export interface InterpreterOptions {
  /** Pyodide's module. */
  load(): Promise<unknown>;
  /** Where Pyodide's files are: ends in `/`. */
  readonly indexURL?: string;
  /** An image of the interpreter with our library already imported (see `makeImage`): it starts in half the time. */
  readonly image?: ArrayBuffer | StoredImage;
}

/** Answers a request of Python; both are JSON. */
export type Answer = (request: string) => string;

export interface Output {
  stdout(bytes: Uint8Array): void;
  stderr(bytes: Uint8Array): void;
}

const DEVICE = '/dev/opcount';
const HOME = '/opcount';
const LIB = `${HOME}/lib`;

/** CPython, compiled to WebAssembly, with our library, and nothing of the host but one device file. */
export class Interpreter {
  readonly #python: Pyodide;
  readonly #guard: Guard;
  #answer: Answer = () => '{"error":{"message":"nobody answers"}}';
  #output: Output = { stdout() {}, stderr() {} };

  private constructor(python: Pyodide, guard: Guard) {
    this.#python = python;
    this.#guard = guard;
    const write = (to: keyof Output) => ({
      write: (bytes: Uint8Array) => {
        this.#output[to](bytes.slice());
        return bytes.length;
      },
    });
    python.setStdout(write('stdout'));
    python.setStderr(write('stderr'));
    python.setStdin({ error: true });
  }

  /** From the image if there is one and it fits: one that was made by a newer engine fits no older one. */
  static async start({ image, ...options }: InterpreterOptions): Promise<Interpreter> {
    if (image === undefined) return Interpreter.#started(options);
    try {
      return await Interpreter.#started({ ...options, image });
    } catch {
      return Interpreter.#started(options);
    }
  }

  static async #started(options: InterpreterOptions): Promise<Interpreter> {
    const { loadPyodide } = (await options.load()) as Loader;
    const guard: Guard = { locked: false, memory: null };
    const { image } = options;
    const snapshot =
      image === undefined || image instanceof ArrayBuffer
        ? image
        : imageOf(image, () => (guard.memory as WebAssembly.Memory).buffer as ArrayBuffer);
    const python = await guarded(guard, () =>
      loadPyodide({
        ...(options.indexURL === undefined ? {} : { indexURL: options.indexURL }),
        // Nothing of the page or of Node is available through `import js`.
        jsglobals: {},
        ...(snapshot === undefined ? {} : { _loadSnapshot: snapshot }),
      }),
    );
    const interpreter = new Interpreter(python, guard);
    interpreter.#install();
    python.runPython(
      options.image === undefined
        ? `import sys; sys.path.insert(0, '${LIB}')\n${IMPORTS}`
        : 'import importlib; importlib.invalidate_caches()',
    );
    python.runPython(JAIL);
    return interpreter;
  }

  /** An image of Python with our library imported, to start from. */
  static async makeImage(options: InterpreterOptions): Promise<Uint8Array> {
    const { loadPyodide } = (await options.load()) as Loader;
    const { indexURL } = options;
    const python = await loadPyodide({
      ...(indexURL === undefined ? {} : { indexURL }),
      jsglobals: {},
      _makeSnapshot: true,
    });
    mountLibrary(python.FS);
    python.runPython(`import sys; sys.path.insert(0, '${LIB}')\n${IMPORTS}`);
    return python.makeMemorySnapshot();
  }

  #install(): void {
    const { FS } = this.#python;
    mountLibrary(FS);
    const decoder = new TextDecoder();
    const encoder = new TextEncoder();
    const request: Uint8Array[] = [];
    let reply = new Uint8Array();
    let at = 0;
    const device = FS.makedev(64, 1);
    FS.registerDevice(device, {
      open() {},
      close() {},
      write: (_stream: unknown, buffer: Uint8Array, offset: number, length: number) => {
        request.push(buffer.slice(offset, offset + length));
        return length;
      },
      read: (_stream: unknown, buffer: Uint8Array, offset: number, length: number) => {
        if (request.length > 0) {
          const text = request.length === 1 ? decoder.decode(request[0]) : decoder.decode(joinBytes(request));
          request.length = 0;
          reply = encoder.encode(this.#answer(text)) as Uint8Array<ArrayBuffer>;
          at = 0;
        }
        const part = reply.subarray(at, at + length);
        buffer.set(part, offset);
        at += part.length;
        return part.length;
      },
    });
    FS.mkdev(DEVICE, 0o666, device);
  }

  /** Makes a folder readable under a path. */
  mount(files: PythonFiles, folder: string, at: string): void {
    mountFolder(this.#python.FS, files, folder, at);
  }

  /** Runs code of ours until it is done, or until the time that it may take is used up. */
  run(code: string, answer: Answer, output: Output, seconds: number): 'done' | 'time' {
    this.#answer = (request) => {
      this.#guard.locked = true; // from the first request on, which our own code makes, and for good
      return answer(request);
    };
    this.#output = output;
    const end = performance.now() + seconds * 1000;
    let stopped: 'done' | 'time' = 'done';
    this.#python.setInterruptBuffer(
      interruptWhen(() => {
        if (stopped === 'done' && performance.now() > end) stopped = 'time';
        return stopped !== 'done';
      }),
    );
    try {
      this.#python.runPython(code);
    } catch (error) {
      if (stopped === 'done') throw error; // otherwise what became of the interrupt
    }
    return stopped;
  }
}

/**
 * Python looks here now and then for a signal: 2 is an interrupt. Asked by the interpreter itself, it needs no second
 * thread. A program that catches interrupts gets a few, some time apart, so that it can end in order; then one after the other.
 */
function interruptWhen(ask: () => boolean): object {
  let sent = 0;
  let next = 0;
  const signal = (): number => {
    if (!ask() || (sent < PATIENCE && performance.now() < next)) return 0;
    sent++;
    next = performance.now() + 1000;
    return 2;
  };
  return Object.defineProperty({}, 0, { get: signal, set() {} });
}
const PATIENCE = 5;

/** Our Python sources, which can only be read, as files of their folder. */
function mountLibrary(fs: EmscriptenFs): void {
  const encoder = new TextEncoder();
  const files = Object.entries(LIBRARY).map(
    ([name, text]) => [`${HOME}/${name.replace(/^\.\//, '')}`, encoder.encode(text)] as const,
  );
  mountFolder(fs, filesOf(new Map(files)), HOME, HOME);
}

/** Imports of nearly every program, and our own code before one runs: with an image they are there at once. */
const IMPORTS = `
import argparse, collections, contextlib, copy, dataclasses, enum, functools, importlib.util, inspect, itertools, json
import logging, math, multiprocessing, os, pathlib, platform, random, re, string, subprocess, time, traceback, types, typing
import warnings
import torch, torch.nn.functional, torch.utils.data, torch.nn.utils.rnn
import _opcount.host, _opcount.closed, _opcount.machine, _opcount.own
_opcount.closed.load()
`;

/** Ways out of Python: the modules by which Pyodide hands out objects of the host, and its installer. */
const JAIL = '_opcount = __import__("_opcount.host"); _opcount.host.lock()';
