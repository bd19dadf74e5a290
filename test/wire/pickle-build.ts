import { type Bytes, join } from './encode.js';

/** Pickles for tests, opcode by opcode: an oracle that shares nothing with the reader. */

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const op = (code: number | string, ...rest: readonly (Bytes | string)[]): Uint8Array =>
  join(
    [typeof code === 'string' ? code.charCodeAt(0) : code],
    ...rest.map((part) => (typeof part === 'string' ? utf8(part) : part)),
  );

export function little(value: number | bigint, bytes: number): number[] {
  let rest = BigInt.asUintN(8 * bytes, BigInt(value));
  return Array.from({ length: bytes }, () => {
    const byte = Number(rest & 0xffn);
    rest >>= 8n;
    return byte;
  });
}

export const MARK = op('(');
export const STOP = op('.');
export const REDUCE = op('R');
export const BUILD = op('b');

export const text = (value: string): Uint8Array => join(op('X', little(utf8(value).length, 4)), utf8(value));
export const int = (value: number): Uint8Array => op('J', little(value, 4));
export const global = (module: string, name: string): Uint8Array => op('c', `${module}\n${name}\n`);
export const tuple = (...items: readonly Bytes[]): Uint8Array => join(MARK, ...items, op('t'));
export const list = (...items: readonly Bytes[]): Uint8Array => join(op(']'), MARK, ...items, op('e'));
export const none: Uint8Array = op('N');
export const bool = (value: boolean): Uint8Array => op(value ? 0x88 : 0x89);

export const dict = (entries: Readonly<Record<string, Bytes>>): Uint8Array =>
  join(op('}'), MARK, ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]), op('u'));

export const call = (callee: Bytes, ...args: readonly Bytes[]): Uint8Array => join(callee, tuple(...args), REDUCE);

export const ordered = (entries: Readonly<Record<string, Bytes>>): Uint8Array =>
  join(
    call(global('collections', 'OrderedDict')),
    MARK,
    ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]),
    op('u'),
  );

/** An instance of a class with a state. */
export const instance = (cls: Bytes, state: Bytes): Uint8Array => join(cls, op(')'), op(0x81), state, BUILD);

export const storage = (type: string, key: string, elements: number): Uint8Array =>
  join(tuple(text('storage'), global('torch', type), text(key), text('cpu'), int(elements)), op('Q'));

/** A tensor as torch.save writes it, contiguous. */
export function tensor(shape: readonly number[], key: string, type = 'FloatStorage', offset = 0): Uint8Array {
  const stride = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const elements = shape.reduce((a, b) => a * b, 1);
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    storage(type, key, offset + elements),
    int(offset),
    tuple(...shape.map(int)),
    tuple(...stride.map(int)),
    bool(false),
    call(global('collections', 'OrderedDict')),
  );
}

export const pickle = (...program: readonly Bytes[]): Uint8Array => join(op(0x80, [2]), ...program, STOP);
