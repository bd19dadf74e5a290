import { ModelError } from '../source/errors.js';
import { isObject, type Wire, type WireObject } from './wire.js';

/**
 * Python's requests, an entry each: its arguments in order, each with the check that it must pass. Python runs a
 * stranger's program, so a request is read as a file is: what is not of this form is an error, never a crash.
 */
const FIELDS = {
  /** The one job that there is to do. */
  job: {},
  /** The profiled model's facts are in the ledger of this number. */
  result: { ledger: index },
  /** The program ended by `sys.exit`. */
  exit: { code: whole },
  /** The program failed. */
  failed: { error: record },
  /** Applies an operator of PyTorch. */
  op: { name: text, args: list, kwargs: record, spelling: text, file: whole, line: whole },
  /** Whether there is an operator of that name. */
  knows: { name: text },
  /** The known elements of a tensor. */
  value: { tensor: whole },
  /** Arithmetic or comparison of two sizes. */
  size: { sign: text, a: any, b: any },
  /** The run cannot go on for want of data, when all layers have run: whether it counts up to here. */
  cut: { why: text, file: whole, line: whole },
  /** Which way a branch goes whose comparison of sizes depends on data. */
  decide: { sign: text, a: any, b: any, file: whole, line: whole },
  /** A run of a model begins: its modules, its inputs, their names. */
  begin: { tree: list, inputs: list, names: list },
  /** It ends with these tensors; answered with the number of its ledger. */
  end: { outputs: list },
  /** It is given up. */
  abandon: {},
  /** Whether there is a built-in model of that name. */
  'has-builtin': { name: text },
  /** Builds one. */
  builtin: { name: text, options: record },
  /** Runs the forward of one of its modules. */
  'builtin-forward': { module: index, training: flag, args: list, file: whole, line: whole },
  /** A convention's count of a ledger, with the counts of the program's own hooks. */
  measure: { ledger: index, convention: text, custom: record },
  /** A convention's count of each operator of a ledger. */
  operators: { ledger: index, convention: text },
  /** The operators that PyTorch's dispatcher shows, backward passes included. */
  dispatched: { ledger: index },
  /** Every call of a module in a ledger. */
  calls: { ledger: index },
  /** torchstat's table of a ledger. */
  stat: { ledger: index },
  yaml: { text },
} as const satisfies Record<string, Fields>;

/** Messages that need no answer; they travel with the next request. */
const MESSAGE_FIELDS = {
  /** A file of the program gets a number. */
  file: { number: whole, path: text },
  /** Modules that are called although the tree did not have them. */
  tree: { records: list, root: index },
  enter: { module: index, inputs: list },
  exit: { outputs: list },
  /** A stretch of operators begins or ends: without gradients, recomputed, or not shown to tools. */
  stretch: { name: text, open: flag },
  /** Something that the report should say. */
  note: { code: text, message: text },
  /** The gradients of a tensor are requested. */
  backward: { tensor: any },
} as const satisfies Record<string, Fields>;

type Fields = Readonly<Record<string, (wire: Wire | undefined) => unknown>>;
type Parsed<K, F extends Fields> = { readonly kind: K } & { readonly [N in keyof F]: ReturnType<F[N]> };

/** A request by its kind. */
export type Requests = { readonly [K in keyof typeof FIELDS]: Parsed<K, (typeof FIELDS)[K]> };
export type Request = Requests[keyof Requests];
/** Those that need more than PyTorch's operators: conventions, built-in models, YAML (`answers.ts`). */
const ANSWERED = ['has-builtin', 'builtin', 'measure', 'operators', 'dispatched', 'calls', 'stat', 'yaml'] as const;
export type Answered = (typeof ANSWERED)[number];
export function isAnswered(request: Request): request is Requests[Answered] {
  return (ANSWERED as readonly string[]).includes(request.kind);
}
type Messages = { readonly [K in keyof typeof MESSAGE_FIELDS]: Parsed<K, (typeof MESSAGE_FIELDS)[K]> };
export type Message = Messages[keyof Messages];

/** A request that is shorter cannot make much of itself. */
const SHORT = 1 << 20;
/** Lists, objects, members and items of a request: those of a model with some 100,000 modules take a third of it. */
const MAX_PARTS = 1 << 23;
const PARTS = new Set([...'[{:,'].map((c) => c.charCodeAt(0)));

/** Throws ModelError `limit`: read as JSON, a character may become seventy bytes, and nothing ends it while it is read. */
function checkParts(json: string): void {
  if (json.length < SHORT) return;
  let parts = 0;
  for (let i = 0; i < json.length; i++)
    if (PARTS.has(json.charCodeAt(i)) && ++parts > MAX_PARTS)
      throw new ModelError('limit', `the program sends more than ${MAX_PARTS} values at once`, {
        format: 'python',
        hint: 'profile a smaller part of the model',
      });
}

/** Reads `[kind, messages, arguments]`. Throws ModelError `malformed` for anything else, `limit` for too much. */
export function parseRequest(json: string): { readonly messages: readonly Message[]; readonly request: Request } {
  checkParts(json);
  let wire: Wire;
  try {
    wire = JSON.parse(json) as Wire;
  } catch {
    throw malformed('JSON');
  }
  const [kind, messages, args] = list(wire);
  return {
    messages: list(messages).map((message) => {
      const [name, ...rest] = list(message);
      return fieldsOf<Message>(MESSAGE_FIELDS, name, rest);
    }),
    request: fieldsOf<Request>(FIELDS, kind, list(args)),
  };
}

function fieldsOf<T>(table: Readonly<Record<string, Fields>>, kind: Wire | undefined, args: readonly Wire[]): T {
  const fields = typeof kind === 'string' && Object.hasOwn(table, kind) ? table[kind] : undefined;
  if (fields === undefined) throw malformed('a request that there is');
  const parsed = Object.entries(fields).map(([name, check], i) => [name, check(args[i])]);
  return { kind, ...Object.fromEntries(parsed) } as T;
}

function malformed(expected: string): ModelError {
  return new ModelError('malformed', `Python sent something else than ${expected}`, {
    format: 'python',
    hint: 'a program must not talk to opcount itself; if it does not, please report this',
  });
}

function text(wire: Wire | undefined): string {
  if (typeof wire !== 'string') throw malformed('text');
  return wire;
}

function flag(wire: Wire | undefined): boolean {
  if (typeof wire !== 'boolean') throw malformed('true or false');
  return wire;
}

function whole(wire: Wire | undefined): number {
  if (typeof wire !== 'number' || !Number.isSafeInteger(wire)) throw malformed('a whole number');
  return wire;
}

function index(wire: Wire | undefined): number {
  const n = whole(wire);
  if (n < 0) throw malformed('a number from 0');
  return n;
}

function list(wire: Wire | undefined): readonly Wire[] {
  if (!Array.isArray(wire)) throw malformed('a list');
  return wire as readonly Wire[];
}

function record(wire: Wire | undefined): WireObject {
  if (!isObject(wire)) throw malformed('an object');
  return wire;
}

function any(wire: Wire | undefined): Wire {
  return wire ?? null;
}
