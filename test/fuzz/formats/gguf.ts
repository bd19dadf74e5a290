import { gguf as build, SMALL } from '../../formats/gguf-build.js';
import type { Mutate } from '../bytes.js';
import { INTEGERS, type Random } from '../random.js';
import { type FuzzFormat, fixtures } from '../seeds.js';

/** Where the names of keys and tensors end: behind them stand a type, a rank, a length or a value. */
function ends(bytes: Uint8Array): number[] {
  const found: number[] = [];
  for (let i = 8; i < bytes.length; i++) {
    const word = (at: number): boolean => /[\w.]/.test(String.fromCharCode(bytes[at] ?? 0));
    if (!word(i) && word(i - 1) && word(i - 2) && word(i - 3)) found.push(i);
  }
  return found;
}

/** Another number in one of the fields behind a name. */
const field: Mutate = (bytes, random: Random) => {
  const places = ends(bytes);
  if (places.length === 0) return bytes;
  const out = bytes.slice();
  const at = random.pick(places) + 4 * random.below(6);
  if (at + 8 > out.length) return bytes;
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  const value = random.chance(0.5) ? BigInt(random.below(70)) : random.pick(INTEGERS);
  if (random.chance(0.5)) view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
  else view.setBigUint64(at, BigInt.asUintN(64, value), true);
  return out;
};

/** Headers of GGUF files: metadata and tensor infos. */
const gguf: FuzzFormat = {
  id: 'gguf',
  seeds: () => [
    { name: 'small.gguf', bytes: build(SMALL.meta, SMALL.tensors) },
    { name: 'unknown.gguf', bytes: build({ ...SMALL.meta, 'general.architecture': 'new' }, SMALL.tensors) },
    ...fixtures('gguf', /\.gguf$/, 10_000),
  ],
  mutations: [field, field, field],
};

export default gguf;
