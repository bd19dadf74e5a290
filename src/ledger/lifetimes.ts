import { add, type Dim, DimSum, equal, max, sub } from '../dim/index.js';
import { copiesIn, times } from './folds.js';
import { highestOf, type Moment, Moments } from './moments.js';
import { perLedger } from './per-ledger.js';
import type { AnyLedger, OpEntry, Storage, Value } from './types.js';

/** A tensor that occupies memory at the peak; views of it are not listed. */
export interface Alive {
  readonly value: Value;
  /** The operator that made it; null for an input. */
  readonly maker: OpEntry | null;
  readonly bytes: Dim;
}

export interface Peak {
  /** Bytes of inputs and activations alive at once, at the worst moment; null if free dimensions leave it open. */
  readonly bytes: Dim | null;
  /** The operator during which it happens; null for a model without operators, and where `bytes` is a `max`. */
  readonly entry: OpEntry | null;
  readonly alive: readonly Alive[];
}

/** Memory that one tensor, and every view of it, takes during a stretch of the schedule. */
export interface Lifetime {
  readonly storage: Storage;
  /** The value that made the storage. */
  readonly value: Value;
  /** Indices of the entries from which and to which it lives, both included: -1 before the first, their number at the end. */
  readonly from: number;
  readonly to: number;
}

export interface PeakOptions {
  /**
   * Whether a function of each element writes over an input that nobody reads afterwards, as runtimes that plan their
   * memory do. The least that such a plan needs without changing the order of operators; off, every result has its own.
   */
  readonly inplace?: boolean;
}

/**
 * The most bytes that inputs and activations take at one moment of the schedule, and which ones. A tensor lives from the
 * operator that makes it to the last one that reads it; inputs from the start to their last use, outputs to the end; a
 * view or an in-place result is the storage that it shares. Weights are not in it.
 */
export function peakOf(ledger: AnyLedger, options: PeakOptions = {}): Peak {
  const all = spansOf(ledger);
  const spans = options.inplace === true ? reused(ledger, all) : all;
  const { values, from } = spans;
  const ended = byEnd(spans, ledger.entries.length);
  // Spans are in the order in which they begin.
  let next = 0;
  let now: Dim = 0;
  let top: (Moment & { readonly bytes: number | bigint }) | null = null;
  const free = new Moments();
  for (let i = -1; i < ledger.entries.length && !free.tooMany; i++) {
    let grown = i === -1;
    for (; from[next] === i; next++) {
      now = add(now, (values[next] as Value).storage.bytes);
      grown = true;
    }
    if (grown) {
      if (typeof now !== 'object') {
        if (top === null || now > top.bytes) top = { bytes: now, at: i };
      } else free.note(now, i);
    }
    if (i >= 0)
      for (let s = ended.first[i + 1] as number; s >= 0; s = ended.next[s] as number)
        now = sub(now, (values[s] as Value).storage.bytes);
  }
  const highest = free.tooMany ? null : highestOf([...(top === null ? [] : [top]), ...free.list]);
  if (highest === null) return { bytes: null, entry: null, alive: [] };
  const [first, second] = highest;
  if (first === undefined) return { bytes: 0, entry: null, alive: [] };
  if (second !== undefined) return { bytes: max(...highest.map((m) => m.bytes)), entry: null, alive: [] };
  return {
    bytes: first.bytes,
    entry: ledger.entries[first.at] ?? null,
    alive: aliveAt(ledger, spans, first.at),
  };
}

function aliveAt(ledger: AnyLedger, { values, from, to }: Spans, moment: number): Alive[] {
  const alive: Alive[] = [];
  for (const [s, value] of values.entries()) {
    const begin = from[s] as number;
    if (begin > moment || (to[s] as number) < moment) continue;
    alive.push({ value, maker: ledger.entries[begin] ?? null, bytes: value.storage.bytes });
  }
  return alive;
}

/** Spans by where they end, in their order: those of moment i − 1 are `first[i]`, `next` of it, and so on to -1. */
function byEnd({ to }: Spans, entries: number): { first: Int32Array; next: Int32Array } {
  const first = new Int32Array(entries + 2).fill(-1);
  const next = new Int32Array(to.length).fill(-1);
  for (let s = to.length - 1; s >= 0; s--) {
    const at = (to[s] as number) + 1;
    next[s] = first[at] as number;
    first[at] = s;
  }
  return { first, next };
}

/** Bytes of all activations ever made, views and in-place results not counted again; inputs and weights not among them. */
export function activationBytes(ledger: AnyLedger): Dim {
  const copies = copiesIn(ledger);
  const bytes = new DimSum();
  const { values, from } = spansOf(ledger);
  for (let i = 0; i < values.length; i++) {
    const { storage } = values[i] as Value;
    if (storage.role !== 'activation') continue;
    const maker = ledger.folds === undefined ? undefined : ledger.entries[from[i] as number];
    bytes.add(maker === undefined ? storage.bytes : times(copies(maker.call.path), storage.bytes));
  }
  return bytes.total();
}

/** When each input and activation lives, by the rules of `peakOf`, in the order in which they are made. */
export const lifetimesOf: (ledger: AnyLedger) => readonly Lifetime[] = perLedger((ledger: AnyLedger) => {
  const { values, from, to } = spansOf(ledger);
  return values.map((value, s) => ({
    storage: value.storage,
    value,
    from: from[s] as number,
    to: to[s] as number,
  }));
});

/** Lifetimes in columns, one for each storage in the order in which they begin: a large graph has a hundred thousand. */
interface Spans {
  /** Those that made the storages. */
  readonly values: readonly Value[];
  readonly from: readonly number[];
  readonly to: readonly number[];
}

const spansOf: (ledger: AnyLedger) => Spans = perLedger(spansIn);

function spansIn(ledger: AnyLedger): Spans {
  const spans = new OpenSpans();
  for (const { value } of ledger.inputs) spans.begin(value, -1);
  for (let i = 0; i < ledger.entries.length; i++) {
    const { inputs, outputs } = ledger.entries[i] as OpEntry;
    for (let k = 0; k < inputs.length; k++) {
      const value = inputs[k] as Value | null;
      if (value !== null) spans.end(value.storage, i);
    }
    for (let k = 0; k < outputs.length; k++) {
      const value = outputs[k] as Value;
      if (value.storage.role !== 'weight' && !spans.end(value.storage, i)) spans.begin(value, i);
    }
  }
  for (const { value } of ledger.outputs) spans.end(value.storage, ledger.entries.length);
  return spans;
}

/** Spans found by their storage: by its number, which all but a few have for themselves. */
class OpenSpans implements Spans {
  readonly values: Value[] = [];
  readonly from: number[] = [];
  readonly to: number[] = [];
  /** By the number of a storage one more than its span's, 0 where it has none. */
  readonly #numbered: number[] = [];
  readonly #others = new Map<Storage, number>();

  /** Lets the span of a storage last until a moment, later than all before; false where it has none. */
  end(storage: Storage, at: number): boolean {
    const span = this.#of(storage);
    if (span >= 0) this.to[span] = at;
    return span >= 0;
  }

  begin(value: Value, at: number): void {
    const { storage } = value;
    if (this.#of(storage) >= 0) return;
    const { id } = storage;
    const numbered = this.#numbered;
    if (!(id >= 0 && id < numbered.length + MAX_GAP) || numbered[id]) this.#others.set(storage, this.values.length);
    else {
      while (numbered.length < id) numbered.push(0);
      numbered[id] = this.values.length + 1;
    }
    this.values.push(value);
    this.from.push(at);
    this.to.push(at);
  }

  #of(storage: Storage): number {
    const span = (this.#numbered[storage.id] ?? 0) - 1;
    if (span >= 0 && (this.values[span] as Value).storage === storage) return span;
    return this.#others.size === 0 ? -1 : (this.#others.get(storage) ?? -1);
  }
}
/** Numbers that are left out between two storages: those of values without one, and of weights. */
const MAX_GAP = 4096;

/** Spans where results take over the memory of an input that ends with them: only activations, and of the same size. */
function reused(ledger: AnyLedger, { values, from, to: ends }: Spans): Spans {
  const to = [...ends];
  const of = new Map(values.map(({ storage }, span) => [storage, span]));
  const gone = new Set<number>();
  for (const [i, entry] of ledger.entries.entries()) {
    const [output, ...more] = entry.outputs;
    const result = output === undefined ? undefined : of.get(output.storage);
    if (result === undefined || more.length > 0 || from[result] !== i || !isElementwise(entry)) continue;
    for (const input of entry.inputs) {
      const source = input === null ? undefined : of.get(input.storage);
      if (source === undefined || source === result || to[source] !== i) continue;
      const [taken, made] = [(values[source] as Value).storage, (values[result] as Value).storage];
      if (taken.role !== 'activation' || !equal(taken.bytes, made.bytes)) continue;
      to[source] = to[result] as number;
      of.set(made, source);
      gone.add(result);
      break;
    }
  }
  const kept = <T>(column: readonly T[]): T[] => column.filter((_, span) => !gone.has(span));
  return { values: kept(values), from: kept(from), to: kept(to) };
}

function isElementwise({ result }: OpEntry): boolean {
  return result.kind === 'known' && result.work.length > 0 && result.work.every((w) => w.kind === 'map');
}
