/** Bytes of an id: 32 hexadecimal digits. */
const ID_BYTES = 16;

/** Ids in sorted bytes that all threads share: a table of a million models would be too much to copy into each. */
export function packIds(ids: Iterable<string>): SharedArrayBuffer {
  const sorted = [...ids].sort();
  const shared = new SharedArrayBuffer(sorted.length * ID_BYTES);
  const bytes = new Uint8Array(shared);
  for (const [i, id] of sorted.entries()) bytes.set(bytesOf(id), i * ID_BYTES);
  return shared;
}

/** Whether an id is among them, by halves. */
export function hasId(shared: SharedArrayBuffer, id: string): boolean {
  const all = new Uint8Array(shared);
  const wanted = bytesOf(id);
  let low = 0;
  let high = all.length / ID_BYTES;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compared(all, middle * ID_BYTES, wanted);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

function compared(all: Uint8Array, from: number, wanted: Uint8Array): number {
  for (let i = 0; i < ID_BYTES; i++) {
    const difference = (all[from + i] as number) - (wanted[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Throws RangeError for what is not an id. */
function bytesOf(id: string): Uint8Array {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new RangeError(`${id} is not an id of a scan`);
  return Uint8Array.from({ length: ID_BYTES }, (_, i) => Number.parseInt(id.slice(2 * i, 2 * i + 2), 16));
}
