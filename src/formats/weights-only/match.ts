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

/** How many names a note lists. */
const LISTED = 4;

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
  const ours: Side<Parameter>[] = parameters.map((item) => ({
    item,
    role: roleOfParameter(item.name),
    elements: elementsOf(item),
  }));
  const theirs: Side<FileTensor>[] = tensors
    .filter((t) => !isTable(t.name))
    .map((item) => ({ item, role: roleOf(item.name), elements: item.elements }));
  const stored = new Map<string, { dtype: DType; bytes: number; absent?: true }>();
  const given = new Set<Side<Parameter>>();
  const taken = new Set<Side<FileTensor>>();
  const keys: readonly ((side: Side<{ readonly name: string }>) => string)[] = [
    ({ item, elements }) => `${item.name} ${elements}`,
    ({ role, elements }) => `${role.layer} ${role.role} ${role.ending} ${elements}`,
    ({ role }) => `${role.layer} ${role.group} ${role.ending}`,
    ({ role, elements }) => `${role.layer} ${role.ending} ${elements}`,
    ({ role, elements }) => `${role.layer} ${elements}`,
  ];
  for (const key of keys) {
    const there = grouped(
      theirs.filter((t) => !taken.has(t)),
      key,
    );
    for (const [name, own] of grouped(
      ours.filter((o) => !given.has(o)),
      key,
    )) {
      const found = there.get(name) ?? [];
      if (total(found) !== total(own) || found.length === 0) {
        pairwise(own, found);
        continue;
      }
      share(own, found);
    }
  }
  const lacking = ours.filter((o) => !given.has(o));
  const further = theirs.filter((t) => !taken.has(t));
  for (const { item } of lacking) stored.set(item.name, { dtype: 'float32', bytes: 0, absent: true });
  return {
    stored,
    notes: notesOf(lacking, further, tables),
    lacking: total(lacking) / Math.max(1, total(ours)),
  };

  /** Where sums differ, single ones may still be alike. */
  function pairwise(own: readonly Side<Parameter>[], found: readonly Side<FileTensor>[]): void {
    const left = [...found];
    for (const o of own) {
      const at = left.findIndex((t) => t.elements === o.elements);
      if (at >= 0) share([o], left.splice(at, 1));
    }
  }
  function share(own: readonly Side<Parameter>[], found: readonly Side<FileTensor>[]): void {
    for (const t of found) taken.add(t);
    const inOrder = own.length === found.length && own.every((o, i) => o.elements === found[i]?.elements);
    const bytes = found.reduce((n, t) => n + t.item.bytes, 0);
    const most = [...found].sort((a, b) => b.item.bytes - a.item.bytes)[0] as Side<FileTensor>;
    let rest = bytes;
    own.forEach((o, i) => {
      given.add(o);
      const one = found[i] as Side<FileTensor>;
      const part =
        inOrder || i === own.length - 1
          ? inOrder
            ? one.item.bytes
            : rest
          : Number((BigInt(bytes) * BigInt(o.elements)) / BigInt(Math.max(1, total(own))));
      rest -= part;
      stored.set(o.item.name, { dtype: (inOrder ? one : most).item.dtype, bytes: part });
    });
  }
}

function grouped<T extends { readonly name: string }>(
  sides: readonly Side<T>[],
  key: (side: Side<{ readonly name: string }>) => string,
): Map<string, Side<T>[]> {
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
