import { type Mutate, splice } from './bytes.js';
import { INTEGERS, NAMES, NUMBERS, type Random } from './random.js';

/** What follows an opcode: so many bytes, a line, two lines, or a length of 1, 4 or 8 bytes and as many bytes. */
const ARGUMENTS = new Map<string, number | 'line' | 'two lines' | 'length 1' | 'length 4' | 'length 8'>([
  ...[...'()0123]}lueRbtasd.NQo\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x93\x94'].map((c) => [c, 0] as const),
  ...[...'KhqG\x80\x82'].map((c) => [c, 1] as const),
  ...[...'M\x83'].map((c) => [c, 2] as const),
  ...[...'Jjr\x84'].map((c) => [c, 4] as const),
  ...[...'\x95'].map((c) => [c, 8] as const),
  ...[...'FILSVPgp'].map((c) => [c, 'line'] as const),
  ...[...'ci'].map((c) => [c, 'two lines'] as const),
  ...[...'UC\x8a\x8c'].map((c) => [c, 'length 1'] as const),
  ...[...'TBX\x8b'].map((c) => [c, 'length 4'] as const),
  ...[...'\x8d\x8e\x96'].map((c) => [c, 'length 8'] as const),
]);

interface Op {
  readonly code: string;
  readonly start: number;
  readonly end: number;
}

function disassemble(bytes: Uint8Array): Op[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const ops: Op[] = [];
  let at = 0;
  const line = (): void => {
    const end = bytes.indexOf(10, at);
    at = end < 0 ? bytes.length : end + 1;
  };
  try {
    while (at < bytes.length) {
      const start = at;
      const code = String.fromCharCode(bytes[at++] as number);
      const argument = code === 'G' ? 8 : ARGUMENTS.get(code);
      if (argument === undefined) break;
      if (typeof argument === 'number') at += argument;
      else if (argument === 'line') line();
      else if (argument === 'two lines') {
        line();
        line();
      } else if (argument === 'length 1') at += 1 + view.getUint8(at);
      else if (argument === 'length 4') at += 4 + view.getUint32(at, true);
      else at += 8 + Number(view.getBigUint64(at, true));
      if (at > bytes.length) break;
      ops.push({ code, start, end: at });
      if (code === '.') break;
    }
  } catch {
    // The rest is not a pickle; what was read of it is enough.
  }
  return ops;
}

function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  const out = new Uint8Array(5 + bytes.length);
  out[0] = 0x58;
  new DataView(out.buffer).setUint32(1, bytes.length, true);
  out.set(bytes, 5);
  return out;
}

/** An instruction of one's own: numbers, names, marks, memo look-ups, calls. */
function instruction(random: Random): Uint8Array {
  const line = (code: string, value: string): Uint8Array => new TextEncoder().encode(`${code}${value}\n`);
  switch (random.below(8)) {
    case 0:
      return text(random.pick(NAMES));
    case 1:
      return line('I', random.pick(NUMBERS));
    case 2:
      return line('F', random.pick(NUMBERS));
    case 3: {
      const out = new Uint8Array(10);
      out.set([0x8a, 8]);
      new DataView(out.buffer).setBigInt64(2, BigInt.asIntN(64, random.pick(INTEGERS)), true);
      return out;
    }
    case 4:
      return Uint8Array.of(0x68, random.below(64)); // a value of the memo: structures that hold themselves
    case 5:
      return new TextEncoder().encode(
        random.pick([
          'ccollections\nOrderedDict\n',
          'ctorch._utils\n_rebuild_tensor_v2\n',
          'cbuiltins\nrange\n',
          'c__builtin__\ngetattr\n',
          'ctorch\nSize\n',
          'cos\nsystem\n',
        ]),
      );
    default:
      return new TextEncoder().encode(random.pick([...'()0123]}lueRbtasdN']));
  }
}

/** Instructions changed, removed, repeated and put in; what follows a length keeps it. */
export const mutatePickle: Mutate = (bytes, random) => {
  let out = bytes;
  for (let n = 1 + random.below(3); n > 0; n--) {
    const ops = disassemble(out);
    if (ops.length === 0) return out;
    const op = random.pick(ops);
    const again = random.pick(ops);
    switch (random.below(6)) {
      case 0:
        out = splice(out, op.start, op.end, new Uint8Array(0));
        break;
      case 1: {
        const part = out.slice(again.start, again.end);
        const times = random.pick([1, 1, 2, 1000]);
        const many = new Uint8Array(part.length * times);
        for (let i = 0; i < times; i++) many.set(part, i * part.length);
        out = splice(out, op.start, op.start, many);
        break;
      }
      case 2:
        out = splice(out, op.start, op.end, out.slice(again.start, again.end));
        break;
      case 3:
        out = splice(out, op.start, op.start, instruction(random));
        break;
      default:
        out = splice(out, op.start, op.end, instruction(random));
    }
  }
  return out;
};
