import { ceildiv, type Dim, mul, product } from '../dim/index.js';
import type { Description } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { ModelError } from '../source/errors.js';
import { bytesOf } from '../tensor/index.js';

/** Bits of this many values. Formats of GGUF are blocks with their scale; for the others programs keep scales apart, or none. */
const FORMATS: Readonly<Record<string, readonly [bytes: number, values: number]>> = byName({
  fp32: [4, 1],
  bf16: [2, 1],
  fp16: [2, 1],
  fp8: [1, 1],
  int8: [1, 1],
  int4: [1, 2],
  q8_0: [34, 32],
  q5_1: [24, 32],
  q5_0: [22, 32],
  q4_1: [20, 32],
  q4_0: [18, 32],
  iq4_nl: [18, 32],
});

/** Keys, values and what stands for both. States of recurrences and of convolutions stay as they are. */
const OF_TOKENS = /key|value|latent|kv/i;

/** Throws ModelError `argument` for a format that caches are not kept in. */
export function checkCacheFormat(name: string): string {
  const own = name.toLowerCase();
  if (FORMATS[own] === undefined)
    throw new ModelError('argument', `there is no format of caches "${name.slice(0, 40)}"`, {
      hint: `known: ${Object.keys(FORMATS).join(', ')}`,
    });
  return own;
}

/** Bytes of a part of the cache in a format. */
export function cacheBits(kept: NonNullable<Description['kept']>[number], name: string): Dim {
  const [bytes, values] = FORMATS[checkCacheFormat(name)] as readonly [number, number];
  if (!OF_TOKENS.test(kept.name)) return bytesOf(kept);
  const width = kept.shape.at(-1) as Dim;
  return mul(product(kept.shape.slice(0, -1)), ceildiv(mul(width, bytes), values));
}
