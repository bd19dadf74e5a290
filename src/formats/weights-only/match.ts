import type { Dim } from '../../dim/index.js';
import type { Note, StoredWeights } from '../../ledger/index.js';
import type { DType } from '../../tensor/index.js';
import { isTable, type Role, roleOfParameter } from './names.js';

/** A parameter of the model. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly Dim[];
}

/** A tensor of the file; `shape` as messages show it. */
export interface FileTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly bytes: number;
  readonly dtype: DType;
}

export interface Matched {
  readonly stored: StoredWeights;
  readonly notes: readonly Note[];
  /** Share of the model's elements for which the file has no tensor. */
  readonly lacking: number;
}

interface Side<T> {
  readonly item: T;
  readonly role: Role;
  readonly elements: number;
}

/** Names that a note lists at most. */
const LISTED = 4;

type Key = (side: Side<{ readonly name: string }>) => string;

/** By what a parameter and a tensor are taken for the same, the surest first. */
const KEYS: readonly Key[] = [
  ({ item, elements }) => `${item.name} ${elements}`,
  ({ role, elements }) => `${role.layer} ${role.role} ${role.ending} ${elements}`,
  ({ role }) => `${role.layer} ${role.group} ${role.ending}`,
  ({ role, elements }) => `${role.layer} ${role.ending} ${elements}`,
  ({ role, elements }) => `${role.layer} ${elements}`,
];

/**
 * Which tensors of the file are which parameters of the model: by what both do, then several as one, then by layer and
 * number of elements. What is left on either side is named: no difference passes in silence.
 */
export function match(
  parameters: readonly Parameter[],
  tensors: readonly FileTensor[],
  roleOf: (name: string) => Role,
): Matched {
  const tables = tensors.filter((t) => isTable(t.name));
  const ours = parameters.map(
    (item): Side<Parameter> => ({ item, role: roleOfParameter(item.name), elements: elementsOf(item) }),
  );
  const theirs = tensors
    .filter((t) => !isTable(t.name))
    .map((item): Side<FileTensor> => ({ item, role: roleOf(item.name), elements: item.elements }));
  const pairs = new Pairs(ours, theirs);
  for (const key of KEYS) pairs.matchBy(key);
  const { missing, left } = pairs;
  const stored = new Map(pairs.stored);
  for (const { item } of missing) stored.set(item.name, { dtype: 'float32', bytes: 0, absent: true });
  return {
    stored,
    notes: notesOf(missing, left, tables),
    lacking: total(missing) / Math.max(1, total(ours)),
  };
}

/** Parameters and the tensors found for them so far. */
class Pairs {
  readonly stored = new Map<string, { dtype: DType; bytes: number; absent?: true }>();
  readonly #ours: readonly Side<Parameter>[];
  readonly #theirs: readonly Side<FileTensor>[];
  readonly #given = new Set<Side<Parameter>>();
  readonly #taken = new Set<Side<FileTensor>>();

  constructor(ours: readonly Side<Parameter>[], theirs: readonly Side<FileTensor>[]) {
    this.#ours = ours;
    this.#theirs = theirs;
  }

  /** Parameters for which no tensor was found. */
  get missing(): Side<Parameter>[] {
    return this.#ours.filter((o) => !this.#given.has(o));
  }

  /** Tensors that no parameter took. */
  get left(): Side<FileTensor>[] {
    return this.#theirs.filter((t) => !this.#taken.has(t));
  }

  /** Pairs what is still open and has the same key; several of either side as one where they have as many elements. */
  matchBy(key: Key): void {
    const there = grouped(this.left, key);
    for (const [name, own] of grouped(this.missing, key)) {
      const found = there.get(name) ?? [];
      if (found.length > 0 && total(found) === total(own)) this.#share(own, found);
      else this.#pairwise(own, found);
    }
  }

  /** Where sums differ, single ones may still be the same. */
  #pairwise(own: readonly Side<Parameter>[], found: readonly Side<FileTensor>[]): void {
    const open = [...found];
    for (const o of own) {
      const at = open.findIndex((t) => t.elements === o.elements);
      if (at >= 0) this.#share([o], open.splice(at, 1));
    }
  }

  /** Gives tensors to parameters: one to one where their sizes agree in order, else the bytes by numbers of elements. */
  #share(own: readonly Side<Parameter>[], found: readonly Side<FileTensor>[]): void {
    for (const o of own) this.#given.add(o);
    for (const t of found) this.#taken.add(t);
    if (own.length === found.length && own.every((o, i) => o.elements === found[i]?.elements)) {
      own.forEach((o, i) => {
        const { dtype, bytes } = (found[i] as Side<FileTensor>).item;
        this.stored.set(o.item.name, { dtype, bytes });
      });
      return;
    }
    const bytes = found.reduce((n, t) => n + t.item.bytes, 0);
    const largest = found.reduce((a, b) => (b.item.bytes > a.item.bytes ? b : a));
    let rest = bytes;
    own.forEach((o, i) => {
      // The last one takes what rounding leaves.
      const part = i === own.length - 1 ? rest : shareOf(bytes, o.elements, total(own));
      rest -= part;
      this.stored.set(o.item.name, { dtype: largest.item.dtype, bytes: part });
    });
  }
}

/** ⌊bytes · elements / all⌋, exact. */
function shareOf(bytes: number, elements: number, all: number): number {
  return Number((BigInt(bytes) * BigInt(elements)) / BigInt(Math.max(1, all)));
}

function grouped<T extends { readonly name: string }>(sides: readonly Side<T>[], key: Key): Map<string, Side<T>[]> {
  const groups = new Map<string, Side<T>[]>();
  for (const side of sides) {
    const name = key(side);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [side]);
    else group.push(side);
  }
  return groups;
}

function total(sides: readonly Side<unknown>[]): number {
  return sides.reduce((n, s) => n + s.elements, 0);
}

function elementsOf({ shape }: Parameter): number {
  return shape.reduce((n: number, d) => n * Number(d), 1);
}

function notesOf(
  lacking: readonly Side<Parameter>[],
  further: readonly Side<FileTensor>[],
  tables: readonly FileTensor[],
): Note[] {
  const notes: Note[] = [];
  const names = (list: readonly string[]): string =>
    list.slice(0, LISTED).join(', ') + (list.length > LISTED ? ', …' : '');
  if (lacking.length > 0)
    notes.push({
      code: 'missing-parameters',
      message: `${plural(lacking.length, 'parameter')} of the architecture (${total(lacking)} elements) are not in the file at that size, and not counted as parameters: ${names(lacking.map((l) => `${l.item.name} ${l.item.shape.join('×')}`))}`,
    });
  if (further.length > 0)
    notes.push({
      code: 'not-counted',
      message: `${plural(further.length, 'tensor')} of the file (${total(further)} elements) are not part of the architecture as it is described, and are not counted: ${names(further.map((t) => `${t.item.name} ${t.item.shape.join('×')}`))}`,
    });
  if (tables.length > 0)
    notes.push({
      code: 'not-counted',
      message: `${names(tables.map((t) => t.name))}: ${tables.length === 1 ? 'a table' : 'tables'} of rotary positions, no parameters`,
    });
  return notes;
}

function plural(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
