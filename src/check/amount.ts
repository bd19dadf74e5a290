import { ModelError } from '../source/errors.js';

const SCALE: ReadonlyMap<string, bigint> = new Map([
  ['', 1n],
  ['k', 10n ** 3n],
  ['m', 10n ** 6n],
  ['g', 10n ** 9n],
  ['t', 10n ** 12n],
  ['p', 10n ** 15n],
  ['ki', 2n ** 10n],
  ['mi', 2n ** 20n],
  ['gi', 2n ** 30n],
  ['ti', 2n ** 40n],
]);

/**
 * `5G`, `4.1G`, `512MiB`, `30_000_000`: decimal prefixes are powers of 1000, those with an i of 1024. Throws ModelError
 * `argument`.
 */
export function amount(text: string | number): bigint {
  const match = /^(\d[\d_,]*)(?:\.(\d+))?\s*([kmgtp]i?)?b?$/i.exec(String(text).trim());
  const scale = SCALE.get((match?.[3] ?? '').toLowerCase());
  if (match === null || scale === undefined)
    throw new ModelError('argument', `"${text}" is not an amount`, {
      hint: 'write 5G, 30M, 512MiB or a plain number',
    });
  const digits = match[2] ?? '';
  return (BigInt((match[1] as string).replace(/[_,]/g, '') + digits) * scale) / 10n ** BigInt(digits.length);
}
