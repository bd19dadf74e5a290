import { unzipSync, type Zippable, zipSync } from 'fflate';
import { BYTES, type Mutate } from './bytes.js';
import { NAMES } from './random.js';

/** More files than any seed holds: a changed archive may announce billions of them, and its directory would be read for each. */
const MAX_ENTRIES = 10_000;

/** Archives once unpacked: the same few seeds are opened for every case. */
const opened = new WeakMap<Uint8Array, Readonly<Record<string, Uint8Array>> | null>();

function entriesOf(bytes: Uint8Array): Readonly<Record<string, Uint8Array>> | null {
  const known = opened.get(bytes);
  if (known !== undefined) return known;
  let entries: Readonly<Record<string, Uint8Array>> | null;
  let seen = 0;
  try {
    // What was changed before may announce any size, and any number of files.
    entries = unzipSync(bytes, {
      filter: ({ originalSize, size }) => {
        if (++seen > MAX_ENTRIES) throw new RangeError('too many files');
        return originalSize < 2 ** 23 && size < 2 ** 23;
      },
    });
  } catch {
    entries = null;
  }
  opened.set(bytes, entries);
  return entries;
}

/**
 * An entry of an archive changed by the first of `kinds` whose pattern its name has; or removed, renamed, put in another's
 * place. The archive is written anew with lengths and checksums that are right.
 */
export function mutateZip(kinds: readonly (readonly [name: RegExp, mutations: readonly Mutate[]])[]): Mutate {
  return (bytes, random, others) => {
    const entries = entriesOf(bytes);
    if (entries === null) return bytes;
    const names = Object.keys(entries);
    // What is read is what has a pattern; weights are not.
    const read = names.filter((name) => kinds.some(([pattern]) => pattern.test(name)));
    if (read.length === 0) return bytes;
    const name = random.pick(read);
    const out = new Map<string, Uint8Array>(Object.entries(entries));
    const kind = random.below(20);
    if (kind === 0) out.delete(random.pick(names));
    else if (kind === 1) {
      out.set(name.replace(/[^/]*$/, random.pick(NAMES)), entries[name] as Uint8Array);
      out.delete(name);
    } else if (kind === 2) out.set(name, entries[random.pick(names)] as Uint8Array);
    else if (kind === 3) {
      const other = entriesOf(random.pick(others)) ?? {};
      const same = Object.keys(other).find((n) => n.replace(/^[^/]*\//, '') === name.replace(/^[^/]*\//, ''));
      if (same !== undefined) out.set(name, other[same] as Uint8Array);
    } else {
      const mutations = kinds.find(([pattern]) => pattern.test(name))?.[1] ?? BYTES;
      out.set(name, random.pick(mutations)(entries[name] as Uint8Array, random, [entries[name] as Uint8Array]));
    }
    const files: Zippable = Object.fromEntries(
      [...out].filter(([n]) => n !== '' && n !== '__proto__').map(([n, data]) => [n, data]),
    );
    return zipSync(files, { level: random.chance(0.2) ? 6 : 0, mtime: new Date(2000, 0, 1) });
  };
}
