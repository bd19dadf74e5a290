import { isDim } from '../../dim/index.js';
import {
  type Again,
  isRepetition,
  isSame,
  type OpenModule,
  pairsOf,
  type Repetition,
  type Stretch,
  type Value,
} from '../../ledger/index.js';
import { Carried, type Kept } from './carried.js';
import { Parameter } from './parameter.js';
import { type Session, withinWhat } from './session.js';
import { Tensor } from './tensor.js';

const kinds = new WeakMap<object, object>();
/** Whether there are any: most programs have none, and every call of a module asks. */
let some = false;

/**
 * Says that modules do the same, each with weights of its own, to whatever they are handed: the layers of one kind in a deep
 * model. The first two are run, and where the second did what the first did, the others are recorded by that alone.
 */
export function alike<M extends object>(modules: readonly M[]): readonly M[] {
  const kind = {};
  // Of two modules each has to be run; a single one may be called many times.
  if (modules.length !== 2)
    for (const module of modules) {
      kinds.set(module, kind);
      some = true;
    }
  return modules;
}

export function kindOf(module: object): object | undefined {
  return some ? kinds.get(module) : undefined;
}

/** The arguments of a call, flat: the same for two calls that do the same. */
interface Handed {
  /** Types, numbers, names, and of each tensor which of those before it is the same, or lives in the same memory. */
  readonly said: readonly unknown[];
  readonly values: readonly Value[];
  readonly passes: readonly Carried[];
}

/** A call that was run. */
interface Take {
  readonly info: OpenModule;
  readonly handed: Handed;
  readonly stretch: Stretch;
  readonly out: unknown;
  /** Tensors that it left in each pass. */
  readonly left: readonly Left[];
  /** Whether another call did the same. */
  proven: boolean;
}

interface Left {
  readonly kept: readonly Kept[];
  readonly shared: readonly (readonly [name: string, tensor: Tensor])[];
}

/** More ways of calling modules of one kind than this are each run. */
const MOST_TAKES = 8;

/** The call of a module of a kind: as an earlier one of its kind, or else by `run`, which records it. */
export function calledAlike<O>(
  s: Session,
  kind: object,
  info: OpenModule,
  inputs: readonly unknown[],
  run: () => O,
): O {
  const handed = handedIn(s, inputs);
  if (handed === null) return run();
  const takes = (s.takes.get(kind) ?? []) as Take[];
  s.takes.set(kind, takes);
  const at = takes.findIndex((take) => isSame(take.handed.said, handed.said) && samePasses(take.handed, handed));
  const take = takes[at];
  if (take?.proven === true) {
    const again = againOf(take, info, handed);
    const made = again === null ? null : s.trace.repeat(again);
    return made === null ? run() : (handOut(s, take, handed, made) as O);
  }
  if (take === undefined && takes.length >= MOST_TAKES) return run();
  const before = handed.passes.map((pass) => [pass.kept.length, new Map(pass.shared)] as const);
  const { made: out, stretch } = s.trace.stretch(run);
  if (stretch === null || !isPlain(s, out)) return out;
  const left = handed.passes.map(({ kept, shared }, i): Left => {
    const [length, was] = before[i] as (typeof before)[number];
    return { kept: kept.slice(length), shared: [...shared].filter(([name, tensor]) => was.get(name) !== tensor) };
  });
  const fresh: Take = { info, handed, stretch, out, left, proven: false };
  if (take !== undefined) fresh.proven = isProof(s, take, fresh);
  takes[at < 0 ? takes.length : at] = fresh;
  return out;
}

/** Whether the second call did what a repetition of the first would have done. */
function isProof(s: Session, first: Take, second: Take): boolean {
  const again = againOf(first, second.info, second.handed);
  if (again === null || !isRepetition(again, second.stretch)) return false;
  const shift = second.stretch.ids[0] - first.stretch.ids[0];
  const inputs = new Map([...again.inputs].map(([a, b]) => [a.id, b.id]));
  const ids = (take: Take): unknown[] =>
    tensorsOf([take.out, ...take.left.map(({ shared }) => shared.map(([, tensor]) => tensor))]).map(
      (tensor) => s.valueOf(tensor)?.id ?? null,
    );
  const expected = ids(first).map((id) =>
    typeof id !== 'number' ? id : (inputs.get(id) ?? (id >= first.stretch.ids[0] ? id + shift : id)),
  );
  const words = ({ out, left }: Take): unknown => [
    shapeOf(out),
    left.map(({ kept, shared }) => [kept, shared.map(([name]) => name)]),
  ];
  return isSame(expected, ids(second)) && isSame(words(first), words(second));
}

function againOf({ info, handed, stretch }: Take, own: OpenModule, now: Handed): Again | null {
  const pairs = pairsOf(info, own);
  if (pairs === null) return null;
  return {
    of: stretch,
    pairs,
    inputs: new Map(handed.values.map((value, i) => [value, now.values[i] as Value])),
  };
}

function samePasses(a: Handed, b: Handed): boolean {
  return a.passes.every((pass, i) => pass === b.passes[i]);
}

/** Makes tensors of its own for all that the call gives back and leaves in its passes. */
function handOut(s: Session, take: Take, handed: Handed, made: Repetition): unknown {
  const own = new Map<Tensor, Tensor>();
  const tensorOf = (tensor: Tensor): Tensor => {
    const known = own.get(tensor);
    if (known !== undefined) return known;
    const value = s.valueOf(tensor) as Value;
    const here = made.value(value);
    if (here === value) return tensor;
    const copy = new Tensor(tensor.type);
    s.setValue(copy, here);
    own.set(tensor, copy);
    return copy;
  };
  for (const [i, { kept, shared }] of take.left.entries()) {
    const pass = handed.passes[i] as Carried;
    pass.kept.push(...kept);
    for (const [name, tensor] of shared) pass.shared.set(name, tensorOf(tensor));
  }
  const copied = (part: unknown): unknown => {
    if (part instanceof Tensor) return tensorOf(part);
    if (Array.isArray(part)) return part.map(copied);
    if (!isObject(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, copied(value)]));
  };
  return copied(take.out);
}

/** Null if something is passed that cannot be compared. */
function handedIn(s: Session, inputs: readonly unknown[]): Handed | null {
  const said: unknown[] = [withinWhat()];
  const values: Value[] = [];
  const passes: Carried[] = [];
  const visit = (part: unknown): boolean => {
    if (part instanceof Tensor) {
      const value = s.valueOf(part);
      if (value === undefined || part instanceof Parameter) return false;
      const { role } = value.storage;
      const memory = values.findIndex((other) => other.storage === value.storage);
      said.push('tensor', part.type, values.indexOf(value), memory, role, value.weight?.name ?? null);
      values.push(value);
      return true;
    }
    if (part instanceof Carried) {
      passes.push(part);
      const shared = [...part.shared];
      said.push(
        'pass',
        shared.map(([name]) => name),
      );
      return shared.every(([, tensor]) => visit(tensor));
    }
    if (Array.isArray(part)) {
      said.push('list', part.length);
      return part.every(visit);
    }
    if (typeof part === 'function') return false;
    if (typeof part === 'object' && part !== null && !isDim(part)) {
      if (!isObject(part)) return false;
      const members = Object.entries(part);
      said.push(
        'object',
        members.map(([name]) => name),
      );
      return members.every(([, member]) => visit(member));
    }
    said.push(part);
    return true;
  };
  return inputs.every(visit) ? { said, values, passes } : null;
}

/** A plain object literal: nothing but its own fields can come from it. */
function isObject(part: unknown): part is Readonly<Record<string, unknown>> {
  return typeof part === 'object' && part !== null && Object.getPrototypeOf(part) === Object.prototype;
}

/** Whether what a call gives back is made of tensors that the record knows and of plain data. */
function isPlain(s: Session, out: unknown): boolean {
  if (out instanceof Tensor) return !(out instanceof Parameter) && s.valueOf(out) !== undefined;
  if (Array.isArray(out)) return out.every((part) => isPlain(s, part));
  if (isObject(out)) return Object.values(out).every((part) => isPlain(s, part));
  return out === null || out === undefined || typeof out === 'boolean' || isDim(out);
}

function tensorsOf(part: unknown): Tensor[] {
  if (part instanceof Tensor) return [part];
  if (Array.isArray(part)) return part.flatMap(tensorsOf);
  return isObject(part) ? Object.values(part).flatMap(tensorsOf) : [];
}

/** The same with types in place of tensors. */
function shapeOf(part: unknown): unknown {
  if (part instanceof Tensor) return part.type;
  if (Array.isArray(part)) return part.map(shapeOf);
  return isObject(part)
    ? Object.fromEntries(Object.entries(part).map(([name, value]) => [name, shapeOf(value)]))
    : part;
}
