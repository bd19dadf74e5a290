import type { Mutate } from './bytes.js';
import { INTEGERS } from './random.js';

/** A word of 32 bits, as offsets, lengths, extents and places of tensors are, made another one of the file or a small one. */
export const word: Mutate = (bytes, random) => {
  const words = Math.floor(bytes.length / 4);
  if (words < 2) return bytes;
  const out = bytes.slice();
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  for (let n = 1 + random.below(3); n > 0; n--) {
    const value = random.pick([
      () => random.below(64) - 2,
      () => view.getInt32(4 * random.below(words), true),
      () => Number(BigInt.asIntN(32, random.pick(INTEGERS))),
    ])();
    view.setInt32(4 * random.below(words), value, true);
  }
  return out;
};
